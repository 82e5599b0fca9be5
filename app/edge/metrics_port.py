"""Figures on a port of their own, for networks in which Prometheus reaches other ports than callers do."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.common.errors import StartupError

PATH = "/metrics"
SILENCE_SECONDS = 10.0


@contextmanager
def served(
    host: str, port: int, text: Callable[[], bytes], *, content_type: str, key: str | None
) -> Iterator[tuple[str, int]]:
    """Serve what `text` returns at PATH during the block; yields the address. With `key`, only to who sends it.

    Raises StartupError when the port is not free.
    """
    handler = type("Handler", (_Handler,), {"text": staticmethod(text), "content_type": content_type, "key": key})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError:
        raise StartupError(
            f"METRICS_PORT {port} of {host} cannot be opened; choose another, or another METRICS_HOST."
        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield str(server.server_address[0]), server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    text: Callable[[], bytes]
    content_type: str
    key: str | None
    timeout = SILENCE_SECONDS
    server_version = "metrics"
    sys_version = ""

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(404, b"The figures are at /metrics.\n")
        elif not self._may_read():
            self._answer(401, b"Send the admin key as 'Authorization: Bearer KEY'.\n")
        else:
            self._answer(200, self.text(), self.content_type)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: the figures are asked for every few seconds."""

    def _may_read(self) -> bool:
        if self.key is None:
            return True
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ") or self.headers.get("X-API-Key", "")
        return secrets.compare_digest(sent.encode(), self.key.encode())

    def _answer(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
