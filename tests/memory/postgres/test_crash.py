"""Two processes store turns in the same sessions; one of them, or the server, is killed at any moment."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from app.common.ids import ClientId
from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.memory.postgres import PostgresSessionStore
from tests.memory.contract_at_once import assert_whole
from tests.postgres_server import PostgresServer, postgres_server
from tests.waiting import wait_for

ROOT = Path(__file__).parents[3]
ROUNDS = 4
ANNA = ClientId("anna")

WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.common.postgres.database import PostgresDatabase
from app.memory.postgres import PostgresSessionStore

store = PostgresSessionStore(PostgresDatabase.open(sys.argv[1]), ttl=3600)

def write(thread):
    for number in range(1_000_000):
        name = f"{sys.argv[2]} {thread} {number}"
        try:
            store.append_turn(ClientId("anna"), f"s{number % 3}", f"q {name}", f"a {name}")
        except Unavailable:
            continue
        sys.stdout.write(f"{name}\\n")
        sys.stdout.flush()

with ThreadPoolExecutor(2) as pool:
    list(pool.map(write, range(2)))
"""


@contextmanager
def writer(address: str, name: str, acknowledged: Path) -> Iterator[subprocess.Popen[bytes]]:
    with acknowledged.open("ab") as file:
        process = subprocess.Popen([sys.executable, "-c", WRITER, address, name], stdout=file, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def questions_in(acknowledged: Path) -> set[str]:
    """Return what is acknowledged; a line that the kill cut off is not."""
    return {f"q {line.strip()}" for line in acknowledged.read_text().splitlines(keepends=True) if line.endswith("\n")}


def grown(file: Path, size: int) -> bool:
    return file.exists() and file.stat().st_size > size


def run_and_kill(server: PostgresServer, address: str, folder: Path, number: int, die: random.Random) -> None:
    """Let two processes write until one of them, or the server, is killed; the survivors go on for a while."""
    files = [folder / f"{number}-{name}" for name in range(2)]
    with ExitStack() as stack:
        writers = [stack.enter_context(writer(address, file.name, file)) for file in files]
        for file in files:
            wait_for(lambda file=file: grown(file, die.randrange(200, 4000)))  # type: ignore[misc]
        if number % 2:
            server.kill()
            server.start()
        else:
            writers[0].kill()
        sizes = [file.stat().st_size for file in files]
        for file, size in list(zip(files, sizes, strict=True))[1 - number % 2 :]:
            wait_for(lambda file=file, size=size: grown(file, size + 500))  # type: ignore[misc]


def test_no_acknowledged_turn_is_lost_and_none_is_torn(tmp_path: Path) -> None:
    die = random.Random(14)
    with postgres_server(durable=True) as server:
        address = driver_address(server.new_database())
        for number in range(ROUNDS):
            run_and_kill(server, address, tmp_path, number, die)
        acknowledged = set().union(*(questions_in(file) for file in tmp_path.iterdir()))
        with closing(PostgresSessionStore(PostgresDatabase.open(address), ttl=3600)) as store:
            exports = [store.export(ANNA, session) for session in store.active_ids()]
    found: set[str] = set()
    for conversation in exports:
        assert_whole(conversation.messages)
        assert conversation.session.message_count == len(conversation.messages)
        found |= {message.content for message in conversation.messages if message.role == "user"}
    assert len(acknowledged) > 20 * ROUNDS
    assert acknowledged <= found
