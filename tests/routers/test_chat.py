"""Asking over HTTP, and the collections."""

import pytest
from fastapi.testclient import TestClient

from tests.api import TEXT, AppFactory, ask, assert_problem, upload, upload_each


@pytest.fixture
def harbour(api: TestClient) -> TestClient:
    upload(api, ("crane.txt", TEXT.encode()), client_id="harbour")
    return api


def test_an_answer_has_the_promised_fields(harbour: TestClient) -> None:
    body = ask(harbour, "How much does the harbour crane lift?", "harbour").json()
    assert "forty tonnes" in body["response"]
    assert body["client_id"] == "harbour"
    assert body["session_id"]
    assert body["memory_used"] is True
    assert body["model"] == "extractive"
    assert body["usage"] is None
    assert set(body["timings_ms"]) == {"retrieval", "generation", "total"}


def test_sources_name_file_page_and_place(harbour: TestClient) -> None:
    (source,) = ask(harbour, "How much does the harbour crane lift?", "harbour").json()["sources"]
    assert source["source"] == "crane.txt"
    assert source["page"] == 1
    assert source["citation"] == 1
    assert source["chunk_index"] == 0
    assert source["content"] == TEXT.strip()[source["start"] : source["end"]]
    assert 0 < source["score"] <= 1


def test_top_k_bounds_the_sources(api: TestClient) -> None:
    upload_each(api, "harbour", [f"Crane number {n} lifts {n} tonnes of cargo in the harbour." for n in range(60)])
    assert len(ask(api, "cranes", "harbour", top_k=1).json()["sources"]) == 1
    assert len(ask(api, "cranes", "harbour", top_k=50).json()["sources"]) == 50
    few = ask(api, "cranes", "harbour", context_tokens=100).json()["sources"]
    assert 5 <= len(few) <= 12, "as many as 100 tokens hold"
    assert len(ask(api, "cranes", "harbour").json()["sources"]) > len(few)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"message": "", "client_id": "harbour"}, 422, "invalid_input"),
        ({"message": "  \n ", "client_id": "harbour"}, 422, "invalid_input"),
        ({"message": 5, "client_id": "harbour"}, 422, "invalid_input"),
        ({"message": ["hi"], "client_id": "harbour"}, 422, "invalid_input"),
        ({"message": "hi", "client_id": "harbour", "top_k": 0}, 422, "invalid_input"),
        ({"message": "hi", "client_id": "harbour", "top_k": 51}, 422, "invalid_input"),
        ({"message": "hi", "client_id": "harbour", "use_memory": "perhaps"}, 422, "invalid_input"),
        ({"message": "hi"}, 422, "client_required"),
        ({"message": "hi", "client_id": "../x"}, 422, "invalid_client_id"),
        ({"message": "hi", "client_id": "harbour", "session_id": "a b"}, 422, "invalid_session_id"),
        ({"message": "hi", "client_id": "harbour", "session_id": "x" * 129}, 422, "invalid_session_id"),
        ({"message": "h" * 8001, "client_id": "harbour"}, 422, "message_too_long"),
        ({"message": "h" * 2_000_000, "client_id": "harbour"}, 413, "too_large"),
        ({"message": "hi", "client_id": "nobody-yet"}, 404, "collection_not_found"),
    ],
)
def test_a_bad_question_is_refused_and_changes_nothing(
    harbour: TestClient, body: dict[str, object], status: int, code: str
) -> None:
    assert_problem(harbour.post("/api/v1/chat/", json=body), status, code)
    assert harbour.get("/api/v1/sessions/list").json() == []
    assert harbour.get("/api/v1/chat/collections").json()["total"] == 1


def test_a_body_that_is_not_json_is_refused(api: TestClient) -> None:
    headers = {"content-type": "application/json"}
    assert_problem(api.post("/api/v1/chat/", content=b"{not json", headers=headers), 400, "bad_request")
    assert_problem(api.post("/api/v1/chat/", content=b"[1]", headers=headers), 422, "invalid_input")
    assert "Content-Type" in api.post("/api/v1/chat/", content=b'{"message": "hi"}').json()["detail"]


def test_the_refusal_does_not_repeat_what_was_sent(api: TestClient) -> None:
    response = api.post("/api/v1/chat/", json={"message": "hi", "top_k": "my secret"})
    assert "my secret" not in response.text


def test_collections_are_listed_with_true_counts(api: TestClient) -> None:
    for client_id, count in (("aaa", 2), ("bbb", 1)):
        for number in range(count):
            upload(api, (f"{number}.txt", f"text {number} {TEXT}".encode()), client_id=client_id)
    body = api.get("/api/v1/chat/collections").json()
    assert [(c["client_id"], c["document_count"]) for c in body["collections"]] == [("aaa", 2), ("bbb", 1)]
    assert body["total"] == 2
    assert "next_cursor" not in body


def test_collections_are_paged(api: TestClient) -> None:
    for client_id in ("aaa", "bbb", "ccc"):
        upload(api, client_id=client_id)
    first = api.get("/api/v1/chat/collections?limit=2").json()
    assert [c["client_id"] for c in first["collections"]] == ["aaa", "bbb"]
    second = api.get("/api/v1/chat/collections", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [c["client_id"] for c in second["collections"]] == ["ccc"]
    assert first["total"] == second["total"] == 3
    assert "next_cursor" not in second


def test_stats_follow_what_happens(harbour: TestClient) -> None:
    before = harbour.get("/api/v1/chat/collections/harbour/stats").json()
    assert before["collection_name"] == "docs_harbour"
    assert before["exists"] is True
    assert before["document_count"] == 1
    upload(harbour, ("b.txt", b"Another document about tides."), client_id="harbour")
    after = harbour.get("/api/v1/chat/collections/harbour/stats").json()
    assert after["document_count"] == 2
    assert after["chunk_count"] == before["chunk_count"] + 1
    assert after["last_modified"] > before["last_modified"]


def test_stats_of_an_unknown_client_are_zero_and_create_nothing(api: TestClient) -> None:
    body = api.get("/api/v1/chat/collections/nobody-yet/stats").json()
    assert body["exists"] is False
    assert body["document_count"] == body["chunk_count"] == 0
    assert body["last_modified"] is None
    assert api.get("/api/v1/chat/collections").json()["total"] == 0


def test_a_deleted_collection_is_gone_and_can_come_back(harbour: TestClient) -> None:
    response = harbour.delete("/api/v1/chat/collections/harbour")
    assert response.json()["documents_deleted"] == 1
    assert_problem(ask(harbour, "crane?", "harbour"), 404, "collection_not_found")
    assert_problem(harbour.delete("/api/v1/chat/collections/harbour"), 404, "collection_not_found")
    upload(harbour, client_id="harbour")
    assert ask(harbour, "Who built the crane?", "harbour").status_code == 200


def test_deleting_one_collection_leaves_the_others(harbour: TestClient) -> None:
    upload(harbour, client_id="airport")
    harbour.delete("/api/v1/chat/collections/harbour")
    assert ask(harbour, "Who built the crane?", "airport").status_code == 200


def test_a_restart_keeps_documents_and_conversations(make_app: AppFactory) -> None:
    with make_app() as first:
        upload(first, client_id="harbour")
        ask(first, "Who built the crane?", "harbour", session_id="talk")
    with make_app() as second:
        assert "Oskarsson" in ask(second, "Who built the crane?", "harbour", session_id="talk").json()["response"]
        assert second.get("/api/v1/sessions/talk/info").json()["message_count"] == 4
