"""Clients and their keys over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.config import Settings
from app.main import create_app
from tests.api import AppFactory, ask, assert_problem, upload
from tests.fakes import HashEmbeddings

ADMIN_KEY = "admin-key-of-this-test"
ADMIN = {"Authorization": f"Bearer {ADMIN_KEY}"}
CLIENTS = "/api/v1/clients"


class Clock:
    """Time that passes when told to."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """See time.time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def locked(make_settings: Callable[..., Settings], clock: Clock) -> Iterator[TestClient]:
    """The app in locked mode, with a clock of its own."""
    with _started(make_settings(admin_api_key=ADMIN_KEY), clock) as api:
        yield api


@contextmanager
def _started(settings: Settings, clock: Clock) -> Iterator[TestClient]:
    app = create_app(settings, opener=lambda chosen: open_services(chosen, embedder=HashEmbeddings(), clock=clock))
    with TestClient(app, raise_server_exceptions=False) as api:
        yield api


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _create(api: TestClient, client_id: str) -> dict[str, Any]:
    response = api.post(CLIENTS, json={"client_id": client_id}, headers=ADMIN)
    assert response.status_code == 201, response.text
    return dict(response.json())


def _works(api: TestClient, key: str) -> bool:
    return api.get(CLIENTS, headers=_bearer(key)).status_code == 200


def test_a_client_is_made_with_a_key_that_works(locked: TestClient) -> None:
    body = _create(locked, "harbour")
    assert set(body) == {"client_id", "api_key", "key_id"}
    assert upload(locked, headers=_bearer(body["api_key"])).json()["client_id"] == "harbour"
    answer = locked.post(
        "/api/v1/chat/", json={"message": "Who built the crane?"}, headers={"X-API-Key": body["api_key"]}
    )
    assert "Oskarsson" in answer.json()["response"]


def test_a_client_without_a_name_gets_one_that_cannot_be_guessed(locked: TestClient) -> None:
    names = {locked.post(CLIENTS, json={}, headers=ADMIN).json()["client_id"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("client_") and len(name) == 23 for name in names)


def test_a_name_that_is_taken_is_a_conflict_and_gives_no_key(locked: TestClient) -> None:
    first = _create(locked, "harbour")
    assert_problem(locked.post(CLIENTS, json={"client_id": "harbour"}, headers=ADMIN), 409, "client_exists")
    upload(locked, client_id="airport", headers=ADMIN)
    assert_problem(locked.post(CLIENTS, json={"client_id": "airport"}, headers=ADMIN), 409, "client_exists")
    assert len(locked.get(f"{CLIENTS}/harbour/keys", headers=ADMIN).json()["keys"]) == 1
    assert _works(locked, first["api_key"])


def test_a_bad_name_or_body_is_refused_and_changes_nothing(api: TestClient) -> None:
    for name in ("", "ab", "../x", "a..b", "x" * 64, "a b", "é" * 5, "a\x00b", ".hidden"):
        assert_problem(api.post(CLIENTS, json={"client_id": name}), 422, "invalid_client_id")
    bodies: list[Any] = [{"client_id": 5}, {"client_id": ["a"]}, [], "harbour"]
    for body in bodies:
        assert_problem(api.post(CLIENTS, json=body), 422, "invalid_input")
    assert api.get(CLIENTS).json()["total"] == 0


def test_clients_are_listed_in_pages(api: TestClient) -> None:
    for name in ("ccc", "aaa", "bbb"):
        api.post(CLIENTS, json={"client_id": name})
    first = api.get(CLIENTS, params={"limit": 2}).json()
    assert [client["client_id"] for client in first["clients"]] == ["aaa", "bbb"]
    second = api.get(CLIENTS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [client["client_id"] for client in second["clients"]] == ["ccc"]
    assert first["total"] == second["total"] == 3
    assert "next_cursor" not in second


def test_an_unknown_client_is_not_found(api: TestClient) -> None:
    for method, path in (
        ("GET", "nobody"),
        ("DELETE", "nobody"),
        ("GET", "nobody/usage"),
        ("GET", "nobody/keys"),
    ):
        assert_problem(api.request(method, f"{CLIENTS}/{path}"), 404, "client_not_found")
    assert_problem(api.post(f"{CLIENTS}/nobody/keys", json={}), 404, "client_not_found")
    assert_problem(api.delete(f"{CLIENTS}/nobody/keys/0123456789abcdef"), 404, "key_not_found")


# Keys


def test_a_key_expires_and_stays_listed(locked: TestClient, clock: Clock) -> None:
    _create(locked, "harbour")
    body = {"label": " web shop ", "expires_in": 3600}
    made = locked.post(f"{CLIENTS}/harbour/keys", json=body, headers=ADMIN).json()
    assert made["label"] == "web shop"
    assert made["expires_at"] == made["created_at"] + 3600 == clock.now + 3600
    clock.now += 3599
    assert _works(locked, made["api_key"])
    clock.now += 1
    refused = locked.get(CLIENTS, headers=_bearer(made["api_key"]))
    assert_problem(refused, 401, "not_authenticated")
    assert refused.headers["www-authenticate"] == "Bearer"
    listed = locked.get(f"{CLIENTS}/harbour/keys", headers=ADMIN).json()["keys"]
    assert [key["label"] for key in listed] == ["first key", "web shop"]


def test_a_key_is_shown_once(locked: TestClient) -> None:
    made = _create(locked, "harbour")
    secret = made["api_key"].rpartition("_")[2]
    for path in (CLIENTS, f"{CLIENTS}/harbour", f"{CLIENTS}/harbour/keys", f"{CLIENTS}/harbour/usage"):
        assert secret not in locked.get(path, headers=ADMIN).text


def test_a_key_is_rotated_without_a_gap(locked: TestClient) -> None:
    old = _create(locked, "harbour")
    new = locked.post(f"{CLIENTS}/harbour/keys", json={"label": "new"}, headers=ADMIN).json()
    assert _works(locked, old["api_key"])
    assert _works(locked, new["api_key"])
    assert locked.delete(f"{CLIENTS}/harbour/keys/{old['key_id']}", headers=ADMIN).status_code == 200
    assert not _works(locked, old["api_key"])
    assert _works(locked, new["api_key"])
    assert_problem(locked.delete(f"{CLIENTS}/harbour/keys/{old['key_id']}", headers=ADMIN), 404, "key_not_found")


def test_a_key_is_not_revoked_under_another_client(locked: TestClient) -> None:
    made = _create(locked, "harbour")
    _create(locked, "airport")
    assert_problem(locked.delete(f"{CLIENTS}/airport/keys/{made['key_id']}", headers=ADMIN), 404, "key_not_found")
    assert _works(locked, made["api_key"])


def test_the_last_use_shows(locked: TestClient, clock: Clock) -> None:
    made = _create(locked, "harbour")
    assert locked.get(f"{CLIENTS}/harbour/keys", headers=ADMIN).json()["keys"][0]["last_used_at"] is None
    clock.now += 100
    assert _works(locked, made["api_key"])
    assert locked.get(f"{CLIENTS}/harbour/keys", headers=ADMIN).json()["keys"][0]["last_used_at"] == clock.now


def test_a_key_that_makes_no_sense_is_refused(api: TestClient) -> None:
    api.post(CLIENTS, json={"client_id": "harbour"})
    for body in ({"expires_in": 59}, {"expires_in": -1}, {"expires_in": 1e12}, {"label": "x" * 101}):
        assert_problem(api.post(f"{CLIENTS}/harbour/keys", json=body), 422, "invalid_input")
    assert len(api.get(f"{CLIENTS}/harbour/keys").json()["keys"]) == 1


@pytest.mark.parametrize("value", [False, "3600"])
def test_a_keys_life_is_a_number(api: TestClient, value: object) -> None:
    upload(api, client_id="harbour")
    assert_problem(api.post(f"{CLIENTS}/harbour/keys", json={"expires_in": value}), 422, "invalid_input")


def test_only_the_admin_makes_lists_and_revokes(locked: TestClient) -> None:
    made = _create(locked, "harbour")
    own = _bearer(made["api_key"])
    for method, path, body in (
        ("POST", "", {"client_id": "other"}),
        ("DELETE", "/harbour", None),
        ("POST", "/harbour/keys", {}),
        ("GET", "/harbour/keys", None),
        ("DELETE", f"/harbour/keys/{made['key_id']}", None),
    ):
        assert_problem(locked.request(method, CLIENTS + path, json=body, headers=own), 403, "admin_key_required")
    assert [client["client_id"] for client in locked.get(CLIENTS, headers=ADMIN).json()["clients"]] == ["harbour"]
    assert _works(locked, made["api_key"])


# Uploading, using, erasing


def test_the_admins_upload_without_a_client_returns_a_key_that_works(locked: TestClient) -> None:
    body = upload(locked, headers=ADMIN).json()
    own = _bearer(body["api_key"])
    answer = ask(locked, "Who built the crane?", body["client_id"], headers=own)
    assert "Oskarsson" in answer.json()["response"]
    assert "api_key" not in upload(locked, ("b.txt", b"More of it."), headers=own).json()
    assert "api_key" not in upload(locked, ("c.txt", b"And more."), client_id=body["client_id"], headers=ADMIN).json()


def test_an_upload_that_fails_makes_neither_client_nor_key(locked: TestClient) -> None:
    assert_problem(upload(locked, ("tool.exe", b"MZ"), headers=ADMIN), 415, "unsupported_type")
    assert locked.get(CLIENTS, headers=ADMIN).json()["total"] == 0


def test_a_key_outlives_the_clients_documents(locked: TestClient) -> None:
    body = upload(locked, headers=ADMIN).json()
    own = _bearer(body["api_key"])
    assert locked.delete(f"/api/v1/chat/collections/{body['client_id']}", headers=own).status_code == 200
    assert upload(locked, headers=own).json()["client_id"] == body["client_id"]


def test_usage_counts_what_is_there(make_client: AppFactory) -> None:
    api = make_client(max_documents_per_client=10, rate_limit_per_minute=1000)
    content = b"The crane lifts forty tonnes."
    upload(api, ("a.txt", content), client_id="harbour")
    ask(api, "How much does the crane lift?", "harbour", session_id="talk")
    usage = api.get(f"{CLIENTS}/harbour/usage").json()
    assert (usage["documents"], usage["chunks"], usage["bytes_uploaded"]) == (1, 1, len(content))
    assert (usage["sessions"], usage["messages"]) == (1, 2)
    assert (usage["max_documents"], usage["max_chunks"], usage["rate_limit_per_minute"]) == (10, None, 1000)
    assert (usage["bytes_waiting"], usage["max_bytes_waiting"], usage["max_chunks_per_document"]) == (0, 1 << 30, 10000)
    api.delete("/api/v1/chat/collections/harbour")
    assert api.get(CLIENTS).json()["total"] == 0


def test_one_request_too_many_is_refused_with_the_time_to_wait(make_client: AppFactory) -> None:
    api = make_client(rate_limit_per_minute=2)
    upload(api, client_id="harbour")
    assert ask(api, "Who built the crane?", "harbour").status_code == 200
    # One more when a new minute has just begun: then the request before counts a little less than one.
    *_, refused = (ask(api, "Who built the crane?", "harbour") for _ in range(2))
    assert_problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert upload(api, client_id="airport").status_code == 200


def test_an_erased_client_is_gone_with_all_it_had(locked: TestClient) -> None:
    harbour, airport = _create(locked, "harbour"), _create(locked, "airport")
    for each in (harbour, airport):
        own = _bearer(each["api_key"])
        upload(locked, headers=own)
        ask(locked, "Who built the crane?", each["client_id"], session_id="talk", headers=own)
    erased = locked.delete(f"{CLIENTS}/harbour", headers=ADMIN).json()
    assert (erased["documents_deleted"], erased["sessions_deleted"], erased["keys_deleted"]) == (1, 1, 1)
    assert erased["compaction"]["bytes_before"] > 0
    assert not _works(locked, harbour["api_key"])
    assert_problem(locked.get(f"{CLIENTS}/harbour", headers=ADMIN), 404, "client_not_found")
    assert_problem(ask(locked, "Who?", "harbour", headers=ADMIN), 404, "collection_not_found")
    assert_problem(locked.delete(f"{CLIENTS}/harbour", headers=ADMIN), 404, "client_not_found")
    assert "Oskarsson" in ask(locked, "Who built the crane?", "airport", headers=_bearer(airport["api_key"])).text
    assert _create(locked, "harbour")["api_key"] != harbour["api_key"]
