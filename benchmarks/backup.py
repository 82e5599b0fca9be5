"""Takes backups of a service at work: how long writers wait, what it costs chats, and what kills leave.

    python -m benchmarks.backup [--mb 1000] [--clients 200]
    python -m benchmarks.backup --kills 20 [--seed 1]

The first makes a service with so many clients, and so much filler in Chroma's database that its data has the size; then
chats that are stored and uploads go on one after the other, before a backup, during three and after them. The second
kills the service and restores at random moments; see tests/crash/backups.py.
"""

import argparse
import sqlite3
import statistics
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx

from app.commands.backup import back_up, restore_file
from app.commands.remote import Remote
from app.common.disk import size_of
from app.services.backup.restoring import verify
from tests.crash.backups import back_up_again_and_again
from tests.crash.driver import Launcher, Server

PAUSE = 0.02
BLOB = 1 << 20


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=int, default=1000)
    options.add_argument("--clients", type=int, default=200)
    options.add_argument("--kills", type=int, default=0, help="rounds with kills, and nothing else")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.kills:
            found = back_up_again_and_again(folder, rounds=given.kills, seed=given.seed)
            for field in ("backups", "cut_off", "restored", "killed", "documents", "rebuilds", "wrong"):
                print(f"{field:<20} {getattr(found, field)}")
            print(f"{'held, longest (ms)':<20} {max(found.held_ms, default=0)}")
            raise SystemExit(1 if found.wrong else 0)
        measure(folder, clients=given.clients, megabytes=given.mb)


def measure(folder: Path, *, clients: int, megabytes: int) -> None:
    data = folder / "service"
    data.mkdir()
    with Launcher() as launcher:
        server = Server(launcher, data)
        with server.client() as http:
            for number in range(clients):
                upload(http, f"client-{number}", f"Crane {number} lifts {number} tonnes.")
        server.stop()
        with closing(sqlite3.connect(data / "chroma" / "chroma.sqlite3")) as database, database:
            database.execute("CREATE TABLE filler (content BLOB)")
            database.executemany("INSERT INTO filler VALUES (randomblob(?))", [(BLOB,)] * megabytes)
        print(f"{'data (MB)':<40} {size_of(data) >> 20}")
        server = Server(launcher, data)
        try:
            compare(server, folder)
        finally:
            server.stop()


def compare(server: Server, folder: Path) -> None:
    with server.client() as http:
        show("alone", during(http, lambda: threading.Event().wait(20)))
        for turn in range(3):
            file = folder / f"{turn}.tar"
            started = time.perf_counter()

            def take(file: Path = file) -> None:
                with Remote(server.url, api_key=None) as remote:
                    back_up(remote, file, lambda _: None)

            show(f"during backup {turn + 1}", during(http, take))
            print(f"{'backup (s)':<40} {time.perf_counter() - started:.1f}")
            with file.open("rb") as opened:
                summary = verify(opened).summary
            print(f"{'the catalog was held (ms)':<40} {summary.held_ms}")
            print(f"{'indexes to rebuild':<40} {summary.indexes_to_rebuild}")
            if turn:
                file.unlink()
    started = time.perf_counter()
    restore_file(folder / "0.tar", folder / "restored", lambda _: None)
    print(f"{'restore (s)':<40} {time.perf_counter() - started:.1f}")


def during(http: httpx.Client, work: object) -> dict[str, list[float]]:
    """Chat and upload one after the other while `work` runs; return the seconds of each."""
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    seconds: dict[str, list[float]] = {"chat": [], "upload": []}
    number = 0
    while thread.is_alive():
        number += 1
        begun = time.perf_counter()
        body = {"message": "What does crane 7 lift?", "client_id": "client-7", "session_id": f"s-{number % 50}"}
        http.post("/api/v1/chat/", json=body).raise_for_status()
        seconds["chat"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        upload(http, "writer", f"Number {number} of {time.time()}.")
        seconds["upload"].append(time.perf_counter() - begun)
        time.sleep(PAUSE)
    thread.join()
    return seconds


def upload(http: httpx.Client, client_id: str, text: str) -> None:
    files = {"files": ("crane.txt", text.encode())}
    http.post("/api/v1/ingest/", files=files, data={"client_id": client_id}).raise_for_status()


def show(when: str, seconds: dict[str, list[float]]) -> None:
    for kind, taken in seconds.items():
        middle, longest = statistics.median(taken) * 1000, max(taken) * 1000
        print(f"{f'{kind} {when}, median and longest (ms)':<40} {middle:.0f} {longest:.0f}   ({len(taken)})")


if __name__ == "__main__":
    main()
