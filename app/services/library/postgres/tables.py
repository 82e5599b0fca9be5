"""The tables of documents as stores written for any SQL database see them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Row, Select
from typing_extensions import override

from app.common.ids import ClientId
from app.common.lives import deleted_meanwhile
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.lives import SharedLives
from app.common.sql import SqlDatabase

LIVES = "document_lives"
CATALOG = (
    "clients",
    "documents",
    "document_chunks",
    "document_values",
    "document_digests",
    "api_keys",
    "client_settings",
    "client_budgets",
    "usage",
    "jobs",
    "job_files",
    LIVES,
)


class CatalogTables(SqlDatabase):
    """The catalog's tables in a database that others share and close. `clock` gives seconds since 1970."""

    def __init__(self, database: PostgresDatabase, *, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._lives = SharedLives(LIVES, deleted_meanwhile)
        self._clock = clock

    @override
    def read(self, owner: ClientId | None = None) -> AbstractContextManager[Connection]:
        return self._db.read(owner)

    @override
    def write(self, owner: ClientId | None = None, *, removing: bool = False) -> AbstractContextManager[Connection]:
        return self._db.write(owner, removing=removing)

    @override
    def note(self, work: Callable[[Connection], object]) -> bool:
        return self._db.note(work)

    @override
    def rows(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object], owner: ClientId | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        return self._db.rows(statement, parameters, owner)

    @override
    def compact(self) -> bool:
        with self._db.write(None) as connection:
            self._lives.forget(connection, now=self._clock())
        self._db.vacuum(*CATALOG)
        return True

    @override
    def close(self) -> None:
        """Leave the database open: it is not this one's."""


class OneTransaction(SqlDatabase):
    """Lets a store take part in a transaction that is under way: all it does is committed or undone with that."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @override
    @contextmanager
    def read(self, owner: ClientId | None = None) -> Iterator[Connection]:
        yield self._connection

    @override
    @contextmanager
    def write(self, owner: ClientId | None = None, *, removing: bool = False) -> Iterator[Connection]:
        yield self._connection

    @override
    def note(self, work: Callable[[Connection], object]) -> bool:
        work(self._connection)
        return True

    @override
    def rows(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object], owner: ClientId | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        return self._connection.execute(statement, parameters).all()

    @override
    def compact(self) -> bool:
        return True

    @override
    def close(self) -> None:
        """Leave the transaction to who began it."""
