"""Alembic's entry: runs the revisions on the connection that Database.migrate hands over."""

from alembic import context

from app.memory.tables import metadata

VERSION_TABLE = "alembic_version_sessions"


def run() -> None:
    """Run the revisions inside the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
