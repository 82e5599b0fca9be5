"""Requests with an Idempotency-Key: done once, answered as often as they are sent."""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from app.dependencies import idempotent_request
from app.memory.kept_answers import LEASE_SECONDS
from tests.api import TEXT, app_in, ask, assert_problem, quick_app, upload
from tests.serving import serving
from tests.standin import Hang, Reply, StandIn, Status, StreamError
from tests.waiting import wait_for

QUESTION = "How much does the harbour crane lift?"
REPLAYED = "idempotency-replayed"
INGEST = "/api/v1/ingest/"
COMPLETIONS = "/v1/chat/completions"


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def _chat(**more: Any) -> dict[str, Any]:
    return {"message": QUESTION, "client_id": "harbour", "session_id": "talk", **more}


def _completion(**more: Any) -> dict[str, Any]:
    return {"model": "harbour", "messages": [{"role": "user", "content": QUESTION}], **more}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    """The app with a document, for all tests that leave nothing which others would notice."""
    with TestClient(app_in(tmp_path_factory.mktemp("once"), new_stores), raise_server_exceptions=False) as api:
        upload(api, client_id="harbour")
        yield api


@pytest.fixture
def model() -> Iterator[StandIn]:
    with StandIn(answer="It lifts forty tonnes [1].") as model:
        yield model


@pytest.fixture
def asked(make_settings: Callable[..., Settings], model: StandIn) -> Iterator[httpx.Client]:
    """The app with a model, served over loopback."""
    settings = make_settings(groq_api_key="gsk-of-the-test", groq_api_base=model.base_url)
    with serving(quick_app(settings)) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as api:
        upload(api, client_id="harbour")  # type: ignore[arg-type]  # httpx's client has the same methods
        yield api


def _assert_again(again: Any, first: Any) -> None:
    """It is the first answer, and says so."""
    assert (again.status_code, again.content) == (first.status_code, first.content), again.text
    own = {REPLAYED, "x-request-id", "content-length", "transfer-encoding", "date", "server", "connection"}
    assert {k: v for k, v in again.headers.items() if k not in own} == {
        k: v for k, v in first.headers.items() if k not in own
    }
    assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def _documents(api: Any, client_id: str) -> int:
    return int(api.get("/api/v1/documents", params={"client_id": client_id}).json()["total"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/clients", {}),
        ("/api/v1/clients/harbour/keys", {"label": "second"}),
        ("/api/v1/chat/", _chat()),
        ("/api/v1/chat/", _chat(stream=True)),
        ("/api/v1/chat/stream", _chat()),
        (COMPLETIONS, _completion()),
        (COMPLETIONS, _completion(stream=True)),
    ],
)
def test_a_request_that_is_sent_again_gets_the_first_answer(kept: TestClient, path: str, body: Any) -> None:
    key = new_key()
    first = kept.post(path, json=body, headers=key)
    assert first.is_success, first.text
    for _ in range(2):
        _assert_again(kept.post(path, json=body, headers=key), first)
    other = kept.post(path, json=body, headers=new_key())
    assert (other.status_code, REPLAYED in other.headers) == (first.status_code, False)
    assert other.content != first.content


def test_a_question_that_is_sent_again_is_one_turn(kept: TestClient) -> None:
    for key in (new_key(), new_key()):
        for _ in range(2):
            assert ask(kept, QUESTION, "harbour", session_id="twice", headers=key).is_success
    assert kept.get("/api/v1/sessions/twice/info").json()["message_count"] == 4


@pytest.mark.parametrize("query", ["", "?async=true"])
def test_an_upload_that_is_sent_again_makes_one_client_and_one_document(kept: TestClient, query: str) -> None:
    key = new_key()
    forms: list[Any] = [[("files", ("crane.txt", TEXT.encode()))] for _ in range(2)]
    first, again = (kept.post(f"{INGEST}{query}", files=files, headers=key) for files in forms)
    boundaries = {answer.request.headers["content-type"] for answer in (first, again)}
    assert len(boundaries) == 2
    assert first.status_code == (202 if query else 200)
    _assert_again(again, first)
    client_id = first.json()["client_id"]
    wait_for(lambda: _documents(kept, client_id) == 1)
    if query:
        assert again.headers["location"].endswith(first.json()["job_id"])


def test_a_retried_job_is_queued_once(kept: TestClient) -> None:
    files = [("files", ("image.txt", b"\x89PNG\r\n\x1a\n\0\0\0"))]
    job = kept.post(f"{INGEST}?async=true", files=files, data={"client_id": "jobs-co"}).json()["job_id"]
    path = f"/api/v1/ingest/jobs/{job}"
    wait_for(lambda: kept.get(path).json().get("finished_at"))
    key = new_key()
    first = kept.post(f"{path}/retry", headers=key)
    assert first.status_code == 202
    _assert_again(kept.post(f"{path}/retry", headers=key), first)


def test_another_request_with_the_same_key_is_refused(kept: TestClient) -> None:
    key = new_key()
    first: Any = {"files": [("files", ("a.txt", b"Anchors."))], "data": {"client_id": "other-co"}}
    others: list[Any] = [
        {**first, "files": [("files", ("a.txt", b"Anchors!"))]},
        {**first, "files": [("files", ("b.txt", b"Anchors."))]},
        {**first, "files": [("files", ("a.txt", b"Anchors.")), ("files", ("b.txt", b"Bollards."))]},
        {**first, "data": {"client_id": "other-co", "tags": "new"}},
        {**first, "data": {"client_id": "others-co"}},
        {**first, "params": {"replace": "true"}},
    ]
    assert kept.post(INGEST, headers=key, **first).is_success
    for other in others:
        assert_problem(kept.post(INGEST, headers=key, **other), 409, "idempotency_key_reused")
    assert _documents(kept, "other-co") == 1
    # Elsewhere it is another request, and there it holds as well.
    assert kept.post("/api/v1/chat/", json=_chat(), headers=key).is_success
    refused = kept.post("/api/v1/chat/", json=_chat(message="And who built it?"), headers=key)
    assert_problem(refused, 409, "idempotency_key_reused")
    assert "retry-after" not in refused.headers
    kept.post(COMPLETIONS, json=_completion(), headers=key)
    refused = kept.post(COMPLETIONS, json=_completion(temperature=0), headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "with a space in it", "x" * 256, "ünïcödé-ünïcödé-ü"])
def test_a_key_is_plain_and_not_too_long(kept: TestClient, key: str) -> None:
    before = kept.get("/api/v1/clients").json()["total"]
    headers: Any = {"Idempotency-Key": key.encode()}
    assert_problem(kept.post("/api/v1/clients", json={}, headers=headers), 422, "invalid_input")
    assert kept.get("/api/v1/clients").json()["total"] == before


def test_what_makes_nothing_takes_no_key(kept: TestClient) -> None:
    key = new_key()
    for _ in range(2):
        found = kept.post("/api/v1/search", json={"query": "crane", "client_id": "harbour"}, headers=key)
        assert (found.status_code, REPLAYED in found.headers) == (200, False)


def test_what_failed_is_tried_again(kept: TestClient) -> None:
    key, body = new_key(), {**_chat(), "client_id": "later-co"}
    assert_problem(kept.post("/api/v1/chat/", json=body, headers=key), 404, "collection_not_found")
    assert_problem(kept.post("/api/v1/chat/", json={**body, "top_k": 0}, headers=key), 422, "invalid_input")
    upload(kept, client_id="later-co")
    first = kept.post("/api/v1/chat/", json=body, headers=key)
    _assert_again(kept.post("/api/v1/chat/", json=body, headers=key), first)
    bad: list[Any] = [("files", ("empty.txt", b""))]
    for _ in range(2):
        assert_problem(kept.post(INGEST, files=bad, headers=key), 422, "empty_file")


@pytest.mark.parametrize("path", ["/api/v1/chat/", "/api/v1/chat/stream", COMPLETIONS])
def test_what_the_model_failed_to_answer_is_asked_again(asked: httpx.Client, model: StandIn, path: str) -> None:
    key, body = new_key(), _completion(stream=True) if path == COMPLETIONS else _chat()
    model.script(Status(400))
    failed = asked.post(path, json=body, headers=key)
    assert failed.status_code == 502, failed.text
    if path != "/api/v1/chat/":
        model.script(StreamError(after_words=2))
        cut = asked.post(path, json=body, headers=key)
        assert (cut.status_code, "error" in cut.text, REPLAYED in cut.headers) == (200, True, False)
    first = asked.post(path, json=body, headers=key)
    assert "forty" in first.text
    _assert_again(asked.post(path, json=body, headers=key), first)


def test_while_the_first_is_worked_on_the_second_is_told_to_wait(asked: httpx.Client, model: StandIn) -> None:
    key = new_key()
    model.script(Reply("Forty tonnes [1].", once_open=2), Reply("Thirty tonnes [1].", once_open=2))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(asked.post, "/api/v1/chat/", json=_chat(), headers=key)
        model.wait_until(lambda m: m.open_calls == 1)
        second = asked.post("/api/v1/chat/", json=_chat(), headers=key)
        assert_problem(second, 409, "request_under_way")
        assert second.headers["retry-after"] == "5"
        third = asked.post("/api/v1/chat/", json=_chat(session_id="other"), headers=new_key())
        assert third.is_success
        answer = first.result(30)
    _assert_again(asked.post("/api/v1/chat/", json=_chat(), headers=key), answer)


def test_who_left_a_stream_may_ask_again(asked: httpx.Client, model: StandIn) -> None:
    key = new_key()
    model.script(Hang(after_words=2))
    with asked.stream("POST", "/api/v1/chat/stream", json=_chat(), headers=key) as left:
        next(left.iter_lines())

    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(asked.post("/api/v1/chat/stream", json=_chat(), headers=key))
        return answers[-1].status_code != 409

    wait_for(answered)
    again = answers[-1]
    assert (again.status_code, REPLAYED in again.headers) == (200, False)
    assert "event: done" in again.text


class Clock:
    """Time that passes when told to."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """See time.time."""
        return self.now


def _claims_until(settings: Settings) -> float:
    with closing(sqlite3.connect(settings.session_db_path)) as connection:
        found: float = connection.execute("SELECT max(expires_at) FROM kept_answers").fetchone()[0]
    return found


def test_long_work_keeps_its_claim(
    make_settings: Callable[..., Settings], model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotent_request, "RENEW_SECONDS", 0.01)
    settings = make_settings(groq_api_key="gsk-of-the-test", groq_api_base=model.base_url)
    clock, key = Clock(), new_key()
    model.script(Reply("Forty tonnes [1].", once_open=2), Reply("Thirty tonnes [1].", once_open=2))
    with TestClient(quick_app(settings, clock)) as api, ThreadPoolExecutor() as pool:
        upload(api, client_id="harbour")
        first = pool.submit(api.post, "/api/v1/chat/", json=_chat(), headers=key)
        model.wait_until(lambda m: m.open_calls == 1)
        for _ in range(2):
            clock.now += LEASE_SECONDS - 1
            wait_for(lambda: _claims_until(settings) == clock.now + LEASE_SECONDS)
        assert_problem(api.post("/api/v1/chat/", json=_chat(), headers=key), 409, "request_under_way")
        ask(api, QUESTION, "harbour")
        answer = first.result(30)
        _assert_again(api.post("/api/v1/chat/", json=_chat(), headers=key), answer)


def test_answers_are_kept_for_as_long_as_is_set(make_settings: Callable[..., Settings]) -> None:
    clock, key = Clock(), new_key()
    with TestClient(quick_app(make_settings(idempotency_hours=2), clock)) as api:
        first = api.post("/api/v1/clients", json={}, headers=key)
        clock.now += 7199
        _assert_again(api.post("/api/v1/clients", json={}, headers=key), first)
        clock.now += 1
        assert api.post("/api/v1/clients", json={}, headers=key).json() != first.json()


def test_without_hours_the_header_does_nothing(make_client: Callable[..., TestClient]) -> None:
    api, key = make_client(idempotency_hours=0), new_key()
    answers = [api.post("/api/v1/clients", json={}, headers=key) for _ in range(2)]
    assert answers[0].json() != answers[1].json()
    assert all(REPLAYED not in answer.headers for answer in answers)
