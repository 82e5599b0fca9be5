"""Background uploads over HTTP."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from httpx_sse import connect_sse

from app.bootstrap import open_services
from app.common.vectors import Vectors
from app.config import Settings
from app.main import create_app
from app.services.embedding.types import OnBatch
from tests.api import TEXT, AppFactory, ask, assert_problem, upload
from tests.fakes import HashEmbeddings
from tests.serving import serving
from tests.waiting import PATIENCE, wait_for

JOBS = "/api/v1/ingest/jobs"
CRANE = ("crane.txt", TEXT.encode())
ADMIN = "admin-key-of-the-job-tests"


class GatedEmbeddings(HashEmbeddings):
    """Embeds documents only while the gate is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()

    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        """See Embedder."""
        self.begun.set()
        assert self.gate.wait(PATIENCE)
        return super().embed_texts(texts, on_batch, owner=owner, urgent=urgent)


@pytest.fixture
def embedder() -> GatedEmbeddings:
    return GatedEmbeddings()


@pytest.fixture
def held(make_settings: Callable[..., Settings], embedder: GatedEmbeddings) -> Iterator[TestClient]:
    """The app, whose uploads come to their end only after `embedder.gate` was set."""
    settings = make_settings(ingest_workers=1)
    app = create_app(settings, opener=lambda settings: open_services(settings, embedder=embedder))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
        embedder.gate.set()


@pytest.fixture
def followed(make_settings: Callable[..., Settings], embedder: GatedEmbeddings) -> Iterator[httpx.Client]:
    """The same over real HTTP, so that events are seen as they come."""
    settings = make_settings(ingest_workers=1)
    app = create_app(settings, opener=lambda settings: open_services(settings, embedder=embedder))
    with serving(app) as url, httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
        yield client
        embedder.gate.set()


def submit(api: TestClient | httpx.Client, *files: tuple[str, bytes], query: str = "?async=true", **more: Any) -> Any:
    headers = more.pop("headers", None)
    parts = [("files", file) for file in files or [CRANE]]
    return api.post(f"/api/v1/ingest/{query}", files=parts, data=more, headers=headers)


def finished(api: TestClient, job_id: str, headers: dict[str, str] | None = None) -> Any:
    def done() -> Any:
        job = api.get(f"{JOBS}/{job_id}", headers=headers).json()
        return job if "finished_at" in job else None

    return wait_for(done)


def test_an_upload_in_the_background_is_a_job(api: TestClient) -> None:
    response = submit(api, CRANE, ("notes.md", b"# Tides\n\nHigh water is at noon."), client_id="harbour")
    assert response.status_code == 202
    accepted = response.json()
    assert response.headers["location"] == f"{JOBS}/{accepted['job_id']}"
    assert accepted["job_id"].startswith("job_")
    assert accepted["client_id"] == "harbour"
    assert accepted["message"] == "2 files accepted for client harbour"
    job = finished(api, accepted["job_id"])
    assert (job["status"], job["stage"], job["progress"]) == ("completed", "done", 1.0)
    assert [(d["filename"], d["status"], d["chunks"]) for d in job["documents"]] == [
        ("crane.txt", "ready", 1),
        ("notes.md", "ready", 1),
    ]
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert (job["files"], job["documents_processed"], job["documents_failed"]) == (2, 2, 0)
    assert ask(api, "Who built the crane?", "harbour").status_code == 200


@pytest.mark.parametrize("prefer", ["respond-async", "Respond-Async", "wait=10, respond-async", "respond-async; x=1"])
def test_the_prefer_header_asks_for_a_job_too(api: TestClient, prefer: str) -> None:
    assert submit(api, query="", headers={"Prefer": prefer}).status_code == 202


@pytest.mark.parametrize("prefer", ["", "return=minimal", "respond-async-not"])
def test_other_preferences_do_not(api: TestClient, prefer: str) -> None:
    assert submit(api, query="", headers={"Prefer": prefer}).status_code == 200


def test_without_a_client_a_new_one_is_made(api: TestClient) -> None:
    accepted = submit(api).json()
    assert accepted["client_id"].startswith("client_")
    assert "api_key" not in accepted


def test_in_locked_mode_the_operator_gets_the_new_clients_key(make_client: AppFactory) -> None:
    api = make_client(admin_api_key=ADMIN)
    accepted = submit(api, headers={"X-API-Key": ADMIN}).json()
    own = {"X-API-Key": accepted["api_key"]}
    assert finished(api, accepted["job_id"], own)["status"] == "completed"
    assert [job["job_id"] for job in api.get(JOBS, headers=own).json()["jobs"]] == [accepted["job_id"]]


def test_files_that_fail_say_why(api: TestClient) -> None:
    job = finished(api, submit(api, CRANE, ("tool.exe", b"MZ"), client_id="harbour").json()["job_id"])
    assert job["status"] == "completed"
    assert job["documents"][1]["status"] == "failed"
    assert job["documents"][1]["error"]["code"] == "unsupported_type"
    assert "document_id" not in job["documents"][1]


def test_what_can_be_refused_at_once_is(make_client: AppFactory) -> None:
    api = make_client(max_upload_mb=1)
    assert_problem(submit(api, ("big.txt", b"x" * ((1 << 20) + 1))), 413, "too_large")
    assert_problem(submit(api, chunk_size="100", chunk_overlap="100"), 422, "invalid_chunk_settings")
    assert_problem(submit(api, client_id="../x"), 422, "invalid_client_id")


def test_too_many_waiting_files_are_refused_with_a_time(make_client: AppFactory) -> None:
    api = make_client(ingest_queue_limit=2)
    response = submit(api, CRANE, ("b.txt", b"Two."), client_id="harbour")
    assert_problem(response, 503, "queue_full")
    assert int(response.headers["retry-after"]) > 0


def test_jobs_are_listed_newest_first_and_paged(api: TestClient) -> None:
    ids = [submit(api, client_id="harbour").json()["job_id"] for _ in range(5)]
    submit(api, client_id="airport")
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(JOBS, params={"client_id": "harbour", "limit": 2, "cursor": cursor}).json()
        seen += [job["job_id"] for job in page["jobs"]]
        assert "documents" not in page["jobs"][0]
        if "next_cursor" not in page:
            break
        cursor = page["next_cursor"]
    assert seen == ids[::-1]
    assert_problem(api.get(JOBS, params={"client_id": "harbour", "cursor": "nonsense"}), 422, "invalid_cursor")
    assert_problem(api.get(JOBS), 422, "client_required")


def test_an_unknown_job_is_404(api: TestClient) -> None:
    for method, path in (("get", ""), ("delete", ""), ("post", "/retry"), ("get", "/events")):
        assert_problem(api.request(method, f"{JOBS}/job_{'0' * 24}{path}"), 404, "job_not_found")


def test_a_job_is_cancelled_and_tried_again(held: TestClient, embedder: GatedEmbeddings) -> None:
    job_id = submit(held, CRANE, ("b.txt", b"Two."), client_id="harbour").json()["job_id"]
    assert embedder.begun.wait(PATIENCE)
    assert_problem(held.post(f"{JOBS}/{job_id}/retry"), 409, "job_not_finished")
    cancelled = held.delete(f"{JOBS}/{job_id}")
    assert cancelled.status_code == 200
    assert cancelled.json()["stage"] == "cancelling"
    embedder.gate.set()
    job = finished(held, job_id)
    assert job["status"] == "cancelled"
    assert job["documents_cancelled"] == 2
    assert held.get("/api/v1/documents", params={"client_id": "harbour"}).json()["total"] == 0
    assert held.post(f"{JOBS}/{job_id}/retry").status_code == 202
    assert finished(held, job_id)["status"] == "completed"
    assert_problem(held.delete(f"{JOBS}/{job_id}"), 409, "job_finished")
    assert_problem(held.post(f"{JOBS}/{job_id}/retry"), 409, "nothing_to_retry")


def _follow(api: httpx.Client, job_id: str, after_the_first: Callable[[], object]) -> list[tuple[str, Any]]:
    """Return all events of the job, having called `after_the_first` when there was one."""
    events: list[tuple[str, Any]] = []
    with connect_sse(api, "GET", f"{JOBS}/{job_id}/events") as source:
        assert source.response.headers["content-type"].startswith("text/event-stream")
        for event in source.iter_sse():
            events.append((event.event, event.json()))
            if len(events) == 1:
                after_the_first()
    return events


def _events(text: str) -> list[tuple[str, Any]]:
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]


def test_events_follow_a_job_to_its_end(followed: httpx.Client, embedder: GatedEmbeddings) -> None:
    job_id = submit(followed, CRANE, ("b.txt", b"Two."), client_id="harbour").json()["job_id"]
    events = _follow(followed, job_id, embedder.gate.set)
    assert [name for name, _ in events] == ["progress"] * (len(events) - 1) + ["done"]
    assert len(events) > 1
    progress = [job["progress"] for _, job in events]
    assert progress == sorted(progress)
    assert events[0][1]["job_id"] == job_id
    assert events[-1][1]["status"] == "completed"
    assert [document["status"] for document in events[-1][1]["documents"]] == ["ready", "ready"]


def test_the_events_of_a_finished_job_are_its_end(api: TestClient) -> None:
    job_id = submit(api).json()["job_id"]
    job = finished(api, job_id)
    ((name, data),) = _events(api.get(f"{JOBS}/{job_id}/events").text)
    assert (name, data) == ("done", job)


def test_the_events_of_a_job_that_is_erased_end(followed: httpx.Client, embedder: GatedEmbeddings) -> None:
    job_id = submit(followed, client_id="harbour").json()["job_id"]
    assert embedder.begun.wait(PATIENCE)

    def erase() -> None:
        followed.delete("/api/v1/clients/harbour").raise_for_status()
        embedder.gate.set()

    events = _follow(followed, job_id, erase)
    assert events[-1][0] == "error"
    assert events[-1][1]["code"] == "job_not_found"


@pytest.mark.parametrize("query", ["?replace=true", "?replace=true&async=true"])
def test_replace_in_the_query_takes_the_place_of_the_documents_of_that_name(api: TestClient, query: str) -> None:
    old = upload(api, ("crane.txt", b"The old crane."), client_id="harbour").json()["documents"][0]
    upload(api, ("other.txt", b"Another file."), client_id="harbour")
    body = submit(api, query=query, client_id="harbour").json()
    if "job_id" in body:
        body = finished(api, body["job_id"])
    assert body["documents"][0]["replaced"] == [old["document_id"]]
    documents = api.get("/api/v1/documents", params={"client_id": "harbour"}).json()
    assert sorted(document["filename"] for document in documents["documents"]) == ["crane.txt", "other.txt"]


def test_replace_in_the_form_does_too(api: TestClient) -> None:
    old = upload(api, ("crane.txt", b"The old crane."), client_id="harbour").json()["documents"][0]
    body = upload(api, CRANE, client_id="harbour", replace="true").json()
    assert body["documents"][0]["replaced"] == [old["document_id"]]


def test_a_new_upload_under_an_old_name_is_a_new_document(api: TestClient) -> None:
    upload(api, ("crane.txt", b"The old crane."), client_id="harbour")
    upload(api, CRANE, client_id="harbour")
    assert api.get("/api/v1/documents", params={"client_id": "harbour"}).json()["total"] == 2


def test_the_limit_of_documents_is_a_problem(make_client: AppFactory) -> None:
    api = make_client(max_documents_per_client=1)
    upload(api, CRANE, client_id="harbour")
    assert_problem(upload(api, ("b.txt", b"Two."), client_id="harbour"), 429, "limit_documents")
    job = finished(api, submit(api, ("b.txt", b"Two."), client_id="harbour").json()["job_id"])
    assert job["status"] == "failed"
    assert job["documents"][0]["error"]["code"] == "limit_documents"
