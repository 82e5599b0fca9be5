"""What a request may write is settled when it begins: clients erased, or keys revoked, while its body arrives."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.api import TEXT, app_in
from tests.serving import serving
from tests.waiting import PATIENCE, wait_for

ADMIN = {"X-API-Key": "admin-key-of-this-test"}
SESSION, QUESTION = "talk", "What does the crane lift?"
EDGE = "an-edge-of-parts"
MULTIPART = f"multipart/form-data; boundary={EDGE}"


class Arrivals:
    """The app, and how many requests have reached it whose bodies are still on their way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.begun = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""

        async def noting() -> Message:
            message = await receive()
            self.begun += bool(message.get("more_body"))
            return message

        await self._app(scope, noting, send)


@dataclass
class Service:
    """The service in locked mode, spoken to over HTTP."""

    api: httpx.Client
    arrivals: Arrivals
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    def fill(self, client_id: str) -> None:
        """Make the client, with a document and a conversation."""
        key = self.api.post("/api/v1/clients", json={"client_id": client_id}, headers=ADMIN).json()["api_key"]
        self.keys[client_id] = {"X-API-Key": key}
        file = {"files": ("crane.txt", f"{TEXT} For {client_id}.".encode())}
        assert self.api.post("/api/v1/ingest/", files=file, headers=self.keys[client_id]).status_code == 200
        asked = {"message": QUESTION, "session_id": SESSION}
        assert self.api.post("/api/v1/chat/", json=asked, headers=self.keys[client_id]).status_code == 200

    def late(self, request: "Late", headers: dict[str, str], meanwhile: Callable[[], None]) -> httpx.Response:
        """Send half of the body, do something else, send the rest, and return the answer."""
        go_on, before = threading.Event(), self.arrivals.begun
        half = len(request.body) // 2

        def body() -> Iterator[bytes]:
            yield request.body[:half]
            assert go_on.wait(PATIENCE)
            yield request.body[half:]

        with ThreadPoolExecutor(1) as pool:
            sent = headers | {"Content-Type": request.kind}
            answer = pool.submit(self.api.request, request.method, request.path, content=body(), headers=sent)
            wait_for(lambda: self.arrivals.begun > before)
            meanwhile()
            go_on.set()
            return answer.result(PATIENCE)

    def erase(self, client_id: str) -> None:
        """Erase the client."""
        assert self.api.delete(f"/api/v1/clients/{client_id}", headers=ADMIN).status_code == 200

    def seen(self, client_id: str) -> dict[str, Any]:
        """Everything of the client that a late request might have changed."""
        paths = ("", "/keys", "/settings")
        found = {path: self.api.get(f"/api/v1/clients/{client_id}{path}", headers=ADMIN).json() for path in paths}
        for path in ("documents", "sessions", "ingest/jobs"):
            found[path] = self.api.get(f"/api/v1/{path}?client_id={client_id}", headers=ADMIN).json()
        for each in [found[""], *found["/keys"].get("keys", [])]:
            for own in ("request_id", "last_used_at"):
                each.pop(own, None)
        return found


@pytest.fixture(scope="module", params=["chroma", pytest.param("pgvector", marks=pytest.mark.postgres)])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_stores: Any
) -> Iterator[Service]:
    folder, shared = tmp_path_factory.mktemp("late"), {}
    if request.param == "pgvector":
        address = request.getfixturevalue("postgres").new_database()
        shared = {"vector_store_type": "pgvector", "database_url": address}
    arrivals = Arrivals(app_in(folder, new_stores, admin_api_key=ADMIN["X-API-Key"], **shared))
    with serving(arrivals) as url, httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as api:
        yield Service(api, arrivals)


@dataclass(frozen=True)
class Late:
    """A request that writes, about the client `leaving`."""

    method: str
    path: str
    body: bytes
    kind: str = "application/json"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def form(client_id: str | None = None) -> bytes:
    named = f'--{EDGE}\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n{client_id}\r\n' if client_id else ""
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="files"; filename="late.txt"\r\n\r\n'
    return f"{named}{head}{'It comes too late. ' * 20}\r\n--{EDGE}--\r\n".encode()


def as_json(**values: object) -> bytes:
    return json.dumps(values).encode()


WRITES = [
    Late("POST", "/api/v1/ingest/", form("leaving"), MULTIPART),
    Late("POST", "/api/v1/ingest/?async=true", form("leaving"), MULTIPART),
    Late("PUT", "/api/v1/documents/{document_id}?client_id=leaving", form(), MULTIPART),
    Late("POST", "/api/v1/chat/", as_json(message=QUESTION, session_id=SESSION, client_id="leaving")),
    Late("PATCH", "/api/v1/documents/{document_id}?client_id=leaving", as_json(tags=["of-the-life-before"])),
    Late("PATCH", f"/api/v1/sessions/{SESSION}?client_id=leaving", as_json(title="Of the life before")),
    Late("PUT", "/api/v1/clients/leaving/settings", as_json(language="Danish", top_k=3)),
]
BY_ADMIN = [
    Late("POST", "/api/v1/clients/leaving/keys", as_json(label="late", expires_in=1000)),
    Late("POST", "/api/v1/clients", as_json(client_id="leaving")),
]


@pytest.fixture
def leaving(service: Service) -> Iterator[Service]:
    """The service with a client that ends."""
    service.fill("leaving")
    yield service
    service.api.delete("/api/v1/clients/leaving", headers=ADMIN)


def _addressed(service: Service, late: Late) -> Late:
    documents = service.api.get("/api/v1/documents?client_id=leaving", headers=ADMIN).json()["documents"]
    return Late(late.method, late.path.format(document_id=documents[0]["document_id"]), late.body, late.kind)


@pytest.mark.parametrize("late", WRITES + BY_ADMIN, ids=str)
def test_what_began_before_an_erasure_writes_nothing_into_the_life_after_it(leaving: Service, late: Late) -> None:
    new: dict[str, Any] = {}

    def erase_and_begin_anew() -> None:
        leaving.erase("leaving")
        leaving.fill("leaving")
        new.update(leaving.seen("leaving"))

    answer = leaving.late(_addressed(leaving, late), ADMIN, erase_and_begin_anew)
    replaced = "{document_id}" in late.path  # that document is gone
    assert answer.status_code == (404 if replaced else 409), answer.text
    assert leaving.seen("leaving") == new


@pytest.mark.parametrize("late", WRITES + BY_ADMIN, ids=str)
def test_an_erased_client_does_not_come_back(leaving: Service, late: Late) -> None:
    answer = leaving.late(_addressed(leaving, late), ADMIN, lambda: leaving.erase("leaving"))
    assert answer.status_code in (404, 409), answer.text
    assert leaving.api.get("/api/v1/clients/leaving", headers=ADMIN).status_code == 404
    assert leaving.api.get("/api/v1/documents?client_id=leaving", headers=ADMIN).json()["documents"] == []


@pytest.mark.parametrize("late", WRITES, ids=str)
def test_a_key_revoked_while_the_body_arrives_writes_nothing(leaving: Service, late: Late) -> None:
    key_id = leaving.keys["leaving"]["X-API-Key"].split("_")[1]

    def revoke() -> None:
        gone = leaving.api.delete(f"/api/v1/clients/leaving/keys/{key_id}", headers=ADMIN)
        assert gone.status_code == 200

    before = leaving.seen("leaving")
    answer = leaving.late(_addressed(leaving, late), leaving.keys["leaving"], revoke)
    assert answer.status_code == 401, answer.text
    after = leaving.seen("leaving")
    assert after.pop("/keys")["keys"] == []
    before.pop("/keys")
    assert after == before
