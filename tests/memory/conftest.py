from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from app.common.database import Database
from app.memory.sqlite_session_store import SqliteSessionStore


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open_sqlite(tmp_path / "sessions.db")
    # No test cuts the power; without the waits for the disk they take a fraction of the time.
    event.listen(opened.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database, clock: Clock) -> SqliteSessionStore:
    return SqliteSessionStore(database, ttl=60, cached_sessions=3, clock=clock)
