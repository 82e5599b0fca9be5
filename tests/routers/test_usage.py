"""What clients use, seen through the API, and what happens when it is too much."""

import csv
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.common.metering import Usage
from app.config import Settings
from tests.api import AppFactory, app_in, ask, assert_problem, quick_app, upload
from tests.documents import pdf
from tests.standin import Reply, StandIn
from tests.waiting import wait_for

ADMIN = {"Authorization": "Bearer admin-key-of-the-usage"}
QUESTION = "How much does the harbour crane lift?"
THREE_PAGES = pdf("One crane.", "Two cranes.", "Three cranes.")


class World:
    """The app in locked mode, its model's stand-in, and clients with keys."""

    def __init__(self, api: TestClient, standin: StandIn) -> None:
        self.api = api
        self.standin = standin

    def client(self, client_id: str) -> tuple[dict[str, str], str]:
        """Make a client with a document; return its key as headers, and the key's id."""
        made = self.api.post("/api/v1/clients", json={"client_id": client_id}, headers=ADMIN).json()
        key = {"X-API-Key": made["api_key"]}
        assert upload(self.api, headers=key).status_code == 200
        return key, made["key_id"]

    def used(self, client_id: str, by: str = "kind", **params: Any) -> dict[str | None, dict[str, int]]:
        answer = self.api.get(f"/api/v1/clients/{client_id}/usage", params={"by": by, **params}, headers=ADMIN)
        assert answer.status_code == 200, answer.text
        shares = answer.json()["used"]["shares"]
        return {share.pop("group"): {name: amount for name, amount in share.items() if amount} for share in shares}

    def budget(self, client_id: str, **budgets: Any) -> Any:
        return self.api.put(f"/api/v1/clients/{client_id}/budgets", json=budgets, headers=ADMIN)

    def completion(self, key: dict[str, str], **more: Any) -> Any:
        body = {"model": "default", "messages": [{"role": "user", "content": QUESTION}], **more}
        return self.api.post("/v1/chat/completions", json=body, headers=key)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[World]:
    with StandIn(answer="It lifts forty tonnes [1].") as standin:
        settings = {"groq_api_key": "k", "groq_api_base": standin.base_url, "admin_api_key": ADMIN["Authorization"][7:]}
        app = app_in(tmp_path_factory.mktemp("usage"), new_stores, query_rewrite="off", **settings)
        with TestClient(app) as api:
            yield World(api, standin)


def words(world: World, calls: int) -> tuple[int, int]:
    """The stand-in's own count of its latest calls."""
    return sum(len(call.prompt.split()) for call in world.standin.requests[-calls:]), 5 * calls


def test_all_kinds_of_work_are_counted_with_key_model_and_day(world: World) -> None:
    key, key_id = world.client("acme")
    assert ask(world.api, QUESTION, "acme", headers=key).status_code == 200
    assert "done" in ask(world.api, QUESTION, "acme", headers=key, stream=True).text
    assert world.completion(key).status_code == 200
    tokens_in, tokens_out = words(world, 3)
    assert world.api.post("/api/v1/search", json={"query": "crane"}, headers=key).status_code == 200
    assert world.api.post("/v1/vector_stores/default/search", json={"query": "crane"}, headers=key).status_code == 200
    assert world.api.post("/api/v1/search", json={"query": ""}, headers=key).status_code == 422
    chats = {"chats": 3, "model_calls": 3, "tokens_in": tokens_in, "tokens_out": tokens_out, "texts_embedded": 3}
    kinds = world.used("acme")
    assert kinds["chat"] == chats
    assert kinds["search"] == {"searches": 2, "texts_embedded": 2}
    assert {**kinds["ingest"], "texts_embedded": 0, "bytes": 0} == {
        "documents": 1,
        "pages": 1,
        "texts_embedded": 0,
        "bytes": 0,
    }
    assert kinds["ingest"]["bytes"] > 100
    assert set(world.used("acme", "key")) == {key_id}
    assert world.used("acme", "model")["llama-3.3-70b-versatile"]["tokens_in"] == tokens_in
    assert list(world.used("acme", "day")) == [datetime.now(UTC).date().isoformat()]
    assert world.used("acme", **{"from": "2001-01-01", "to": "2001-12-31"}) == {}


def test_a_background_upload_is_its_keys_too(world: World) -> None:
    key, key_id = world.client("later-co")
    files = [("files", ("more.txt", b"The wick is long."))]
    job = world.api.post("/api/v1/ingest/?async=true", files=files, headers=key).json()["job_id"]
    wait_for(lambda: _job(world, key, job)["status"] == "completed")
    assert world.used("later-co", "key")[key_id]["documents"] == 2
    assert upload(world.api, ("more.txt", b"The wick is long."), headers=key).json()["documents_processed"] == 1
    assert world.used("later-co", "key")[key_id]["documents"] == 2  # a duplicate costs nothing


def test_usage_comes_as_csv_and_keeps_what_it_told_before(world: World) -> None:
    key, key_id = world.client("sheets-co")
    path = "/api/v1/clients/sheets-co/usage"
    for answer in (
        world.api.get(f"{path}?by=key&format=csv", headers=key),
        world.api.get(f"{path}?by=key", headers={**key, "Accept": "text/csv"}),
    ):
        assert answer.headers["content-type"].startswith("text/csv")
        head, line = csv.reader(io.StringIO(answer.text))
        assert head == ["key", *Usage._fields]
        assert line[:4] == [key_id, "0", "0", "1"]
    told = world.api.get(path, headers=key).json()
    assert (told["documents"], told["sessions"], told["max_documents"], told["rate_limit_per_minute"]) == (
        1,
        0,
        None,
        None,
    )
    reports = world.api.get(f"{path}?from=2026-05-02&to=2026-05-01", headers=key)
    assert_problem(reports, 422, "invalid_period")
    for number in ("0", "-1", "1777593600", "1.5"):
        assert_problem(world.api.get(f"{path}?from={number}", headers=key), 422, "invalid_input")


def test_the_operator_sees_all_and_erasing_leaves_sums_without_a_name(world: World) -> None:
    key, _ = world.client("leaving-zq7731")
    ask(world.api, QUESTION, "leaving-zq7731", headers=key)
    before = _of_all(world, "client")
    assert before["shares"]["leaving-zq7731"]["chats"] == 1
    assert world.api.get("/api/v1/admin/usage?by=kind&format=csv", headers=ADMIN).text.startswith("kind,chats")
    page = world.api.get("/api/v1/admin/usage?limit=1", headers=ADMIN).json()
    assert (len(page["shares"]), page["next_cursor"]) == (1, page["shares"][0]["group"])
    assert world.api.delete("/api/v1/clients/leaving-zq7731", headers=ADMIN).status_code == 200
    after = _of_all(world, "client")
    assert "leaving-zq7731" not in after["shares"]
    assert after["total"] == before["total"]
    assert_problem(world.api.get("/api/v1/admin/usage", headers=world.client("nosy-co")[0]), 403, "admin_key_required")


def test_a_used_up_budget_refuses_chats_in_every_shape(world: World) -> None:
    key, _ = world.client("spent-co")
    ask(world.api, QUESTION, "spent-co", headers=key)
    stands = world.budget("spent-co", tokens_a_day=10).json()["budgets"]
    assert stands[0]["limit"] == 10
    assert stands[0]["used"] > 10
    assert stands[0]["own"]
    calls = len(world.standin.requests)
    for stream in (False, True):
        refused = ask(world.api, QUESTION, "spent-co", headers=key, stream=stream)
        assert_problem(refused, 429, "budget_exceeded")
        assert 0 < int(refused.headers["retry-after"]) <= 86400
        assert stands[0]["opens_at"] in refused.json()["detail"]
        for refused in (world.completion(key, stream=stream),):
            error = refused.json()["error"]
            assert (refused.status_code, error["type"], error["code"]) == (
                429,
                "insufficient_quota",
                "insufficient_quota",
            )
    assert len(world.standin.requests) == calls
    assert world.api.post("/api/v1/search", json={"query": "crane"}, headers=key).status_code == 200
    assert world.budget("spent-co", tokens_a_day="unlimited").json()["budgets"][0]["limit"] is None
    assert ask(world.api, QUESTION, "spent-co", headers=key).status_code == 200


def test_searches_and_uploads_have_budgets_of_their_own(world: World) -> None:
    key, _ = world.client("small-co")
    assert world.budget("small-co", searches_a_day=1, pages_a_month=2).status_code == 200
    search: dict[str, Any] = {"json": {"query": "crane"}, "headers": key}
    assert world.api.post("/api/v1/search", **search).status_code == 200
    assert_problem(world.api.post("/api/v1/search", **search), 429, "budget_exceeded")
    assert world.api.post("/v1/vector_stores/default/search", **search).status_code == 429
    assert_problem(upload(world.api, ("three.pdf", THREE_PAGES), headers=key), 429, "budget_exceeded")
    assert world.used("small-co")["ingest"]["pages"] == 1
    assert upload(world.api, ("one.txt", b"One page."), headers=key).status_code == 200
    files = [("files", ("late.txt", b"Another page."))]
    assert_problem(world.api.post("/api/v1/ingest/?async=true", files=files, headers=key), 429, "budget_exceeded")
    assert ask(world.api, QUESTION, "small-co", headers=key).status_code == 200


def test_a_file_of_a_job_beyond_the_budget_fails_with_its_sentence_and_can_be_tried_again(world: World) -> None:
    key, _ = world.client("jobs-co")
    world.budget("jobs-co", pages_a_month=3)
    files = [("files", ("three.pdf", THREE_PAGES))]
    job = world.api.post("/api/v1/ingest/?async=true", files=files, headers=key).json()["job_id"]
    wait_for(lambda: _job(world, key, job)["status"] == "failed")
    assert _job(world, key, job)["documents"][0]["error"]["code"] == "budget_exceeded"
    world.budget("jobs-co")
    assert world.api.post(f"/api/v1/ingest/jobs/{job}/retry", headers=key).is_success
    wait_for(lambda: _job(world, key, job)["status"] == "completed")


def test_a_client_sees_its_budgets_and_cannot_raise_them(world: World) -> None:
    key, _ = world.client("wish-co")
    path = "/api/v1/clients/wish-co/budgets"
    assert {one["name"] for one in world.api.get(path, headers=key).json()["budgets"]} >= {"tokens_a_day"}
    assert_problem(world.api.put(path, json={}, headers=key), 403, "admin_key_required")
    for wrong in ({"tokens_a_day": -1}, {"tokens_a_day": "3"}, {"tokens_a_day": True}, {"tokens": 1}):
        assert_problem(world.api.put(path, json=wrong, headers=ADMIN), 422, "invalid_input")
    assert_problem(world.api.put("/api/v1/clients/nobody-co/budgets", json={}, headers=ADMIN), 404, "client_not_found")


def test_a_hundred_chats_at_once_are_counted_to_the_token(world: World) -> None:
    keys = {f"busy-{n}": world.client(f"busy-{n}")[0] for n in range(4)}
    world.standin.requests.clear()
    world.standin.peak_open_calls = 0
    world.standin.behave = lambda _: Reply("It lifts forty tonnes [1].", once_open=100)
    with ThreadPoolExecutor(100) as pool:
        asked = [
            pool.submit(ask, world.api, f"{QUESTION} {n}", client_id, headers=key, stream=n % 2 == 0, use_memory=False)
            for n in range(25)
            for client_id, key in keys.items()
        ]
        assert all(answer.result().status_code == 200 for answer in asked)
    world.standin.behave = None
    counted = [world.used(client_id)["chat"] for client_id in keys]
    tokens_in, tokens_out = words(world, 100)
    assert sum(one["tokens_in"] for one in counted) == tokens_in
    assert [one["tokens_out"] for one in counted] == [tokens_out // 4] * 4
    assert [one["chats"] for one in counted] == [25] * 4


def test_the_services_own_budgets_open_with_the_next_month(make_settings: Callable[..., Settings]) -> None:
    now = [datetime(2026, 3, 31, 23, 59, tzinfo=UTC).timestamp()]
    with TestClient(quick_app(make_settings(budget_pages_a_month=1, budget_mb_a_month=1), clock=lambda: now[0])) as api:
        assert upload(api, client_id="acme").status_code == 200
        refused = upload(api, ("more.txt", b"More."), client_id="acme")
        assert_problem(refused, 429, "budget_exceeded")
        assert "2026-04-01T00:00:00Z" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) == 61
        now[0] += 61
        assert upload(api, ("more.txt", b"More."), client_id="acme").status_code == 200


def test_usage_outlives_a_restart(make_app: AppFactory) -> None:
    with make_app() as api:
        upload(api, client_id="acme")
        told = api.get("/api/v1/clients/acme/usage?by=kind").json()["used"]
    with make_app(budget_pages_a_month=1) as api:
        assert api.get("/api/v1/clients/acme/usage?by=kind").json()["used"] == told
        assert_problem(upload(api, ("more.txt", b"More."), client_id="acme"), 429, "budget_exceeded")


def _job(world: World, key: dict[str, str], job: str) -> Any:
    return world.api.get(f"/api/v1/ingest/jobs/{job}", headers=key).json()


def _of_all(world: World, by: str) -> dict[str, Any]:
    report: dict[str, Any] = world.api.get(f"/api/v1/admin/usage?by={by}", headers=ADMIN).json()
    return {**report, "shares": {share["group"]: share for share in report["shares"]}}
