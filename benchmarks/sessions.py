"""The session store at several sizes, beside bare sqlite3 doing the same work in the same run.

    python -m benchmarks.sessions [--sizes 10000 100000] [--messages 10] [--samples 300]

"no sync" repeats the operation with synchronous=OFF: what is left is the store's own work without the disk's.
"x bare" compares with sqlite3 used directly (the same statements, the same file, alternating with ours).
"""

import argparse
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import event

from app.common.database import Database
from app.common.ids import ClientId
from app.memory.sqlite_session_store import SqliteSessionStore

QUESTION = "What does the contract say about the notice period for tenants? "
ANSWER = "The notice period is three months to the end of a quarter, as the second section says [1]. " * 4
SESSIONS_PER_CLIENT = 50
TTL = 10_000_000.0
BARE = "(bare sqlite3)"

Rows = dict[str, list[float]]
Named = tuple[str, Callable[[int], object]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--messages", type=int, default=10, help="messages in each session")
    options.add_argument("--samples", type=int, default=300)
    given = options.parse_args()
    results = {}
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            results[size] = measure(Path(folder) / "sessions.db", size, given.messages, given.samples)
    report(results)


def measure(path: Path, size: int, messages: int, samples: int) -> Rows:
    database = Database.open_sqlite(path)
    store = SqliteSessionStore(database, ttl=TTL, cached_sessions=100)
    fill(path, size, messages)
    rows: Rows = {}
    run(rows, samples, size, operations(store, path, sync="FULL"))
    together = at_once(store, 100)
    cold = SqliteSessionStore(database, ttl=TTL, cached_sessions=0)
    run(rows, samples * 3, size, reads(store, cold, path))
    store.close()
    quiet = SqliteSessionStore(unsynced_database(path), ttl=TTL, cached_sessions=100)
    run(rows, samples * 3, size, operations(quiet, path, sync="OFF"))
    print(f"{size:,} sessions: file {store_size(path):.0f} MB; ", end="")
    print(f"100 appends at once {together * 1000:.0f} ms; ", end="")
    started = time.perf_counter()
    quiet.delete_client(client_of(0))
    print(f"delete_client ({SESSIONS_PER_CLIENT} sessions) {(time.perf_counter() - started) * 1000:.0f} ms; ", end="")
    started = time.perf_counter()
    quiet.compact()
    print(f"compact {time.perf_counter() - started:.1f} s")
    quiet.close()
    return rows


def at_once(store: SqliteSessionStore, callers: int) -> float:
    """Seconds until all of so many callers, who come at the same moment, have stored their turn."""
    ready = threading.Barrier(callers + 1)

    def call(n: int) -> None:
        ready.wait()
        store.append_turn(client_of(n), session_of(n), QUESTION, ANSWER)

    with ThreadPoolExecutor(callers) as pool:
        calls = [pool.submit(call, n) for n in range(callers)]
        ready.wait()
        started = time.perf_counter()
        for done in calls:
            done.result()
        return time.perf_counter() - started


def unsynced_database(path: Path) -> Database:
    database = Database.open_sqlite(path)
    event.listen(database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
    return database


def client_of(number: int) -> ClientId:
    return ClientId(f"client_{number // SESSIONS_PER_CLIENT:016x}")


def session_of(number: int) -> str:
    return f"6f1d0c52-7c0e-4b7e-9d5a-{number:012x}"


def store_size(path: Path) -> float:
    return path.stat().st_size / 1e6


def fill(path: Path, size: int, messages: int) -> None:
    """Write the sessions in bulk: only how the file ends up matters, not how it got there."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    now = time.time()
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO sessions (session_id, client_id, created_at, last_accessed, expires_at, message_count)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        ((session_of(n), client_of(n), now, now, now + TTL + n / size, messages) for n in shuffled(size)),
    )
    # Turn by turn over all sessions, as they would grow side by side, so that a session lies scattered in the file.
    for position in range(1, messages + 1):
        role, content = ("user", QUESTION) if position % 2 else ("assistant", ANSWER)
        connection.executemany(
            "INSERT INTO messages (session_id, client_id, position, role, content, timestamp, tokens)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((session_of(n), client_of(n), position, role, content, now, 20) for n in shuffled(size)),
        )
    add_long_session(connection, now)
    connection.execute(
        "INSERT INTO session_totals SELECT client_id, count(*), sum(message_count), 0 FROM sessions GROUP BY 1"
    )
    connection.execute("INSERT INTO session_totals SELECT '', count(*), sum(message_count), 0 FROM sessions")
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def add_long_session(connection: sqlite3.Connection, now: float) -> None:
    connection.execute(
        "INSERT INTO sessions (session_id, client_id, created_at, last_accessed, expires_at, message_count)"
        " VALUES ('long', ?, ?, ?, ?, 2000)",
        (client_of(0), now, now, now + TTL),
    )
    connection.executemany(
        "INSERT INTO messages (session_id, client_id, position, role, content, timestamp, tokens)"
        " VALUES ('long', ?, ?, 'user', ?, ?, 90)",
        ((client_of(0), position, ANSWER, now) for position in range(1, 2001)),
    )


def shuffled(size: int) -> Iterable[int]:
    return random.Random(size).sample(range(size), size)


def operations(store: SqliteSessionStore, path: Path, *, sync: str) -> Iterator[Named]:
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in ("foreign_keys=ON", f"synchronous={sync}", "secure_delete=ON"):
        bare.execute(f"PRAGMA {pragma}")
    label = "append" if sync == "FULL" else "append, no sync"
    yield f"{label} {BARE}", lambda n: bare_append(bare, n)
    yield label, lambda n: store.append_turn(client_of(n), session_of(n), QUESTION, ANSWER)
    yield f"{label}, new session", lambda n: store.append_turn(client_of(n), f"new-{sync}-{n}", QUESTION, ANSWER)


def reads(store: SqliteSessionStore, cold: SqliteSessionStore, path: Path) -> Iterator[Named]:
    bare = sqlite3.connect(path, isolation_level=None)
    hot = [session_of(n) for n in range(50)]
    yield f"history {BARE}", lambda n: bare_history(bare, n)
    yield "history, from disk", lambda n: cold.history(client_of(n), session_of(n), max_tokens=2000)
    yield "history of 1,000 turns, from disk", lambda _: cold.history(client_of(0), "long", max_tokens=2000)
    yield "history, from memory", lambda n: store.history(client_of(0), hot[n % 50], max_tokens=2000)
    yield "info", lambda n: store.info(client_of(n), session_of(n))
    yield "stats", lambda _: store.get_stats()
    yield "stats of a client", lambda n: store.get_stats(client_of(n))
    yield "list of a client (50)", lambda n: store.list_sessions(client_of(n))
    yield "list of all (50)", lambda _: store.list_sessions()


def bare_append(connection: sqlite3.Connection, n: int) -> None:
    now = time.time()
    session, client = session_of(n), client_of(n)
    connection.execute("BEGIN IMMEDIATE")
    (count,) = connection.execute(
        "UPDATE sessions SET message_count = message_count + 2, last_accessed = ?, expires_at = ?"
        " WHERE session_id = ? AND client_id = ? RETURNING message_count",
        (now, now + TTL, session, client),
    ).fetchone()
    connection.execute("UPDATE session_totals SET messages = messages + 2 WHERE scope IN (?, '')", (client,))
    connection.executemany(
        "INSERT INTO messages (session_id, client_id, position, role, content, timestamp, tokens)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (session, client, count - 1, "user", QUESTION, now, 20),
            (session, client, count, "assistant", ANSWER, now, 20),
        ],
    )
    connection.execute("COMMIT")


def bare_history(connection: sqlite3.Connection, n: int) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT role, content FROM messages WHERE session_id = ? AND client_id = ? ORDER BY position DESC LIMIT 64",
        (session_of(n), client_of(n)),
    ).fetchall()


def run(rows: Rows, samples: int, size: int, named: Iterator[Named]) -> None:
    """Run the operations by turns, so that whatever else the machine does meets them all alike."""
    chosen = dict(named)
    order = random.Random(7)
    for _ in range(samples):
        for name, operation in chosen.items():
            n = order.randrange(size)
            started = time.perf_counter()
            operation(n)
            rows.setdefault(name, []).append(time.perf_counter() - started)


def report(results: dict[int, Rows]) -> None:
    print(f"\n{'operation':<36}{'sessions':>10}{'p50 ms':>9}{'p99 ms':>9}{'x smallest':>12}{'x bare':>8}")
    smallest = results[min(results)]
    for name in smallest:
        for size, rows in results.items():
            p50, p99 = percentile(rows[name], 50), percentile(rows[name], 99)
            growth = p50 / percentile(smallest[name], 50)
            print(f"{name:<36}{size:>10,}{p50:>9.3f}{p99:>9.3f}{growth:>12.2f}{beside_bare(rows, name, p50):>8}")


def beside_bare(rows: Rows, name: str, p50: float) -> str:
    base = name.removesuffix(", from disk").removesuffix(", from memory").removesuffix(", new session")
    bare = rows.get(f"{base} {BARE}")
    return f"{p50 / percentile(bare, 50):.2f}" if bare else ""


def percentile(seconds: list[float], percent: int) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000


if __name__ == "__main__":
    main()
