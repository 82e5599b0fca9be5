"""The demo speaks the service's API and says what to do when it cannot."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).resolve().parent.parent / "scripts" / "demo.py"
SOURCE = {"source": "owners-manual.pdf", "page": 4, "section": "", "score": 0.71, "citation": 1, "content": "..."}


class StandIn(ThreadingHTTPServer):
    """A service that keeps what it is asked and refuses callers without its key, when it has one."""

    def __init__(self, *, key: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = key
        self.requests: list[tuple[str, str, str]] = []
        self.chats: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        if path == "/health":
            return {"status": "healthy", "model": "extractive"}
        if path == "/api/v1/ingest/":
            documents = [{"filename": "a.pdf", "status": "ready", "pages": 8, "chunks": 20, "error": None}]
            return {"message": "1 document is ready", "client_id": "client_1", "documents": documents, "api_key": "new"}
        if method == "DELETE":
            return {"message": "deleted"}
        chat = json.loads(body)
        self.chats.append(chat)
        session = chat.get("session_id") or f"session-{len(self.chats)}"
        return {"response": "As the manual [1] says.", "session_id": session, "client_id": "c", "sources": [SOURCE]}


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        authorization = self.headers.get("Authorization", "")
        self.server.requests.append((self.command, self.path, authorization))
        refused = bool(self.server.key) and not authorization
        answer = {"detail": "no key"} if refused else self.server.answer(self.command, self.path, body)
        content = json.dumps(answer).encode()
        self.send_response(401 if refused else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815  # the names that the base class looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Stay quiet."""


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        thread = threading.Thread(target=stand_in.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stand_in
        stand_in.shutdown()
        thread.join()


def run_demo(url: str, *options: str, key: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "BASE_URL": url, "API_KEY": key, "COLUMNS": "100"}
    command = [sys.executable, str(DEMO), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_demo_uploads_the_samples_and_shows_answers_with_file_and_page(service: StandIn) -> None:
    result = run_demo(service.url)
    assert result.returncode == 0, result.stderr
    assert "As the manual [1] says." in result.stdout
    assert "owners-manual.pdf" in result.stdout
    assert len(service.chats) >= 6
    assert {chat["client_id"] for chat in service.chats} == {"client_1"}


def test_only_the_follow_up_goes_on_in_a_session(service: StandIn) -> None:
    run_demo(service.url)
    followed = [chat for chat in service.chats if "session_id" in chat]
    assert [chat["message"] for chat in followed] == ["And the Drover?"]


def test_the_key_made_for_the_new_client_is_used_from_then_on(service: StandIn) -> None:
    run_demo(service.url, key="admin")
    assert [key for _, _, key in service.requests[:3]] == ["Bearer admin", "Bearer admin", "Bearer new"]


def test_nothing_is_deleted_unless_asked_for(service: StandIn) -> None:
    run_demo(service.url)
    assert not [path for method, path, _ in service.requests if method == "DELETE"]


def test_cleanup_deletes_the_collection_and_every_session(service: StandIn) -> None:
    run_demo(service.url, "--cleanup")
    deleted = [path for method, path, _ in service.requests if method == "DELETE"]
    assert deleted[0] == "/api/v1/chat/collections/client_1"
    assert len(deleted) == len(service.chats)  # one session fewer than questions, and the collection


def test_a_service_that_wants_a_key_is_explained(service: StandIn) -> None:
    service.key = "secret"
    result = run_demo(service.url)
    assert result.returncode == 1
    assert "set API_KEY" in result.stderr


def test_without_a_service_the_demo_says_how_to_start_one() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = run_demo(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert result.returncode == 1
    assert "make run" in result.stderr
    assert "Traceback" not in result.stderr
