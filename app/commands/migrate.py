"""Setting up the tables of a PostgreSQL database, or bringing them up to date."""

from collections.abc import Callable
from contextlib import closing

from app.common.errors import StartupError
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.pool import PoolLimits
from app.config import Settings
from app.memory.postgres.store import MIGRATIONS
from app.services.library.postgres import MIGRATIONS as DOCUMENT_MIGRATIONS


def migrate(settings: Settings, say: Callable[[str], object]) -> None:
    """Bring the tables in the database of the settings up to date. Raises StartupError when that cannot be done."""
    if settings.database_url is None:
        raise StartupError("DATABASE_URL is not set: an embedded service brings its own files up to date.")
    address = settings.database_url.get_secret_value()
    with closing(PostgresDatabase.open(address, PoolLimits(connections=1))) as database:
        say(f"sessions: {database.migrate(MIGRATIONS)}")
        if settings.vector_store_type == "pgvector":
            say(f"documents: {database.migrate(DOCUMENT_MIGRATIONS)}")
