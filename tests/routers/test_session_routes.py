"""Reading, naming, listing and taking away conversations over HTTP."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import AppFactory, ask, assert_problem, upload

ADMIN = "admin-key-of-the-session-test"


@pytest.fixture
def harbour(api: TestClient) -> TestClient:
    upload(api, client_id="harbour")
    return api


def _talk(api: TestClient, turns: int, session_id: str = "talk", client_id: str = "harbour") -> list[str]:
    """Ask that many questions; return the answers."""
    return [
        ask(api, f"Who built the crane? Take {number}.", client_id, session_id=session_id).json()["response"]
        for number in range(1, turns + 1)
    ]


def _messages(api: TestClient, session_id: str = "talk", **query: Any) -> Any:
    return api.get(f"/api/v1/sessions/{session_id}/messages", params=query)


def test_messages_come_in_order_with_the_sources_of_each_answer(harbour: TestClient) -> None:
    answers = _talk(harbour, 2)
    body = _messages(harbour).json()
    assert (body["session_id"], body["client_id"], body["has_more"]) == ("talk", "harbour", False)
    messages = body["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert [(message["number"], message["turn"]) for message in messages] == [(1, 1), (2, 1), (3, 2), (4, 2)]
    assert [message["content"] for message in messages[1::2]] == answers
    assert messages[0]["sources"] == []
    for answer in messages[1::2]:
        assert answer["sources"][0]["source"] == "crane.txt"
        assert answer["sources"][0]["page"] == 1


def test_messages_are_paged_forwards_and_backwards(harbour: TestClient) -> None:
    _talk(harbour, 3)

    def numbers(**query: Any) -> tuple[list[int], bool]:
        body = _messages(harbour, **query).json()
        return [message["number"] for message in body["messages"]], body["has_more"]

    assert numbers(limit=4) == ([1, 2, 3, 4], True)
    assert numbers(after=4, limit=4) == ([5, 6], False)
    assert numbers(before=7, limit=2) == ([5, 6], True)
    assert numbers(before=3, limit=2) == ([1, 2], False)
    assert numbers(after=1, before=5) == ([2, 3, 4], False)
    assert numbers(after=2**31 - 1) == ([], False)


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 501}, {"after": -1}, {"before": 0}, {"before": 2**31}, {"after": "x"}]
)
def test_a_page_that_cannot_be_is_refused(harbour: TestClient, query: dict[str, Any]) -> None:
    _talk(harbour, 1)
    assert_problem(_messages(harbour, **query), 422, "invalid_input")


def test_a_title_is_set_shown_and_taken_away(harbour: TestClient) -> None:
    _talk(harbour, 1)
    assert harbour.get("/api/v1/sessions/talk/info").json()["title"] is None
    renamed = harbour.patch("/api/v1/sessions/talk", json={"title": "  The crane's builder "})
    assert renamed.json()["title"] == "The crane's builder"
    assert harbour.get("/api/v1/sessions/talk/info").json()["title"] == "The crane's builder"
    assert harbour.get("/api/v1/sessions").json()["sessions"][0]["title"] == "The crane's builder"
    assert harbour.patch("/api/v1/sessions/talk", json={"title": None}).json()["title"] is None


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "two\nlines", "bell\x07", 7, "\ud800"])
def test_a_title_is_one_line_of_bounded_length(harbour: TestClient, title: Any) -> None:
    _talk(harbour, 1)
    body = '{"title": "\\ud800"}' if title == "\ud800" else None
    response = (
        harbour.patch("/api/v1/sessions/talk", content=body, headers={"Content-Type": "application/json"})
        if body
        else harbour.patch("/api/v1/sessions/talk", json={"title": title})
    )
    assert_problem(response, 422, "invalid_input")
    assert_problem(harbour.patch("/api/v1/sessions/talk", json={}), 422, "invalid_input")


def test_the_list_tells_title_last_message_and_count(harbour: TestClient) -> None:
    _talk(harbour, 2, "older")
    _talk(harbour, 1, "newer")
    body = harbour.get("/api/v1/sessions").json()
    assert body["next_cursor"] is None
    assert [(row["session_id"], row["message_count"]) for row in body["sessions"]] == [("newer", 2), ("older", 4)]
    newest = _messages(harbour, "newer").json()["messages"][-1]["timestamp"]
    assert body["sessions"][0]["last_message_at"] == pytest.approx(newest, abs=0.01)
    assert harbour.get("/api/v1/sessions/list").json() == ["newer", "older"]


def test_the_list_is_paged_and_narrowed_to_a_client(harbour: TestClient) -> None:
    upload(harbour, client_id="airport")
    for number in range(3):
        _talk(harbour, 1, f"talk-{number}")
    _talk(harbour, 1, "elsewhere", "airport")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query: dict[str, str] = {"client_id": "harbour", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        body = harbour.get("/api/v1/sessions", params=query).json()
        seen += [row["session_id"] for row in body["sessions"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == ["talk-2", "talk-1", "talk-0"]
    assert len(harbour.get("/api/v1/sessions").json()["sessions"]) == 4
    assert_problem(harbour.get("/api/v1/sessions?cursor=nonsense"), 422, "invalid_cursor")


def test_a_conversation_is_exported_as_json_and_as_markdown(harbour: TestClient) -> None:
    answers = _talk(harbour, 2, "my:talk@home")
    harbour.patch("/api/v1/sessions/my:talk@home", json={"title": "Crane, année 1962"})
    exported = harbour.get("/api/v1/sessions/my:talk@home/export")
    assert exported.headers["content-type"] == "application/json"
    assert exported.headers["content-disposition"] == 'attachment; filename="my_talk_home.json"'
    body = exported.json()
    assert body["title"] == "Crane, année 1962"
    assert [message["content"] for message in body["messages"] if message["role"] == "assistant"] == answers
    assert body["messages"][1]["sources"][0]["source"] == "crane.txt"

    markdown = harbour.get("/api/v1/sessions/my:talk@home/export?format=markdown")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.headers["content-disposition"] == 'attachment; filename="my_talk_home.md"'
    assert markdown.text.startswith("# Crane, année 1962\n")
    assert "## Question 2" in markdown.text
    assert "crane.txt" in markdown.text
    assert_problem(harbour.get("/api/v1/sessions/my:talk@home/export?format=pdf"), 422, "invalid_input")


CALLS = [
    ("get", "/api/v1/sessions/talk/info", None),
    ("get", "/api/v1/sessions/talk/messages", None),
    ("get", "/api/v1/sessions/talk/export", None),
    ("patch", "/api/v1/sessions/talk", {"title": "Mine"}),
    ("delete", "/api/v1/sessions/talk", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_in_open_mode_client_id_says_whose_session_is_meant(
    harbour: TestClient, method: str, path: str, body: dict[str, str] | None
) -> None:
    upload(harbour, client_id="airport")
    _talk(harbour, 1)
    _talk(harbour, 2, client_id="airport")
    assert_problem(harbour.request(method, path, json=body), 409, "ambiguous_session")
    assert harbour.request(method, path, json=body, params={"client_id": "airport"}).is_success
    assert_problem(harbour.request(method, path, json=body, params={"client_id": "seaport"}), 404, "session_not_found")
    left = harbour.get("/api/v1/sessions?client_id=harbour").json()["sessions"]
    assert [(row["title"], row["message_count"]) for row in left] == [(None, 2)]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_a_key_reaches_no_session_but_its_clients(
    make_client: AppFactory, method: str, path: str, body: dict[str, str] | None
) -> None:
    api = make_client(admin_api_key=ADMIN)
    admin = {"Authorization": f"Bearer {ADMIN}"}
    key = {"X-API-Key": api.post("/api/v1/clients", json={"client_id": "airport"}, headers=admin).json()["api_key"]}
    upload(api, client_id="harbour", headers=admin)
    ask(api, "Who built it?", "harbour", session_id="talk", headers=admin)
    assert_problem(api.request(method, path, json=body, headers=key), 404, "session_not_found")
    named = api.request(method, path, json=body, headers=key, params={"client_id": "harbour"})
    assert_problem(named, 404, "client_not_found")
    assert_problem(api.get("/api/v1/sessions?client_id=harbour", headers=key), 404, "client_not_found")
    assert api.get("/api/v1/sessions", headers=key).json()["sessions"] == []
    assert api.request(method, path, json=body, headers=admin).is_success


@pytest.mark.parametrize("path", ["messages", "export", "info"])
def test_a_session_that_does_not_exist_is_not_found(harbour: TestClient, path: str) -> None:
    assert_problem(harbour.get(f"/api/v1/sessions/nobodys/{path}"), 404, "session_not_found")
