from collections.abc import Iterator

import pytest

from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.pool import PoolLimits
from tests.postgres_server import PostgresServer, postgres_server

LIMITS = PoolLimits(connections=2, connection_wait=0.2, lock=0.2, statement=0.5)


@pytest.fixture
def database(database_url: str) -> Iterator[PostgresDatabase]:
    """A database on which nothing waits for long."""
    opened = PostgresDatabase.open(driver_address(database_url), LIMITS)
    yield opened
    opened.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that the test may stop and kill."""
    with postgres_server(durable=True) as server:
        yield server
