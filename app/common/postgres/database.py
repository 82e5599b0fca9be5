"""A PostgreSQL database: a pool of connections, and short transactions that say whose rows they may touch."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from psycopg.errors import ReadOnlySqlTransaction
from psycopg.sql import quote
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError, InternalError

from app.common.errors import StartupError
from app.common.ids import ClientId
from app.common.postgres.errors import postgres_errors, starting_errors
from app.common.postgres.migrating import upgrade
from app.common.undo import on_failure

OLDEST_VERSION = 16
T = TypeVar("T")

_EVERYONE = "*"
"""Stands for all clients in `app.client`; no client is called so."""
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "tcp_user_timeout": 30_000}
_Mode = Literal["", "ISOLATION LEVEL REPEATABLE READ READ ONLY"]
_BOUND = "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections are kept, and how long anything may wait, in seconds."""

    connections: int = 16
    connect: float = 5
    connection_wait: float = 10
    lock: float = 10
    statement: float = 30


@dataclass(frozen=True, slots=True)
class PoolStats:
    """The connections at this moment: open ones, and those that are in use."""

    open: int
    in_use: int


class PostgresDatabase:
    """One database for any number of processes and threads.

    Every transaction names the client that it is about, or None for an operator's view of all of them. The tables'
    policies let it see and change that client's rows only (`app.client`, which ends with the transaction), whatever
    its statements say. A server that is out of reach, busy, restarting or read-only raises Unavailable.
    """

    def __init__(self, engine: Engine, limits: PoolLimits) -> None:
        self._engine = engine
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

    @contextmanager
    def read(self, owner: ClientId | None) -> Iterator[Connection]:
        """A consistent view of the owner's rows, for reading; of all clients' with None."""
        with postgres_errors(), self._transaction(owner, "ISOLATION LEVEL REPEATABLE READ READ ONLY") as connection:
            yield connection

    @contextmanager
    def write(self, owner: ClientId | None) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises. Each statement sees the latest.

        Others' transactions run meanwhile: take a row's lock, or an advisory one, for what has to be alone.
        """
        with postgres_errors(), self._leaving_standby(), self._transaction(owner, "") as connection:
            yield connection

    def run(self, owner: ClientId | None, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return its result once that is committed."""
        with self.write(owner) as connection:
            return work(connection)

    @contextmanager
    def _leaving_standby(self) -> Iterator[None]:
        """Let all connections go when a server refuses to be written: another one may have taken its place."""
        try:
            yield
        except InternalError as exc:
            if isinstance(exc.orig, ReadOnlySqlTransaction):
                self._engine.dispose()
            raise

    @contextmanager
    def _transaction(self, owner: ClientId | None, mode: _Mode) -> Iterator[Connection]:
        with closing(self._begun(owner, mode)) as connection:
            transaction = connection.get_transaction()
            assert transaction is not None
            with transaction:
                yield connection

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
        client = quote(owner or _EVERYONE)
        return f"BEGIN {mode}; SET LOCAL app.client = {client}; {self._timeouts}"

    def migrate(self, scripts: Path) -> str:
        """Bring a schema up to date with the Alembic revisions in `scripts` and return the newest one's name.

        Any number of processes may do so at once: one does it, the others wait. Raises StartupError when that cannot
        be done.
        """
        with starting_errors(), self.write(None) as connection:
            return upgrade(connection, scripts)

    def vacuum(self, *tables: str) -> None:
        """Give the room of deleted rows back to their tables; outside of any transaction."""
        with postgres_errors(), self._engine.connect() as connection:
            for table in tables:
                connection.exec_driver_sql(f"VACUUM {table}")

    def stats(self) -> PoolStats:
        """Return how the pool stands."""
        pool: Any = self._engine.pool
        return PoolStats(pool.checkedin() + pool.checkedout(), pool.checkedout())

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
