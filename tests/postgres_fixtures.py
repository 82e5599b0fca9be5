"""Fixtures on a real PostgreSQL. The server is started when the first test asks for it."""

from collections.abc import Iterator

import pytest

from tests.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests; its databases do not survive a power cut. A test that stops it uses its own."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """The address of a new, empty database with the extension `vector`."""
    address = postgres.new_database()
    yield address
    postgres.drop_database(address)
