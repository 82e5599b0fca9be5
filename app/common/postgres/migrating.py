"""Bringing a schema up to date, by one process at a time."""

from pathlib import Path

from sqlalchemy import Connection

from app.common.errors import StartupError

_LOCK = 0x636F6E76
"""The advisory lock of whoever changes a schema: the same in every version of this service."""


def upgrade(connection: Connection, scripts: Path) -> str:
    """Run the revisions of `scripts` that the database lacks, in the caller's transaction; return the newest one.

    Waits for as long as another process does the same. Raises StartupError when the database has revisions that
    `scripts` lacks: a newer version made them.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    for statement in ("SET LOCAL lock_timeout = 0", "SET LOCAL statement_timeout = 0"):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as exc:
        raise StartupError("The database was set up by a newer version of this service: start that one.") from exc
    return str(ScriptDirectory.from_config(config).get_current_head())
