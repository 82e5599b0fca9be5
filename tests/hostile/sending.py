"""Sending hostile files to a service, and asking for its health meanwhile."""

import threading
import time
from typing import Any

import httpx
from fastapi.testclient import TestClient

from tests.hostile.corpus import Hostile

BOUNDARY = b"hostile-boundary"


class Health:
    """Asks for /health all the time, in a thread of its own; `seconds` are what each answer took."""

    def __init__(self, api: httpx.Client | TestClient) -> None:
        self.seconds: list[float] = []
        self.statuses: set[int] = set()
        self._api = api
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            started = time.perf_counter()
            self.statuses.add(self._api.get("/health").status_code)
            self.seconds.append(time.perf_counter() - started)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def send(api: httpx.Client | TestClient, hostile: Hostile, client_id: str) -> Any:
    """Upload a file under a name of any bytes, as a client may send them and libraries do not."""
    head = b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
    body = head % (BOUNDARY, b"client_id", b"") + client_id.encode() + b"\r\n"
    body += head % (BOUNDARY, b"files", b'; filename="%s"' % hostile.name) + hostile.content
    body += b"\r\n--%s--\r\n" % BOUNDARY
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
    return api.post("/api/v1/ingest/", content=body, headers=headers)


def outcome(response: Any) -> str:
    """Return what became of a file; `read` also where only the client's limit of chunks was in its way."""
    if response.status_code == 200:
        return "read"
    code = str(response.json()["code"])
    return "read" if code == "limit_chunks" else code
