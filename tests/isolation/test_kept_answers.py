"""Kept answers are each client's own, and nobody reads them from the files."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api import AppFactory, assert_problem, upload

ADMIN = "admin-key-of-the-kept-answers"
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
SECRET = "The xylophone vault opens with zq7731."
CLIENTS = "/api/v1/clients"
BODY = {"message": "What opens the vault?"}


MAKING_NOTHING = {
    "/api/v1/admin/backup",  # reads all, and makes nothing here
    "/api/v1/admin/reembed",  # a run that goes on is not begun again
    "/v1/embeddings",
    "/api/v1/search",
    "/v1/vector_stores/{client_id}/search",
    "/v1/vector_stores/{client_id}/files/{file_id}",  # said again, it is the same
    "/v1/vector_stores/{client_id}/file_batches/{batch_id}/cancel",
    "/api/v1/sessions/cleanup",
    "/api/v1/sessions/{session_id}/messages/{message_id}/feedback",  # said again, it is the same
}


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _keyed(key: str) -> dict[str, str]:
    return {**_bearer(key), **KEY}


def _client(api: TestClient, name: str) -> str:
    key: str = api.post(CLIENTS, json={"client_id": name}, headers=_bearer(ADMIN)).json()["api_key"]
    return key


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def locked(request: pytest.FixtureRequest, make_client: AppFactory) -> TestClient:
    if request.param == "sqlite":
        return make_client(admin_api_key=ADMIN)
    return make_client(admin_api_key=ADMIN, database_url=request.getfixturevalue("database_url"))


def test_the_same_key_and_body_of_two_clients_are_two_requests(locked: TestClient) -> None:
    anna, bert = _client(locked, "anna-co"), _client(locked, "bert-co")
    upload(locked, ("a.txt", SECRET.encode()), headers=_bearer(anna))
    first = locked.post("/api/v1/chat/", json=BODY, headers=_keyed(anna))
    assert "zq7731" in first.text
    assert_problem(locked.post("/api/v1/chat/", json=BODY, headers=_keyed(bert)), 404, "collection_not_found")
    named = {**BODY, "client_id": "anna-co"}
    assert_problem(locked.post("/api/v1/chat/", json=named, headers=_keyed(bert)), 404, "client_not_found")
    admins = locked.post("/api/v1/chat/", json=named, headers=_keyed(ADMIN))
    assert admins.json()["session_id"] != first.json()["session_id"]
    for key, body, answer in ((anna, BODY, first), (ADMIN, named, admins)):
        assert locked.post("/api/v1/chat/", json=body, headers=_keyed(key)).content == answer.content
    for key in ("", "wrong"):
        assert_problem(locked.post("/api/v1/chat/", json=BODY, headers=_keyed(key)), 401, "not_authenticated")


def test_an_answer_is_given_again_to_the_api_key_that_asked_and_not_once_it_is_revoked(locked: TestClient) -> None:
    anna = _client(locked, "anna-co")
    upload(locked, ("a.txt", SECRET.encode()), headers=_bearer(anna))
    made = locked.post(f"{CLIENTS}/anna-co/keys", json={}, headers=_keyed(ADMIN)).json()
    first = locked.post("/api/v1/chat/", json=BODY, headers=_keyed(anna))
    other = locked.post("/api/v1/chat/", json=BODY, headers=_keyed(made["api_key"]))
    assert other.json()["session_id"] != first.json()["session_id"]
    assert locked.post("/api/v1/chat/", json=BODY, headers=_keyed(made["api_key"])).content == other.content
    locked.delete(f"{CLIENTS}/anna-co/keys/{made['key_id']}", headers=_bearer(ADMIN))
    refused = locked.post("/api/v1/chat/", json=BODY, headers=_keyed(made["api_key"]))
    assert_problem(refused, 401, "not_authenticated")


def test_an_erased_clients_answers_are_gone(locked: TestClient) -> None:
    answers = []
    for _ in range(2):
        made = locked.post(CLIENTS, json={"client_id": "anna-co"}, headers=_keyed(ADMIN)).json()
        anna = made["api_key"]
        upload(locked, ("a.txt", SECRET.encode()), headers=_keyed(anna))
        chat = locked.post("/api/v1/chat/", json=BODY, headers=_keyed(anna))
        assert "idempotency-replayed" not in chat.headers
        answers.append((made["key_id"], chat.json()["session_id"]))
        assert locked.delete(f"{CLIENTS}/anna-co", headers=_bearer(ADMIN)).is_success
    assert answers[0][0] != answers[1][0]
    assert answers[0][1] != answers[1][1]


def test_no_file_tells_what_was_answered_or_under_which_key(make_app: AppFactory, tmp_path: Path) -> None:
    with make_app(admin_api_key=ADMIN) as api:
        made = api.post(CLIENTS, json={"client_id": "anna-co"}, headers=_keyed(ADMIN)).json()
        anna = made["api_key"]
        upload(api, ("a.txt", SECRET.encode()), headers=_bearer(anna))
        asked = {**BODY, "use_memory": False}
        first = api.post("/api/v1/chat/", json=asked, headers=_keyed(anna))
        assert "zq7731" in first.text
        again = api.post(CLIENTS, json={"client_id": "anna-co"}, headers=_keyed(ADMIN)).json()
        assert again["api_key"] == anna
    raw = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("sessions.db*"))
    assert b"anna-co" in raw
    for secret in (b"zq7731", anna.encode(), anna.split("_", 2)[2].encode(), KEY["Idempotency-Key"].encode()):
        assert secret not in raw


def test_whatever_makes_something_may_be_sent_again(make_app: AppFactory) -> None:
    with make_app() as api:
        paths = api.get("/openapi.json").json()["paths"]
    posts = {path: operations["post"] for path, operations in paths.items() if "post" in operations}
    named = {path: {each["name"] for each in post.get("parameters", ())} for path, post in posts.items()}
    assert {path for path, names in named.items() if "Idempotency-Key" not in names} == MAKING_NOTHING
    assert all("409" in posts[path]["responses"] for path in posts.keys() - MAKING_NOTHING)
