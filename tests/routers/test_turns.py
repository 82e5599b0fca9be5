"""Many requests of one client, and who leaves: turns, bounds, and work that nobody waits for."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.vectors import Vectors
from app.config import Settings
from app.main import create_app
from app.services.embedding.types import OnBatch
from tests.api import TEXT, AppFactory, ask, assert_problem, upload
from tests.edge.wires import Wire
from tests.fakes import HashEmbeddings
from tests.serving import serving
from tests.standin import Reply, StandIn
from tests.waiting import PATIENCE, wait_for

SLOW, OTHER = "slow-client", "other-client"


class OwnersEmbeddings(HashEmbeddings):
    """Embeds documents of the slow client only while the gate is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = 0

    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """See Embedder. `on_batch` is called again and again, so that whoever wants to can end it."""
        self.begun += 1

        def open_or_over() -> bool:
            if on_batch:
                on_batch(0)
            return self.gate.is_set()

        if owner == SLOW:
            wait_for(open_or_over)
        return super().embed_texts(texts, on_batch, owner=owner, urgent=urgent)


@pytest.fixture
def embedder() -> OwnersEmbeddings:
    return OwnersEmbeddings()


@pytest.fixture
def opened(make_settings: Callable[..., Settings], embedder: OwnersEmbeddings) -> Iterator[TestClient]:
    """The app, in which one client takes in one file at a time, and one more request of it may wait."""
    settings = make_settings(uploads_at_once=2, max_waiting_requests=1)
    app = create_app(settings, opener=lambda chosen: open_services(chosen, embedder=embedder))
    with TestClient(app, raise_server_exceptions=False) as api:
        yield api
        embedder.gate.set()


def test_more_uploads_than_may_wait_are_refused_at_once_and_others_are_served(
    opened: TestClient, embedder: OwnersEmbeddings
) -> None:
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(upload, opened, client_id=SLOW)
        wait_for(lambda: embedder.begun == 1)
        more = [pool.submit(upload, opened, (f"{n}.txt", b"%d cranes." % n), client_id=SLOW) for n in range(2)]
        wait_for(lambda: any(each.done() for each in more))
        (refused,) = [each.result() for each in more if each.done()]
        assert_problem(refused, 429, "too_many_at_once")
        assert int(refused.headers["retry-after"]) > 0
        assert upload(opened, client_id=OTHER).status_code == 200
        assert _search(opened).json()["results"]
        assert opened.get("/health").json()["status"] == "healthy"
        embedder.gate.set()
        assert sorted(each.result(PATIENCE).status_code for each in (first, *more)) == [200, 200, 429]


def _search(api: TestClient) -> Any:
    return api.post("/api/v1/search", json={"query": "What does the crane lift?", "client_id": OTHER})


@pytest.fixture
def served(make_settings: Callable[..., Settings], embedder: OwnersEmbeddings) -> Iterator[httpx.Client]:
    app = create_app(make_settings(), opener=lambda chosen: open_services(chosen, embedder=embedder))
    with serving(app) as url, httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as api:
        yield api


def test_who_leaves_cancels_the_upload_and_nothing_of_it_is_stored(
    served: httpx.Client, embedder: OwnersEmbeddings, caplog: pytest.LogCaptureFixture
) -> None:
    edge = "an-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="crane.txt"\r\n\r\n'
    named = f'\r\n--{edge}\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n{SLOW}\r\n--{edge}--\r\n'
    body = f"{head}{TEXT}{named}".encode()
    fields = f"Host: x\r\nContent-Type: multipart/form-data; boundary={edge}\r\nContent-Length: {len(body)}\r\n\r\n"
    with caplog.at_level(logging.INFO, logger="app.request"):
        with Wire(str(served.base_url)) as wire:
            wire.send(f"POST /api/v1/ingest/ HTTP/1.1\r\n{fields}".encode() + body)
            wait_for(lambda: embedder.begun == 1)
        (line,) = wait_for(lambda: list(caplog.records))
    assert vars(line)["status"] == 499
    assert served.get(f"/api/v1/documents?client_id={SLOW}").json()["documents"] == []
    embedder.gate.set()
    files = {"files": ("crane.txt", TEXT.encode())}
    assert served.post("/api/v1/ingest/", files=files, data={"client_id": SLOW}).status_code == 200


def test_questions_that_wait_for_the_model_take_no_thread(make_client: AppFactory) -> None:
    with StandIn() as vendor, ThreadPoolExecutor(30) as pool:
        vendor.behave = lambda _: Reply("Forty tonnes [1].", once_open=31)
        api = make_client(groq_api_key="gsk-x", groq_api_base=vendor.base_url, worker_threads=8)
        for client_id in (SLOW, OTHER):
            upload(api, client_id=client_id)
        asked = [pool.submit(ask, api, "What does the crane lift?", SLOW) for _ in range(30)]
        vendor.wait_until(lambda s: s.open_calls == 30)
        assert _search(api).json()["results"]
        assert api.get("/health").json()["status"] == "healthy"
        assert api.get(f"/api/v1/documents?client_id={OTHER}").status_code == 200
        assert ask(api, "What does the crane lift?", OTHER).status_code == 200
        assert {each.result(PATIENCE).status_code for each in asked} == {200}
