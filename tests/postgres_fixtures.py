"""Fixtures on a real PostgreSQL. The server is started when the first test asks for it."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import make_url

from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.pool import PoolLimits
from app.services.library.postgres import MIGRATIONS
from tests.postgres_server import PostgresServer, postgres_server

ROOTS = ("clients", "document_lives", "embedding_models", "passages", "word_states", "word_documents", "word_blocks",
         "word_postings", "usage", "successors")  # fmt: skip
"""The tables on which no others hang."""


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


@pytest.fixture(scope="session")
def _documents_url(postgres: PostgresServer) -> str:
    address = postgres.new_database()
    with closing(PostgresDatabase.open(driver_address(address), PoolLimits(connections=1))) as database:
        database.migrate(MIGRATIONS)
    return address


@pytest.fixture
def documents_url(_documents_url: str, postgres: PostgresServer) -> Iterator[str]:
    """The address of a database with empty tables for documents. Tests share it one after the other: it is quick."""
    yield _documents_url
    name = make_url(_documents_url).database or ""
    postgres.execute("; ".join(f"DELETE FROM {table}" for table in ROOTS), name)
