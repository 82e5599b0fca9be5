import contextlib
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.common.database import Database
from app.common.errors import NotFound
from app.common.ids import ClientId
from app.memory import Message
from app.memory.sqlite_session_store import SqliteSessionStore
from tests.memory.conftest import Clock

ROOT = Path(__file__).parents[2]
CLIENTS = [ClientId(name) for name in ("anna", "bert", "carla")]

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


def dice(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - it only has to be the same in each run


def assert_whole(messages: tuple[Message, ...]) -> None:
    """Numbers without gaps, each question directly before its own answer."""
    assert [message.number for message in messages] == list(range(1, len(messages) + 1))
    for question, answer in zip(messages[::2], messages[1::2], strict=True):
        assert (question.role, answer.role) == ("user", "assistant")
        assert question.content.replace("q", "a") == answer.content


def test_turns_of_requests_at_once_never_interleave(store: SqliteSessionStore) -> None:
    def talk(thread: int) -> None:
        for number in range(25):
            store.append_turn(CLIENTS[thread % 2], "s1", f"q {thread} {number}", f"a {thread} {number}")
            turns = store.history(CLIENTS[thread % 2], "s1", max_turns=5)
            assert all(int(turn.question.split()[1]) % 2 == thread % 2 for turn in turns)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(talk, range(8)))
    for client in CLIENTS[:2]:
        conversation = store.export(client, "s1")
        assert_whole(conversation.messages)
        assert conversation.session.message_count == len(conversation.messages) == 200
    assert store.get_stats()["total_messages"] == 400


def test_a_read_after_a_write_sees_it_whatever_else_goes_on(database: Database, clock: Clock) -> None:
    store = SqliteSessionStore(database, ttl=60, cached_sessions=4, clock=clock)
    stop = threading.Event()
    with ThreadPoolExecutor(6) as pool:
        noise = [pool.submit(disturb, store, dice(seed), stop) for seed in range(3)]
        owners = [pool.submit(be_the_only_writer, store, client, dice(client)) for client in CLIENTS]
        try:
            for owner in owners:
                owner.result(60)
        finally:
            stop.set()
        for disturbance in noise:
            disturbance.result(60)


def disturb(store: SqliteSessionStore, die: random.Random, stop: threading.Event) -> None:
    while not stop.is_set():
        store.history(die.choice(CLIENTS), f"s{die.randrange(3)}", max_turns=die.randrange(1, 50))
        if die.random() < 0.1:
            store.cleanup()


def be_the_only_writer(store: SqliteSessionStore, client: ClientId, die: random.Random) -> None:
    """Change a client's sessions and compare, each time, with what must be in them."""
    expected: dict[str, list[str]] = {f"s{number}": [] for number in range(3)}
    for number in range(150):
        session = f"s{die.randrange(3)}"
        if expected[session] and die.random() < 0.15:
            store.delete(client, session)
            expected[session] = []
        else:
            store.append_turn(client, session, f"{client} {number}", "answer")
            expected[session].append(f"{client} {number}")
        for name, questions in expected.items():
            assert [turn.question for turn in store.history(client, name)] == questions


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


def test_turns_are_stored_while_a_cleanup_is_under_way(store: SqliteSessionStore, clock: Clock) -> None:
    for number in range(300):
        store.append_turn(CLIENTS[0], f"old{number}", "q", "a")
    clock.advance(61)
    with ThreadPoolExecutor(4) as pool:
        cleaning = pool.submit(store.cleanup)
        list(pool.map(lambda number: store.append_turn(CLIENTS[1], f"s{number}", "q", "a"), range(30)))
        assert cleaning.result().sessions == 300
    assert store.get_stats()["total_sessions"] == 30


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
