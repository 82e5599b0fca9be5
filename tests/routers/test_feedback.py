"""What people say about answers, over HTTP."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.routers import feedback as routes
from tests.api import app_in, ask, assert_problem, upload

LIST = "/api/v1/clients/harbour/feedback"


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    """An app for the whole module; each test talks in a session of its own and deletes it."""
    with TestClient(app_in(tmp_path_factory.mktemp("feedback"), new_stores)) as api:
        upload(api, client_id="harbour")
        yield api


@pytest.fixture
def answer(harbour: TestClient) -> Iterator[dict[str, Any]]:
    body: dict[str, Any] = ask(harbour, "Who built the crane?", "harbour", session_id="talk").json()
    yield body
    harbour.delete("/api/v1/sessions/talk?client_id=harbour")


def _path(answer: dict[str, Any]) -> str:
    return f"/api/v1/sessions/{answer['session_id']}/messages/{answer['message_id']}/feedback"


def test_an_answer_is_rated_and_the_rating_read_changed_and_taken_back(
    harbour: TestClient, answer: dict[str, Any]
) -> None:
    path = _path(answer)
    assert_problem(harbour.get(path), 404, "feedback_not_found")
    given = harbour.post(path, json={"rating": "down", "reason": "sources", "comment": " No. "})
    assert given.status_code == 200
    body = given.json()
    assert (body["message_id"], body["rating"], body["reason"], body["comment"]) == (
        answer["message_id"], "down", "sources", "No.",
    )  # fmt: skip
    assert harbour.get(path).json() == body
    assert harbour.post(path, json={"rating": "up"}).json()["comment"] == ""
    messages = harbour.get("/api/v1/sessions/talk/messages").json()["messages"]
    assert [(m["message_id"], m["rating"]) for m in messages][1] == (answer["message_id"], "up")
    usage = harbour.get("/api/v1/clients/harbour/usage").json()
    assert (usage["feedback_up"], usage["feedback_down"]) == (1, 0)
    assert harbour.delete(path).status_code == 200
    assert_problem(harbour.delete(path), 404, "feedback_not_found")
    assert_problem(
        harbour.post(_path({**answer, "message_id": "msg_1"}), json={"rating": "up"}), 404, "message_not_found"
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rating": "middling"},
        {"rating": "up", "reason": "because"},
        {"rating": "up", "comment": "x" * 2001},
        {"rating": "up", "stars": 5},
    ],
)
def test_feedback_has_its_form(harbour: TestClient, answer: dict[str, Any], body: dict[str, Any]) -> None:
    assert_problem(harbour.post(_path(answer), json=body), 422, "invalid_input")
    assert harbour.get(LIST).json()["feedback"] == []


def test_a_stream_names_its_message_and_what_is_not_stored_has_no_name(harbour: TestClient) -> None:
    asked = {"message": "Who built the crane?", "client_id": "harbour", "session_id": "streamed"}
    done = json.loads(harbour.post("/api/v1/chat/stream", json=asked).text.split("data: ")[-1])
    assert done["type"] == "done"
    stored = harbour.get("/api/v1/sessions/streamed/export").json()["messages"][1]
    assert stored["message_id"] == done["message_id"]
    assert harbour.delete("/api/v1/sessions/streamed").status_code == 200
    assert ask(harbour, "Who built the crane?", "harbour", use_memory=False).json()["message_id"] is None


def test_feedback_is_listed_with_what_it_is_about(harbour: TestClient, answer: dict[str, Any]) -> None:
    second = ask(harbour, "How much does it lift?", "harbour", session_id="talk").json()
    harbour.post(_path(answer), json={"rating": "up"})
    harbour.post(_path(second), json={"rating": "down", "comment": "Fifty."})
    first = harbour.get(LIST, params={"limit": 1}).json()
    (rated,) = first["feedback"]
    assert (rated["question"], rated["comment"]) == ("How much does it lift?", "Fifty.")
    assert (rated["answer"], rated["session_id"]) == (second["response"], "talk")
    assert rated["sources"][0]["source"] == "crane.txt"
    rest = harbour.get(LIST, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert ([one["rating"] for one in rest["feedback"]], rest["next_cursor"]) == (["up"], None)
    down = harbour.get(LIST, params={"rating": "down"}).json()["feedback"]
    assert [one["message_id"] for one in down] == [second["message_id"]]
    assert_problem(harbour.get(LIST, params={"cursor": "x"}), 422, "invalid_cursor")


def test_of_a_client_that_is_not_there_nothing_is_listed(harbour: TestClient) -> None:
    for place in ("", "/export"):
        assert_problem(harbour.get(f"{LIST}{place}".replace("harbour", "nobody")), 404, "client_not_found")


def test_all_of_it_is_exported(harbour: TestClient, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "EXPORTED_AT_ONCE", 1)
    second = ask(harbour, "How much does it lift?", "harbour", session_id="talk").json()
    harbour.post(_path(answer), json={"rating": "down", "comment": '=SUM(1)\n"so"'})
    harbour.post(_path(second), json={"rating": "up"})
    lines = harbour.get(f"{LIST}/export")
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert lines.headers["content-disposition"] == 'attachment; filename="feedback-harbour.jsonl"'
    told = [json.loads(line) for line in lines.text.splitlines()]
    assert told == harbour.get(LIST).json()["feedback"]
    assert told[1]["comment"] == '=SUM(1)\n"so"'
    table = harbour.get(f"{LIST}/export", params={"format": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [row["message_id"] for row in rows] == [second["message_id"], answer["message_id"]]
    assert rows[1]["comment"] == '\'=SUM(1)\n"so"'
    assert (rows[1]["question"], rows[1]["sources"]) == ("Who built the crane?", "crane.txt, page 1")
    assert [
        one["rating"] for one in csv.DictReader(io.StringIO(harbour.get(f"{LIST}/export?format=csv&rating=up").text))
    ] == ["up"]
