"""The SQL databases: opening, migrating, short transactions. What is in them is known to their stores alone."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, Connection, Engine, Row, Select, create_engine, event
from sqlalchemy.exc import OperationalError

from app.common.errors import Unavailable, shutting_down
from app.common.locks import Rank, RankedLock

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


class Database:
    """One database: any number of readers, one writer at a time on SQLite.

    SQLite runs with foreign keys on, a write-ahead log, full synchronisation (a power cut loses no committed
    transaction) and secure_delete (freed pages are overwritten; `compact` does what that leaves undone). A
    database that is locked, full or out of reach raises Unavailable.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._write_lock = RankedLock(Rank.DATABASE)
        self._waiting: deque[_Job[Any]] = deque()

    @classmethod
    def open_sqlite(cls, path: Path, *, readers: int = 16) -> "Database":
        """Open or create the file at `path`; `readers` connections are kept, more are made when needed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            pool_size=readers,
            max_overflow=-1,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for reading."""
        with database_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    def rows(self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]) -> Sequence[AnyRow]:
        """Return what one statement reads. It is its own consistent view, so it needs no transaction."""
        with database_errors(), self.engine.connect() as connection:
            return connection.execution_options(alone=True).execute(statement, parameters).all()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises. Keep it short."""
        with self.no_writes(), self._transaction() as connection:
            yield connection

    @contextmanager
    def no_writes(self) -> Iterator[None]:
        """Keep all others from writing during the block; readers go on."""
        with self._write_lock:
            yield

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with database_errors(), self.engine.connect() as plain:
            connection = plain.execution_options(write=True)
            with connection.begin():
                yield connection

    def run(self, work: Callable[[Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Run `work` in a transaction and return its result once that is committed.

        Work that waits for the writer meanwhile is committed together with it, since what costs time is the
        disk's synchronisation and not the statements; each job still succeeds or is undone on its own. `then`
        is called with the result after the commit, in the order of the commits, before the next one begins.
        """
        job = _Job(work, then)
        self._waiting.append(job)
        with self.no_writes():
            # Whoever held the lock before may have done this job along with its own.
            while not job.finished:
                self._run_waiting()
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
        """Bring the schema up to date with the Alembic revisions in `scripts` (own version table per folder)."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def stats(self) -> DatabaseStats:
        """Return how things stand."""
        return DatabaseStats(len(self._waiting), self.size_bytes())

    def size_bytes(self) -> int:
        """Return what the database and its write-ahead log take on the disk."""
        path = Path(self.engine.url.database or "")
        return sum(part.stat().st_size for part in (path, Path(f"{path}-wal")) if part.exists())

    def truncate_log(self) -> bool:
        """Fold SQLite's write-ahead log into the database and empty it.

        Returns False when a reader was in the way for longer than the busy timeout: then try again later.
        """
        with self.no_writes(), database_errors():
            return self._truncate_log()

    def compact(self) -> bool:
        """Rewrite the database without deleted content and give the space back; the result is as of truncate_log.

        Needed after an erasure: when SQLite rebalances its pages, copies of rows stay behind in their unused
        parts, where secure_delete does not see them. Takes the time to write the live data twice; readers go
        on meanwhile, writers wait.
        """
        with self.no_writes(), database_errors():
            self._pragma("VACUUM")
            return self._truncate_log()

    def _truncate_log(self) -> bool:
        (busy, _, _) = self._pragma("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    def _pragma(self, statement: str) -> tuple[Any, ...]:
        # Neither may run inside a transaction, so not through SQLAlchemy's connections, which always begin one.
        raw = self.engine.raw_connection()
        try:
            return raw.cursor().execute(statement).fetchone() or ()
        finally:
            raw.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


class _Job(Generic[T]):
    """Work that one thread hands in and perhaps another one does."""

    def __init__(self, work: Callable[[Connection], T], then: Callable[[T], None] | None) -> None:
        self._work = work
        self._then = then
        self._results: list[T] = []
        self.error: Exception | None = None
        self.finished = False

    def do(self, connection: Connection) -> None:
        self._results.append(self._work(connection))

    def attempt(self, connection: Connection) -> None:
        """Do the work, or undo it alone and keep the error."""
        try:
            with connection.begin_nested():
                self.do(connection)
        except OperationalError:
            # Trouble of the whole database, after which SQLite may have rolled back everything by itself.
            raise
        except Exception as exc:  # noqa: BLE001 - raised again in the thread that handed the work in
            self.error = exc

    def finish(self) -> None:
        self.finished = True
        if self.error is None and self._then is not None:
            try:
                self._then(self._results[0])
            except Exception as exc:  # noqa: BLE001 - as above; the jobs after this one must still be finished
                self.error = exc

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self._results[0]


@contextmanager
def database_errors() -> Iterator[None]:
    """Translate trouble with the database itself (locked, full, unreachable) into Unavailable."""
    try:
        yield
    except OperationalError as exc:
        raise Unavailable("The database is busy or full: try again later.", retry_after=5) from exc


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
