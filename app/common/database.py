"""The SQL databases: opening, migrating, short transactions. What is in them is known to their stores alone."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Row, Select, create_engine, event
from typing_extensions import override

from app.common import database_rewriting as rewriting
from app.common.database_errors import database_errors
from app.common.database_jobs import Job
from app.common.database_migrating import upgrade
from app.common.errors import AppError, InsufficientStorage, Unavailable, shutting_down
from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.common.space import DiskSpace
from app.common.sql import SqlDatabase

BUSY_TIMEOUT_SECONDS = 10
GROUP_LIMIT = 64
"""How many waiting jobs share one commit."""

T = TypeVar("T")
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class DatabaseStats:
    """A database at this moment: how many jobs wait for the writer, and bytes on the disk."""

    waiting: int
    size_bytes: int


class Database(SqlDatabase):
    """One database: any number of readers, one writer at a time on SQLite.

    SQLite runs with foreign keys on, a write-ahead log, full synchronisation (a power cut loses no committed
    transaction) and secure_delete (freed pages are overwritten; `compact` does what that leaves undone). A
    database that is locked, damaged or out of reach raises Unavailable, and InsufficientStorage on a full disk.
    Work that is `removing` something may then use the reserve of `space`.
    """

    def __init__(self, engine: Engine, space: DiskSpace | None = None) -> None:
        self.engine = engine
        self._space = space or DiskSpace()
        self._write_lock = RankedLock(Rank.DATABASE)
        self._waiting: deque[Job[Any]] = deque()

    @classmethod
    def open_sqlite(cls, path: Path, *, readers: int = 16, space: DiskSpace | None = None) -> "Database":
        """Open or create the file at `path`; `readers` connections are kept, more are made when needed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rewriting.make_file(path)
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            pool_size=readers,
            max_overflow=-1,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return cls(engine, space)

    @override
    @contextmanager
    def read(self, owner: ClientId | None = None) -> Iterator[Connection]:
        with self._errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @override
    def rows(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object], owner: ClientId | None = None
    ) -> Sequence[AnyRow]:
        """Return what one statement reads. It is its own consistent view, so it needs no transaction."""
        with self._errors(), self.engine.connect() as connection:
            return connection.execution_options(alone=True).execute(statement, parameters).all()

    @override
    @contextmanager
    def write(self, owner: ClientId | None = None, *, removing: bool = False) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises. Keep it short."""
        with self._lent(removing=removing), self.no_writes(), self._transaction() as connection:
            yield connection

    @contextmanager
    def no_writes(self) -> Iterator[None]:
        """Keep all others from writing during the block; readers go on."""
        with self._write_lock:
            yield

    @override
    def note(self, work: Callable[[Connection], object]) -> bool:
        """Do `work` in a transaction if that is possible at once; whether it was done.

        For what is not worth waiting or failing for: left out while others write, on a full disk, and the like.
        """
        with self._write_lock.if_free() as free:
            if not free:
                return False
            try:
                with self._transaction() as connection:
                    work(connection)
            except (Unavailable, InsufficientStorage):
                return False
        return True

    def require_room(self) -> None:
        """Raise InsufficientStorage while the disk is known to be too full for a write."""
        self._space.require_not_full()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._errors(), self.engine.connect() as plain:
                connection = plain.execution_options(write=True)
                with connection.begin():
                    yield connection
        except InsufficientStorage:
            self._note_full()
            raise

    def run(
        self, work: Callable[[Connection], T], then: Callable[[T], None] | None = None, *, removing: bool = False
    ) -> T:
        """Run `work` in a transaction and return its result once that is committed.

        Work that waits for the writer meanwhile is committed together with it, since what costs time is the
        disk's synchronisation and not the statements; each job still succeeds or is undone on its own. `then`
        is called with the result after the commit, in the order of the commits, before the next one begins.
        """
        job = Job(work, then)
        self._waiting.append(job)
        with self._lent(removing=removing), self.no_writes():
            # Whoever held the lock before may have done this job along with its own.
            while not job.finished:
                self._run_waiting()
        with self._errors():
            return job.outcome()

    def _run_waiting(self) -> None:
        jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]
        try:
            with self._transaction() as connection:
                if len(jobs) == 1:
                    jobs[0].do(connection)
                else:
                    for job in jobs:
                        job.attempt(connection)
        except Exception as exc:  # noqa: BLE001 - raised again in each thread whose work is undone by it
            for job in jobs:
                job.error = job.error or exc
        except BaseException:
            for job in jobs:
                job.error = job.error or shutting_down()
            raise
        finally:
            for job in jobs:
                job.finish()

    def migrate(self, scripts: Path) -> None:
        """Bring the schema up to date with the Alembic revisions in `scripts` (own version table per folder).

        Raises StartupError when the schema is of a revision that is not among them.
        """
        with self.write() as connection:
            upgrade(connection, scripts, self._path().name)

    def stats(self) -> DatabaseStats:
        """Return how things stand."""
        return DatabaseStats(len(self._waiting), self.size_bytes())

    def size_bytes(self) -> int:
        """Return what the database and its write-ahead log take on the disk."""
        path = self._path()
        return sum(part.stat().st_size for part in (path, Path(f"{path}-wal")) if part.exists())

    def truncate_log(self) -> bool:
        """Fold SQLite's write-ahead log into the database and empty it.

        Returns False when a reader was in the way for longer than the busy timeout: then try again later.
        """
        with self._lent(removing=True), self.no_writes(), self._errors():
            return self._truncate_log()

    @override
    def compact(self) -> bool:
        """Rewrite the database without deleted content and give the space back; the result is as of truncate_log.

        Needed after an erasure: when SQLite rebalances its pages, copies of rows stay behind in their unused
        parts, where secure_delete does not see them. Takes the time to write the live data twice; readers go
        on meanwhile, writers wait. When there is no room for that, gives back the free pages alone and raises
        InsufficientStorage.
        """
        with self._lent(removing=True), self.no_writes(), self._errors(), closing(self.engine.raw_connection()) as raw:
            rewriting.rewrite(raw.cursor(), self._path())
            return rewriting.truncate_log(raw.cursor())

    def _path(self) -> Path:
        return Path(self.engine.url.database or "")

    def _truncate_log(self) -> bool:
        # Outside of a transaction, so not through SQLAlchemy's connections, which always begin one.
        with closing(self.engine.raw_connection()) as raw:
            return rewriting.truncate_log(raw.cursor())

    @override
    def close(self) -> None:
        self.engine.dispose()

    def _note_full(self) -> None:
        """Remember it, and give back what the failed transaction has written into the log."""
        self._space.note_full()
        with suppress(AppError, sqlite3.Error):
            self._truncate_log()

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self._space.looks_full)

    @contextmanager
    def _lent(self, *, removing: bool) -> Iterator[None]:
        """While something is removed: it may use the reserve. Its log gives back at once what it took of that."""
        if not removing:
            yield
            return
        with self._space.lent() as scarce:
            yield
            if scarce:
                with self.no_writes(), suppress(AppError, sqlite3.Error):
                    self._truncate_log()


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # Transactions are begun by _begin_sqlite: sqlite3's own implicit ones would start as readers and
    # could then fail to become writers (SQLITE_BUSY without waiting).
    dbapi_connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("alone", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write", False) else "BEGIN")
