"""A normal client beside a hostile one: `python -m benchmarks.neighbours [--seconds 15] [--minutes 10]`.

The normal client searches and asks for /health, one after the other; the hostile one does, one kind at a time: 150
uploads of the same bytes at once, 200 questions while the language model takes 15 s, 100 searches of 8,000 characters
for 50 passages, and 40 files that keep a reader busy. Each phase is compared with a quiet one before it, in the same
run. With `--minutes` the kinds follow each other for so long, after as long a quiet time as one kind gets. With
`--extractive` questions are answered by quotes: no language model takes part.

Service, normal and hostile client are processes of their own; the hostile one is at the lowest priority, since in life
it is another machine.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.service import ROOT, Running, percentile, prepare, running, stand_in, upload
from tests.documents import pdf

NORMAL, HOSTILE = "normal-client", "hostile-client"
VENDOR_SECONDS = 15
SETTLE_SECONDS = 2.0
PAUSE_SECONDS = 0.02
WORDS = ["".join(random.Random(n).choices("abcdefghijklmnoprstuvw", k=4 + n % 7)) for n in range(3000)]


# What the clients send


def text(seed: str, characters: int) -> str:
    """Return made-up words, the same for one seed."""
    chosen = random.Random(seed)
    words: list[str] = []
    while sum(map(len, words)) + len(words) < characters:
        words += [*chosen.choices(WORDS, k=11), "the.\n" if len(words) % 60 == 0 else "and"]
    return " ".join(words)[:characters]


async def post(port: int, path: str, body: bytes, kind: str = "application/json") -> int:
    """Post over a connection of its own and return the status; 0 when the connection broke."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {kind}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return int(answer[9:12])
    except (OSError, ValueError):
        return 0


def post_json(port: int, path: str, **body: Any) -> Awaitable[int]:
    return post(port, path, json.dumps(body).encode())


def post_file(port: int, client_id: str, name: str, content: bytes, query: str = "") -> Awaitable[int]:
    edge = "neighbours-boundary"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n{client_id}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    )
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    return post(port, f"/api/v1/ingest/{query}", body, f"multipart/form-data; boundary={edge}")


# The hostile client


async def same_uploads(port: int, number: int) -> list[int]:
    content = text(f"upload {number} {time.time()}", 40_000).encode()
    return await asyncio.gather(*(post_file(port, HOSTILE, "same.txt", content) for _ in range(150)))


async def questions(port: int, number: int) -> list[int]:
    asked = (text(f"question {number} {n}", 60) + " documents?" for n in range(200))
    chat = partial(post_json, port, "/api/v1/chat/", client_id=HOSTILE, use_memory=False)
    return await asyncio.gather(*(chat(message=message) for message in asked))


async def long_searches(port: int, number: int) -> list[int]:
    asked = (text(f"long {number} {n}", 8000) for n in range(100))
    search = partial(post_json, port, "/api/v1/search", client_id=HOSTILE, top_k=50)
    return await asyncio.gather(*(search(query=query) for query in asked))


async def long_chats(port: int, number: int) -> list[int]:
    asked = (text(f"long {number} {n}", 8000) for n in range(100))
    chat = partial(post_json, port, "/api/v1/chat/", client_id=HOSTILE, top_k=50, use_memory=False)
    return await asyncio.gather(*(chat(message=message) for message in asked))


async def slow_files(port: int, number: int) -> list[int]:
    slow = pdf(*["\n".join([f"one line of many {number}"] * 200)] * 400)
    files = (slow + f"\n% {time.time()} {n}".encode() for n in range(40))
    return await asyncio.gather(*(post_file(port, HOSTILE, f"slow{n}.pdf", file) for n, file in enumerate(files)))


KINDS: dict[str, Callable[[int, int], Awaitable[list[int]]]] = {
    "150 uploads of the same bytes": same_uploads,
    "200 questions, the model takes 15 s": questions,
    "100 searches of 8,000 characters, top_k 50": long_searches,
    "100 quoted answers to 8,000 characters, top_k 50": long_chats,
    "40 slow files": slow_files,
}
WITH_MODEL = [kind for kind in KINDS if KINDS[kind] is not long_chats]
EXTRACTIVE = [kind for kind in KINDS if KINDS[kind] not in (questions, long_searches)]


async def attack(port: int, kind: str) -> None:
    """Do one kind of thing again and again until killed; print the statuses of each round."""
    os.nice(19)
    for number in range(1_000_000):
        print(json.dumps(Counter(await KINDS[kind](port, number))), flush=True)


# The normal client


async def live(port: int, seconds: float) -> dict[str, list[float]]:
    """Search and ask for /health by turns over kept connections; return the milliseconds of each answer."""
    connection = await asyncio.open_connection("127.0.0.1", port)
    times: dict[str, list[float]] = {"search": [], "health": []}
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number += 1
        body = json.dumps({"client_id": NORMAL, "query": text(f"normal {number}", 50)}).encode()
        for name, head in (("search", b"POST /api/v1/search"), ("health", b"GET /health")):
            started = time.perf_counter()
            await _ask(connection, head, body if name == "search" else b"")
            times[name].append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(PAUSE_SECONDS)
    return times


async def _ask(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], head: bytes, body: bytes) -> None:
    reader, writer = connection
    fields = b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    writer.write(head + fields + body)
    answered = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in answered.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    answer = await reader.readexactly(int(length.partition(b":")[2]))
    if answered[9:12] != b"200":
        raise SystemExit(f"The normal client was answered {answered[9:12].decode()}: {answer[:300].decode()}")


async def intake(port: int) -> str:
    """Upload a small file at once and one in the background; tell what became of them."""
    started = time.monotonic()
    status = await post_file(port, NORMAL, "own.txt", text(f"own {time.time()}", 500).encode())
    seconds = time.monotonic() - started
    taken = await post_file(port, NORMAL, "job.txt", text(f"job {time.time()}", 500).encode(), "?async=true")
    return f"its own upload {status} in {seconds:.1f} s, its job {taken}"


# Putting them beside each other


@dataclass
class Phase:
    """The normal client's milliseconds in one phase, and how the hostile one was answered."""

    name: str
    times: dict[str, list[float]]
    load: float
    statuses: Counter[str] = field(default_factory=Counter)
    note: str = ""


def child(*words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.neighbours", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def normal(port: int, seconds: float) -> dict[str, list[float]]:
    with child("--child", "live", port, seconds) as process:
        times: dict[str, list[float]] = json.loads(process.communicate()[0])
    return times


@contextmanager
def hostile(port: int, kind: str) -> Iterator[Counter[str]]:
    """Let the hostile client do its worst during the block; the counter has its statuses afterwards."""
    statuses: Counter[str] = Counter()
    with child("--child", "attack", port, kind) as process:
        try:
            time.sleep(SETTLE_SECONDS)
            yield statuses
        finally:
            process.kill()
            for line in process.communicate()[0].splitlines():
                statuses.update(json.loads(line))


def beside(service: Running, kind: str, seconds: float) -> Phase:
    print(f"{time.strftime('%H:%M:%S')} {kind}", flush=True)
    with hostile(service.port, kind) as statuses:
        note = asyncio.run(intake(service.port)) if kind == "40 slow files" else ""
        times = normal(service.port, seconds)
    phase = Phase(kind, times, os.getloadavg()[0], statuses, note)
    time.sleep(SETTLE_SECONDS)
    return phase


def report(console: Console, quiet: Phase, phases: list[Phase]) -> None:
    table = Table(title="The normal client, milliseconds")
    for heading in ("phase", "asked", "search p50", "p99", "x quiet", "health p50", "p99", "x quiet", "load"):
        table.add_column(heading)
    for phase in (quiet, *phases):
        cells = [phase.name, str(len(phase.times["search"]))]
        for name in ("search", "health"):
            p99, before = percentile(phase.times[name], 99), percentile(quiet.times[name], 99)
            cells += [f"{percentile(phase.times[name], 50):.0f}", f"{p99:.0f}", f"{p99 / before:.1f}"]
        table.add_row(*cells, f"{phase.load:.1f}")
    console.print(table)
    for phase in phases:
        console.print(f"{phase.name}: the hostile client was answered {dict(phase.statuses)} {phase.note}")


def soak(service: Running, kinds: list[str], *, seconds: float, minutes: float) -> Phase:
    """Let the kinds follow each other for so many minutes."""
    whole = Phase("soak", {"search": [], "health": []}, 0.0)
    end = time.monotonic() + 60 * minutes
    for kind in cycle(kinds):
        if time.monotonic() > end:
            return whole
        phase = beside(service, kind, seconds)
        for name, times in phase.times.items():
            whole.times[name] += times
        whole.statuses += phase.statuses
        whole.load = max(whole.load, phase.load)
    raise AssertionError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0, help="for each phase")
    parser.add_argument("--minutes", type=float, default=0.0, help="soak for so long instead")
    parser.add_argument("--extractive", action="store_true", help="without a language model")
    parser.add_argument("--kinds", default="", help="only those whose names hold this")
    arguments = parser.parse_args()
    kinds = [kind for kind in (EXTRACTIVE if arguments.extractive else WITH_MODEL) if arguments.kinds in kind]
    console = Console(width=150)
    with tempfile.TemporaryDirectory() as name, stand_in(VENDOR_SECONDS) as vendor:
        prepare(Path(name))
        model = (
            {"llm_provider": "extractive"} if arguments.extractive else {"groq_api_key": "x", "groq_api_base": vendor}
        )
        with running(Path(name), pdf_engine="pypdf", **model) as service:
            for client in (NORMAL, HOSTILE):
                upload(service.connect(), client, "words.txt", text(client, 60_000).encode())
            normal(service.port, SETTLE_SECONDS)
            quiet = Phase("quiet", normal(service.port, arguments.seconds), os.getloadavg()[0])
            if arguments.minutes:
                phases = [soak(service, kinds, seconds=arguments.seconds, minutes=arguments.minutes)]
            else:
                phases = [beside(service, kind, arguments.seconds) for kind in kinds]
    report(console, quiet, phases)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        if sys.argv[2] == "attack":
            asyncio.run(attack(int(sys.argv[3]), sys.argv[4]))
        print(json.dumps(asyncio.run(live(int(sys.argv[3]), float(sys.argv[4])))))
    else:
        main()
