"""A real process is told to stop: what is under way ends in order, and the process with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import httpx
import httpx_sse
import pytest

from app.common.ids import ClientId
from app.services.catalog.store import Catalog
from tests.api import TEXT
from tests.edge.wires import Wire, status
from tests.standin import Hang, Reply, StandIn
from tests.waiting import PATIENCE, wait_for

ROOT = Path(__file__).parents[2]
ENDED = (0, -signal.SIGTERM)
HALF_AN_UPLOAD = (
    b"POST /api/v1/ingest/ HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b'Content-Length: 9000\r\n\r\n--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nThe'
)
PAGES = "The crane lifts forty tonnes, and then it rests for a while. " * 2000
ASKED = {"message": "What does the crane lift?", "client_id": "harbour", "use_memory": False}

AGENTS_QUESTION = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "ask", "arguments": {"question": "What does the crane lift?"}},
}


class Process:
    """The service; `stop` sends the signal. Use as a context manager."""

    def __init__(self, folder: Path, *flags: str, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        paths = {"DATA_PATH": "data", "SESSION_DB_PATH": "data/sessions.db", "VECTOR_STORE_PATH": "chroma"}
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.edge.server", str(port), *flags],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **paths, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        wait_for(self._is_up)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _is_up(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/health/ready").is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Tell it to stop, as an operator or Docker does."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        return self._process.wait(PATIENCE)


class Call(threading.Thread):
    """A request in the background; `answer` is there when it is joined."""

    def __init__(self, url: str, **request: Any) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._request = request
        self.answer: httpx.Response | None = None
        self.start()

    def run(self) -> None:
        self.answer = httpx.post(self._url, timeout=PATIENCE, **self._request)

    def result(self) -> httpx.Response:
        """Wait for the answer."""
        self.join(PATIENCE)
        assert self.answer is not None
        return self.answer


class Stream(threading.Thread):
    """Server-sent events, read in the background."""

    def __init__(self, method: str, url: str, **request: Any) -> None:
        super().__init__(daemon=True)
        self._call = (method, url, request)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.start()

    def run(self) -> None:
        method, url, request = self._call
        with httpx.Client(timeout=PATIENCE) as http, httpx_sse.connect_sse(http, method, url, **request) as source:
            for event in source.iter_sse():
                self.events.append((event.event, json.loads(event.data)))


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


def _upload(url: str, text: str = TEXT, query: str = "") -> httpx.Response:
    files, fields = {"files": ("crane.txt", text.encode())}, {"client_id": "harbour"}
    return httpx.post(f"{url}/api/v1/ingest/{query}", files=files, data=fields, timeout=PATIENCE)


def _model(standin: StandIn) -> dict[str, str]:
    return {"LLM_PROVIDER": "openai", "LLM_BASE_URL": standin.openai_base_url, "NO_ANSWER": "model"}


def test_answers_are_given_to_their_end_or_told_that_time_is_over(tmp_path: Path, standin: StandIn) -> None:
    with Process(tmp_path, "--timeout-graceful-shutdown", "8", **_model(standin)) as process:
        assert _upload(process.url).is_success
        answer = Reply("It lifts forty tonnes [1].", word_delay=0.4)
        standin.script(Hang(after_words=1), Hang(after_words=1), Hang(), Hang(), answer)
        stream = Stream("POST", f"{process.url}/api/v1/chat/stream", json=ASKED)
        wait_for(lambda: len(stream.events) > 1)
        openai = {"model": "harbour", "messages": [{"role": "user", "content": "What does it lift?"}], "stream": True}
        streamed = Call(f"{process.url}/v1/chat/completions", json=openai)
        standin.wait_until(lambda it: it.open_calls == 2)
        plain = Call(f"{process.url}/api/v1/chat/", json=ASKED)
        standin.wait_until(lambda it: it.open_calls == 3)
        accepted = {"Accept": "application/json, text/event-stream"}
        agent = Call(f"{process.url}/mcp?client_id=harbour", json=AGENTS_QUESTION, headers=accepted)
        standin.wait_until(lambda it: it.open_calls == 4)
        quick = Stream("POST", f"{process.url}/api/v1/chat/stream", json=ASKED)
        standin.wait_until(lambda it: it.open_calls == 5)
        process.stop()
        stream.join(PATIENCE)
        assert quick.events[-1][0] == "done"
        kind, problem = stream.events[-1]
        assert (kind, problem["code"]) == ("error", "shutting_down")
        assert problem["retry_after"]
        assert '"code":"shutting_down"' in streamed.result().text
        assert (plain.result().status_code, plain.result().json()["code"]) == (503, "shutting_down")
        assert plain.result().headers["retry-after"]
        told = agent.result().json()["result"]
        assert (told["isError"], "(code: shutting_down)" in told["content"][0]["text"]) == (True, True)
        assert process.wait() in ENDED


def test_uploads_are_told_to_come_again_and_leave_nothing(tmp_path: Path) -> None:
    uploads = tmp_path / "data" / "uploads"
    with Process(tmp_path, EMBEDDING_PAUSE="0.2") as process, Wire(process.url) as arriving:
        route = f"{process.url}/api/v1/ingest/"
        job = _upload(process.url, "A job's file. " + PAGES, query="?async=true").json()
        events = Stream("GET", f"{route}jobs/{job['job_id']}/events")
        worked_on = Call(route, files={"files": ("crane.txt", PAGES.encode())}, data={"client_id": "harbour"})
        wait_for(lambda: len(list(uploads.iterdir())) == 2)
        wait_for(lambda: any(event.get("stage") == "embedding" for _, event in events.events))
        arriving.send(HALF_AN_UPLOAD)
        process.stop()
        answer = arriving.everything()
        assert (status(answer), b'"code":"shutting_down"' in answer) == (503, True)
        assert (worked_on.result().status_code, worked_on.result().json()["code"]) == (503, "shutting_down")
        assert worked_on.result().headers["retry-after"]
        events.join(PATIENCE)
        assert (events.events[-1][0], events.events[-1][1]["code"]) == ("error", "shutting_down")
        assert process.wait() in ENDED
    # The job's file waits for the next start; of the others nothing is left.
    assert len(list(uploads.iterdir())) == 1
    with closing(Catalog.open(tmp_path / "data" / "catalog.db")) as catalog:
        assert catalog.count_documents(ClientId("harbour")) == 0
