"""Bringing a database's schema up to date with Alembic's revisions."""

from pathlib import Path

from sqlalchemy import Connection

from app.common.errors import StartupError


def upgrade(connection: Connection, scripts: Path, name: str) -> None:
    """Run the revisions in `scripts` that the database, which is called `name`, has not seen (own version table each).

    Raises StartupError when the schema is of a revision that is not among them.
    """
    run_revisions(
        connection,
        scripts,
        refusal=f"{name} was written by another version of this service, probably a newer one: start that version, "
        "or restore the data that belongs to this one. Nothing was changed.",
    )


def run_revisions(connection: Connection, scripts: Path, *, refusal: str) -> str:
    """Run the revisions in `scripts` that the database has not seen; return the newest one.

    Raises StartupError, saying `refusal`, when the schema is of a revision that is not among them.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as exc:
        raise StartupError(refusal) from exc
    return str(ScriptDirectory.from_config(config).get_current_head())
