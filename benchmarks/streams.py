"""Streams: how late the words arrive, against reading the language model's stand-in directly: `streams`.

The service runs in a process of its own, the readers in another; the stand-in sends a word every 50 ms and, as the
first one, the time at which it is sent (all processes share one monotonic clock).
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from benchmarks.service import ROOT, percentile, prepare, running, upload
from tests.standin import Reply, StandIn

WORD_DELAY = 0.05
WORDS = 40
CROWD = 100
LEAVERS = 10
CLIENT = "bench-streams"
TEXT = b"The harbour crane lifts forty tonnes. It was built in 1962 by the Oskarsson works.\n"
CHAT = {"message": "How much does the harbour crane lift?", "client_id": CLIENT, "use_memory": False}
VENDOR = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "How much?"}]}


def main() -> None:
    """Print one table and one line."""
    with tempfile.TemporaryDirectory() as name, StandIn() as standin:
        folder = Path(name)
        prepare(folder)
        standin.behave = lambda _: Reply(
            f"{time.monotonic() + WORD_DELAY:.6f} " + "word " * WORDS, word_delay=WORD_DELAY
        )
        with running(folder, groq_api_key="bench", groq_api_base=standin.base_url) as service:
            upload(service.connect(), CLIENT, "crane.txt", TEXT)
            ours = f"http://127.0.0.1:{service.port}/api/v1/chat/stream"
            theirs = f"{standin.base_url}/chat/completions"
            _read(ours, CHAT, 1)  # the first call makes the connection
            table = Table(title=f"A word every {WORD_DELAY * 1000:.0f} ms, {WORDS} words: milliseconds")
            for heading in (
                "way",
                "streams",
                "first delta late",
                "p95",
                "longest gap, median",
                "p95",
                "whole, median",
                "p95",
            ):
                table.add_column(heading)
            for count, rounds in ((1, 10), (CROWD, 1)):
                for way, url, body in (("stand-in (baseline)", theirs, VENDOR), ("service", ours, CHAT)):
                    results = [result for _ in range(rounds) for result in _read(url, body, count)]
                    columns = ("late", "gap", "whole")
                    figures = [pick([r[c] * 1000 for r in results]) for c in columns for pick in (median, _p95)]
                    table.add_row(way, str(count), *(f"{figure:.0f}" for figure in figures))
            freed = sorted(_leave(ours, standin) for _ in range(LEAVERS))
    console = Console(width=130)
    console.print(table)
    console.print(
        f"A reader who leaves frees the slot after {median(freed):.0f} ms (median), {freed[-1]:.0f} ms (longest)"
    )


def _p95(values: Sequence[float]) -> float:
    return percentile(list(values), 95)


def _read(url: str, body: dict[str, Any], count: int) -> list[dict[str, float]]:
    """Read `count` streams at once, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.streams", "read", url, json.dumps(body), str(count), "0"]
    loaded: list[dict[str, float]] = json.loads(
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    )
    return loaded


def _leave(url: str, standin: StandIn) -> float:
    """Read three words and leave; returns the milliseconds until the stand-in's call has ended."""
    command = [sys.executable, "-m", "benchmarks.streams", "read", url, json.dumps(CHAT), "1", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as reader:
        standin.wait_until(lambda s: s.open_calls == 1, timeout=30)
        standin.wait_until(lambda s: s.open_calls == 0, timeout=30)
        freed = time.monotonic()
        (result,) = json.loads(reader.communicate()[0])
    return float(freed - result["left"]) * 1000


async def _readers(url: str, body: str, count: int, words: int) -> list[dict[str, float]]:
    return await asyncio.gather(*(_reader(url, body.encode(), words) for _ in range(count)))


async def _reader(url: str, body: bytes, words: int) -> dict[str, float]:
    """Read one stream, or only so many words of it."""
    address = urlsplit(url)
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {address.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    times, sent = [], 0.0
    while (line := await reader.readline()) and not line.startswith((b"event: done", b"data: [DONE]")):
        if line.startswith(b"HTTP/") and b"200" not in line:
            raise SystemExit(f"The service answered {line.decode()}")
        if not (text := _text(line)):
            continue
        sent = sent or float(text.split()[0])
        times.append(time.monotonic())
        if len(times) == words:
            break
    writer.transport.abort()
    gaps = [late - early for early, late in pairwise(times)]
    left = time.monotonic()
    return {"late": times[0] - sent, "gap": max(gaps, default=0.0), "whole": left - started, "left": left}


def _text(line: bytes) -> str:
    """Return the words that a line of either stream brings."""
    if not line.startswith(b"data: {"):
        return ""
    data = json.loads(line[6:])
    if "choices" in data:
        return str(data["choices"][0]["delta"].get("content", "")) if data["choices"] else ""
    return str(data["text"]) if data["type"] == "delta" else ""


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        print(json.dumps(asyncio.run(_readers(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))))
    else:
        main()
