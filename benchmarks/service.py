"""The real service in a process of its own, with a stand-in for the language model in another one."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import Settings

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """A service that answers on `port` of loopback; `log` is its log, JSON lines."""

    port: int
    pid: int
    log: Path
    start_seconds: float

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection, kept alive between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def memory_mb(self) -> float:
        """Resident memory now, children included (the parsers)."""
        return memory_mb(self.pid) + sum(memory_mb(child) for child in children(self.pid))

    def events(self, message: str) -> list[dict[str, Any]]:
        """Return the log's events of this message."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """The caller's environment without any setting of the service, its files in `folder`, and `settings`."""
    names = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    paths = {
        "DATA_PATH": folder / "data",
        "SESSION_DB_PATH": folder / "data" / "sessions.db",
        "VECTOR_STORE_PATH": folder / "chroma",
        "LOG_FORMAT": "json",
    }
    ours = {**paths, **{name.upper(): value for name, value in settings.items()}}
    return kept | {"PYTHONPATH": str(ROOT)} | {name: str(value) for name, value in ours.items()}


def prepare(folder: Path) -> None:
    """Export the embedding model into the folder, so that no start pays for it."""
    subprocess.run([sys.executable, "-m", "app.prepare"], cwd=folder, env=environment(folder), check=True)


@contextmanager
def running(folder: Path, **settings: object) -> Iterator[Running]:
    """Start the service with its files in `folder`, and stop it when the block ends."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / f"service-{port}.log"
    with log.open("wb") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(folder, **settings), stderr=sink, stdout=sink)
        try:
            wait_for_health(process, port, log)
            yield Running(port, process.pid, log, time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait()


def wait_for_health(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"The service did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def stand_in(delay: float = 0.0) -> Iterator[str]:
    """A language model's stand-in that answers after `delay` seconds; yields what GROQ_API_BASE is set to."""
    command = [sys.executable, "-m", "tests.standin", str(delay)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()


def post_json(connection: http.client.HTTPConnection, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post and return the answer's JSON; anything but success ends the benchmark."""
    connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
    return _answer(connection)


def upload(connection: http.client.HTTPConnection, client_id: str, name: str, content: bytes) -> dict[str, Any]:
    """Upload one file and return the answer's JSON."""
    edge = "benchmark-form-boundary"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n{client_id}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    )
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={edge}"}
    connection.request("POST", "/api/v1/ingest/", body, headers)
    return _answer(connection)


def _answer(connection: http.client.HTTPConnection) -> dict[str, Any]:
    response = connection.getresponse()
    body = response.read()
    if response.status != http.client.OK:
        raise SystemExit(f"The service answered {response.status}: {body.decode()[:500]}")
    found: dict[str, Any] = json.loads(body)
    return found


def memory_mb(pid: int) -> float:
    """Resident memory of one process (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def children(pid: int) -> list[int]:
    """Child processes of one process, whichever of its threads began them (Linux)."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for threads_own in lists for child in threads_own.read_text().split()]


def percentile(values: list[float], share: int) -> float:
    """Return the value that `share` percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
