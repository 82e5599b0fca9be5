"""A PostgreSQL database: a pool of connections, and short transactions that say whose rows they may touch."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from psycopg.errors import ReadOnlySqlTransaction
from psycopg.sql import quote
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Connection, Engine, Row, Select, create_engine, event, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InternalError
from typing_extensions import override

from app.common.errors import InsufficientStorage, StartupError, Unavailable
from app.common.ids import ClientId
from app.common.postgres.errors import postgres_errors, starting_errors
from app.common.postgres.migrating import upgrade
from app.common.postgres.pool import PoolLimits, PoolStats
from app.common.sql import SqlDatabase
from app.common.undo import on_failure

OLDEST_VERSION = 16
T = TypeVar("T")

_EVERYONE = "*"
"""Stands for all clients in `app.client`; no client is called so."""
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "tcp_user_timeout": 30_000}
_Mode = Literal["", "ISOLATION LEVEL REPEATABLE READ READ ONLY"]
_BOUND = "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"


class PostgresDatabase(SqlDatabase):
    """One database for any number of processes and threads.

    Every transaction names the client that it is about, or None for an operator's view of all of them. The tables'
    policies let it see and change that client's rows only (`app.client`, which ends with the transaction), whatever
    its statements say. A server that is out of reach, busy, restarting or read-only raises Unavailable.
    """

    def __init__(self, engine: Engine, limits: PoolLimits) -> None:
        self._engine = engine
        self._of_thread = threading.local()
        self._timeouts = (
            f"SET LOCAL statement_timeout = {round(limits.statement * 1000)}; "
            f"SET LOCAL lock_timeout = {round(limits.lock * 1000)}; "
            f"SET LOCAL idle_in_transaction_session_timeout = {round(limits.statement * 2000)}"
        )

    @classmethod
    def open(cls, address: str, limits: PoolLimits | None = None) -> "PostgresDatabase":
        """Connect to `address`. Raises StartupError when it does not answer or is not fit for several clients."""
        limits = limits or PoolLimits()
        try:
            engine = create_engine(
                address,
                pool_size=limits.connections,
                max_overflow=0,
                pool_timeout=limits.connection_wait,
                pool_use_lifo=True,
                # Transactions are begun and ended here, in as few round trips as there can be.
                connect_args={"autocommit": True, "connect_timeout": max(2, round(limits.connect)), **_KEEPALIVE},
            )
        except ArgumentError:
            raise StartupError(
                "The setting DATABASE_URL is wrong: it must read postgresql://USER:PASSWORD@HOST/DATABASE."
            ) from None
        event.listen(engine, "connect", _prepare)
        database = cls(engine, limits)
        with on_failure(engine.dispose), starting_errors():
            database._require_fit()
        return database

    def _require_fit(self) -> None:
        with self.read(None) as connection:
            version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
            is_bound = connection.exec_driver_sql(_BOUND).scalar_one()
        if int(version) // 10_000 < OLDEST_VERSION:
            raise StartupError(f"The database's server is too old: PostgreSQL {OLDEST_VERSION} or newer is needed.")
        if not is_bound:
            raise StartupError(
                "The role of DATABASE_URL passes by row level security, which keeps clients apart: name one that "
                "is no superuser and has no BYPASSRLS, and that owns the database."
            )

    @override
    @contextmanager
    def read(self, owner: ClientId | None = None) -> Iterator[Connection]:
        """A consistent view of the owner's rows, for reading; of all clients' with None.

        Within a transaction of the same thread it is that one's view: a thread never waits for a second connection.
        """
        with postgres_errors(), self._reading(owner) as connection:
            yield connection

    @override
    def rows(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object], owner: ClientId | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        with self.read(owner) as connection:
            return connection.execute(statement, parameters).all()

    @override
    @contextmanager
    def write(self, owner: ClientId | None = None, *, removing: bool = False) -> Iterator[Connection]:
        """See SqlDatabase. Others' transactions run meanwhile: take a row's lock, or an advisory one, to be alone."""
        with postgres_errors(), self._leaving_standby(), self._transaction(owner, "") as connection:
            yield connection

    def run(self, owner: ClientId | None, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return its result once that is committed."""
        with self.write(owner) as connection:
            return work(connection)

    @override
    def note(self, work: Callable[[Connection], object]) -> bool:
        try:
            with self.write() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = 50")
                work(connection)
        except (Unavailable, InsufficientStorage):
            return False
        return True

    @contextmanager
    def _leaving_standby(self) -> Iterator[None]:
        """Let all connections go when a server refuses to be written: another one may have taken its place."""
        try:
            yield
        except InternalError as exc:
            if isinstance(exc.orig, ReadOnlySqlTransaction):
                self._engine.dispose()
            raise

    def _reading(self, owner: ClientId | None) -> AbstractContextManager[Connection]:
        if under_way := getattr(self._of_thread, "under_way", None):
            connection, before = under_way
            return self._within(connection, before, owner)
        return self._transaction(owner, "ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @contextmanager
    def _within(self, connection: Connection, before: ClientId | None, owner: ClientId | None) -> Iterator[Connection]:
        """Look at another owner's rows for the block."""
        if owner == before:
            yield connection
            return
        connection.exec_driver_sql(_of(owner))
        self._of_thread.under_way = connection, owner
        try:
            yield connection
        finally:
            self._of_thread.under_way = connection, before
            with suppress(DBAPIError):  # nothing more can be done in a transaction that has failed
                connection.exec_driver_sql(_of(before))

    @contextmanager
    def _transaction(self, owner: ClientId | None, mode: _Mode) -> Iterator[Connection]:
        before = getattr(self._of_thread, "under_way", None)
        with closing(self._begun(owner, mode)) as connection:
            transaction = connection.get_transaction()
            assert transaction is not None
            self._of_thread.under_way = connection, owner
            try:
                with transaction:
                    yield connection
            finally:
                self._of_thread.under_way = before

    def _begun(self, owner: ClientId | None, mode: _Mode) -> Connection:
        """Return a connection with a transaction.

        Its first statement shows whether a kept connection still lives. Nothing was done before it, so it is tried
        once more on a new one: after that error the pool has let all older connections go.
        """
        try:
            return self._begin(owner, mode)
        except DBAPIError as exc:
            if not exc.connection_invalidated:
                raise
            return self._begin(owner, mode)

    def _begin(self, owner: ClientId | None, mode: _Mode) -> Connection:
        connection = self._engine.connect().execution_options(no_parameters=True)
        with on_failure(connection.close):
            connection.exec_driver_sql(self._opening(owner, mode))
        return connection.execution_options(no_parameters=False)

    def _opening(self, owner: ClientId | None, mode: _Mode) -> str:
        return f"BEGIN {mode}; {_of(owner)}; {self._timeouts}"

    def migrate(self, scripts: Path) -> str:
        """Bring a schema up to date with the Alembic revisions in `scripts` and return the newest one's name.

        Any number of processes may do so at once: one does it, the others wait. Raises StartupError when that cannot
        be done.
        """
        with starting_errors(), self.write(None) as connection:
            return upgrade(connection, scripts)

    @contextmanager
    def alone(self, purpose: str) -> Iterator[None]:
        """Keep others from doing the same during the block; raises StartupError when somebody does already.

        Takes one connection for as long.
        """
        with starting_errors(), postgres_errors():
            connection = self._engine.connect()
        with closing(connection):
            with starting_errors(), postgres_errors():
                query = text("SELECT pg_try_advisory_lock(hashtextextended(:purpose, 0))")
                is_free = connection.execute(query, {"purpose": purpose}).scalar_one()
            if not is_free:
                raise StartupError(f"Another process uses this database already for {purpose}; stop that one first.")
            try:
                yield
            finally:
                connection.invalidate()  # closed rather than kept: the lock goes with it

    def vacuum(self, *tables: str) -> None:
        """Give the room of deleted rows back to their tables; outside of any transaction."""
        with postgres_errors(), self._engine.connect() as connection:
            for table in tables:
                connection.exec_driver_sql(f"VACUUM {table}")

    def stats(self) -> PoolStats:
        """Return how the pool stands."""
        pool: Any = self._engine.pool
        return PoolStats(pool.checkedin() + pool.checkedout(), pool.checkedout())

    @override
    def close(self) -> None:
        self._engine.dispose()


class _Texts(StrDumperUnknown):
    """PostgreSQL's texts hold every character but NUL, which SQLite and JSON let through."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _prepare(connection: Any, _record: object) -> None:
    connection.adapters.register_dumper(str, _Texts)


def _of(owner: ClientId | None) -> str:
    return f"SET LOCAL app.client = {quote(owner or _EVERYONE)}"
