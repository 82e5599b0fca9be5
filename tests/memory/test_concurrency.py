import contextlib
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.common.database import Database
from app.common.errors import NotFound
from app.memory.sqlite_session_store import SqliteSessionStore
from tests.memory.conftest import Clock
from tests.memory.contract_at_once import CLIENTS, Another, AtOnceContract, assert_whole, dice

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from app.common.database import Database
from app.common.ids import ClientId
from app.memory.sqlite_session_store import SqliteSessionStore
from concurrent.futures import ThreadPoolExecutor

store = SqliteSessionStore(Database.open_sqlite(Path(sys.argv[1])), ttl=3600)

def write(thread):
    for number in range(100_000):
        store.append_turn(ClientId("anna"), f"s{number % 3}", f"q {thread} {number}", f"a {thread} {number}")
        sys.stdout.write(f"{thread} {number}\\n")
        sys.stdout.flush()

with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(4)))
"""


class TestSqliteAtOnce(AtOnceContract):
    """One process has the file, so there is no second store."""

    @pytest.fixture
    def another(self, store: SqliteSessionStore) -> Another:
        return lambda: store


def test_what_memory_holds_is_what_the_database_holds_after_a_race(database: Database, clock: Clock) -> None:
    store = SqliteSessionStore(database, ttl=60, cached_sessions=1000, clock=clock)
    names = [f"s{number}" for number in range(100)]
    together = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: race(store, names, dice(seed), together), range(4)))
    fresh = SqliteSessionStore(database, ttl=60, cached_sessions=0, clock=clock)
    for name in names:
        assert store.history(CLIENTS[0], name) == fresh.history(CLIENTS[0], name)
    counted = [len(fresh.export(CLIENTS[0], name).messages) for name in fresh.active_ids()]
    assert fresh.get_stats()["total_messages"] == sum(counted)


def race(store: SqliteSessionStore, names: list[str], die: random.Random, together: threading.Barrier) -> None:
    """Append, read and delete, all threads in the same session at once, then leave it as it is."""
    for name in names:
        together.wait(10)
        for number in range(3):
            if die.random() < 0.4:
                with contextlib.suppress(NotFound):
                    store.delete(CLIENTS[0], name)
            else:
                store.append_turn(CLIENTS[0], name, f"q {number}", f"a {number}")
                store.history(CLIENTS[0], name)


def test_a_kill_loses_no_acknowledged_turn_and_leaves_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    acknowledged: set[str] = set()
    for round_ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert writer.stdout is not None
        with writer, writer.stdout as lines:
            reported = [lines.readline() for _ in range(20 + 100 * round_)]
            writer.kill()
            reported += [line for line in lines if line.endswith("\n")]
        acknowledged |= {f"q {line.strip()}" for line in reported}

    database = Database.open_sqlite(path)
    store = SqliteSessionStore(database, ttl=3600)
    found: set[str] = set()
    for session in store.active_ids():
        conversation = store.export(CLIENTS[0], session)
        assert_whole(conversation.messages)
        assert conversation.session.message_count == len(conversation.messages)
        found |= {message.content for message in conversation.messages if message.role == "user"}
    assert acknowledged <= found
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        stored = connection.exec_driver_sql("SELECT count(*) FROM messages").scalar()
    assert store.get_stats()["total_messages"] == stored
    store.close()
