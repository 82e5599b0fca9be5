"""Where conversations are kept."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.common.database import Database
from app.common.lives import Lives
from app.common.space import DiskSpace
from app.config import Settings
from app.memory import SessionStore
from app.memory.sqlite_session_store import SqliteSessionStore

if TYPE_CHECKING:
    from app.common.postgres.database import PostgresDatabase


def open_sessions(
    settings: Settings,
    database: "PostgresDatabase | None",
    clock: Callable[[], float],
    space: DiskSpace,
    lives: Lives,
) -> SessionStore:
    """Open the session store: in `database` if there is one. Raises StartupError when its tables cannot be used.

    One on this machine's disk has to find room in `space`, and ends `lives` of clients.
    """
    if database is None:
        return SqliteSessionStore(
            Database.open_sqlite(settings.session_db_path, space=space),
            ttl=settings.session_ttl,
            cached_sessions=settings.max_cached_sessions,
            lives=lives,
            clock=clock,
        )
    from app.memory.postgres import PostgresSessionStore

    return PostgresSessionStore(database, ttl=settings.session_ttl, clock=clock)


def open_database(settings: Settings) -> "PostgresDatabase | None":
    """Connect to the database of DATABASE_URL, if it is set. Raises StartupError when it cannot be used."""
    if settings.database_url is None:
        return None
    # The driver costs time and memory, which a service on SQLite has no use for.
    from app.common.postgres.database import PostgresDatabase
    from app.common.postgres.pool import PoolLimits

    limits = PoolLimits(connections=settings.database_connections)
    return PostgresDatabase.open(settings.database_url.get_secret_value(), limits)
