"""Where conversations are kept."""

import logging
from collections.abc import Callable

from app.common.database import Database
from app.common.lives import Lives
from app.common.space import DiskSpace
from app.common.undo import on_failure
from app.config import Settings
from app.memory import SessionStore
from app.memory.sqlite_session_store import SqliteSessionStore

logger = logging.getLogger(__name__)


def open_sessions(settings: Settings, clock: Callable[[], float], space: DiskSpace, lives: Lives) -> SessionStore:
    """Open the session store, which ends `lives` of clients. Raises StartupError when its database cannot be used."""
    if settings.database_url is None:
        return SqliteSessionStore(
            Database.open_sqlite(settings.session_db_path, space=space),
            ttl=settings.session_ttl,
            cached_sessions=settings.max_cached_sessions,
            lives=lives,
            clock=clock,
        )
    # The driver costs time and memory, which a service on SQLite has no use for.
    from app.common.postgres.database import PoolLimits, PostgresDatabase
    from app.memory.postgres import PostgresSessionStore

    limits = PoolLimits(connections=settings.database_connections)
    database = PostgresDatabase.open(settings.database_url.get_secret_value(), limits)
    with on_failure(database.close):
        return PostgresSessionStore(database, ttl=settings.session_ttl, clock=clock)
