"""Bringing a schema up to date, by one process at a time."""

from pathlib import Path

from sqlalchemy import Connection

from app.common.database_migrating import run_revisions

_LOCK = 0x636F6E76
"""The advisory lock of whoever changes a schema: the same in every version of this service."""


def upgrade(connection: Connection, scripts: Path) -> str:
    """Run the revisions of `scripts` that the database lacks, in the caller's transaction; return the newest one.

    Waits for as long as another process does the same. Raises StartupError when the database has revisions that
    `scripts` lacks: a newer version made them.
    """
    for statement in ("SET LOCAL lock_timeout = 0", "SET LOCAL statement_timeout = 0"):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    refusal = "The database was set up by a newer version of this service: start that one."
    return run_revisions(connection, scripts, refusal=refusal)
