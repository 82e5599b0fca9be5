from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.memory.postgres import PostgresSessionStore
from tests.memory.conftest import Clock


@pytest.fixture
def another(database_url: str, clock: Clock) -> Iterator[Callable[[], PostgresSessionStore]]:
    """Open one more store on the same database, as another process does."""
    with ExitStack() as stack:

        def new_store() -> PostgresSessionStore:
            store = PostgresSessionStore(PostgresDatabase.open(driver_address(database_url)), ttl=60, clock=clock)
            stack.callback(store.close)
            return store

        yield new_store


@pytest.fixture
def store(another: Callable[[], PostgresSessionStore]) -> PostgresSessionStore:
    return another()
