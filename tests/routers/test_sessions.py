"""Conversations over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from tests.api import AppFactory, ask, assert_problem, quick_app, upload
from tests.waiting import wait_for


@pytest.fixture
def harbour(api: TestClient) -> TestClient:
    upload(api, client_id="harbour")
    return api


def test_a_session_is_made_and_goes_on(harbour: TestClient) -> None:
    session_id = ask(harbour, "Who built the crane?", "harbour").json()["session_id"]
    assert ask(harbour, "When?", "harbour", session_id=session_id).json()["session_id"] == session_id
    info = harbour.get(f"/api/v1/sessions/{session_id}/info").json()
    assert info["message_count"] == 4
    assert info["client_id"] == "harbour"
    assert info["is_expired"] is False
    assert info["created_at"] <= info["last_accessed"] < info["expires_at"]


def test_a_named_session_begins_under_that_name(harbour: TestClient) -> None:
    assert ask(harbour, "Who built it?", "harbour", session_id="my-talk").json()["session_id"] == "my-talk"
    assert harbour.get("/api/v1/sessions/list").json() == ["my-talk"]


def test_without_memory_nothing_is_stored(harbour: TestClient) -> None:
    body = ask(harbour, "Who built it?", "harbour", session_id="silent", use_memory=False).json()
    assert body["memory_used"] is False
    assert harbour.get("/api/v1/sessions/list").json() == []
    assert_problem(harbour.get("/api/v1/sessions/silent/info"), 404, "session_not_found")


def test_statistics_count(harbour: TestClient) -> None:
    for session_id in ("one", "two"):
        ask(harbour, "Who built it?", "harbour", session_id=session_id)
    stats = harbour.get("/api/v1/sessions/stats").json()
    assert stats["total_sessions"] == stats["active_sessions"] == stats["active_chains"] == 2
    assert stats["total_messages"] == 4
    assert stats["avg_messages_per_session"] == 2
    assert stats["database_size_mb"] > 0


def test_the_cache_is_bounded(make_client: AppFactory) -> None:
    api = make_client(max_cached_sessions=2)
    upload(api, client_id="harbour")
    for number in range(5):
        ask(api, "Who built it?", "harbour", session_id=f"talk-{number}")
    stats = api.get("/api/v1/sessions/stats").json()
    assert stats["active_chains"] == 2
    assert stats["total_sessions"] == 5


@pytest.mark.parametrize("path", ["/api/v1/chat/{}", "/api/v1/sessions/{}"])
def test_a_cleared_session_is_gone(harbour: TestClient, path: str) -> None:
    ask(harbour, "Who built it?", "harbour", session_id="talk")
    assert harbour.delete(path.format("talk")).json()["session_id"] == "talk"
    assert_problem(harbour.get("/api/v1/sessions/talk/info"), 404, "session_not_found")
    assert_problem(harbour.delete(path.format("talk")), 404, "session_not_found")


def test_sessions_of_one_name_do_not_meet(harbour: TestClient) -> None:
    upload(harbour, client_id="airport")
    ask(harbour, "Who built it?", "harbour", session_id="talk")
    ask(harbour, "Who built it?", "airport", session_id="talk")
    assert harbour.get("/api/v1/sessions/stats").json()["total_sessions"] == 2
    # Without a key nothing says whose is meant.
    assert harbour.get("/api/v1/sessions/talk/info").status_code == 409


@contextmanager
def _app_with_an_expired_session(settings: Settings) -> Iterator[TestClient]:
    now = 1_000_000.0
    with TestClient(quick_app(settings, clock=lambda: now)) as api:
        upload(api, client_id="harbour")
        ask(api, "Who built it?", "harbour", session_id="talk")
        assert api.post("/api/v1/sessions/cleanup").json()["sessions_deleted"] == 0
        now += settings.session_ttl
        yield api


def test_cleanup_deletes_what_has_expired(make_settings: Callable[..., Settings]) -> None:
    with _app_with_an_expired_session(make_settings()) as api:
        assert api.get("/api/v1/sessions/list").json() == []
        assert api.get("/api/v1/sessions/talk/info").json()["is_expired"] is True
        body = api.post("/api/v1/sessions/cleanup").json()
        assert body["message"] == "Expired sessions cleaned up successfully"
        assert body["sessions_deleted"] == 1
        assert body["current_stats"]["total_sessions"] == 0


def test_the_background_cleaner_deletes_too(make_settings: Callable[..., Settings]) -> None:
    with _app_with_an_expired_session(make_settings(cleanup_interval=1)) as api:
        wait_for(lambda: api.get("/api/v1/sessions/stats").json()["total_sessions"] == 0)
