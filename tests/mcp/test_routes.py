"""The way in for agents: who gets in, with what, and what of the inside shows."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.config import Settings
from app.main import create_app
from app.mcp.sdk import PROBLEM_KEY
from app.service import Services
from app.services.retriever import Retriever
from tests.api import AppFactory, assert_problem, upload
from tests.fakes import HashEmbeddings

PATH = "/mcp?client_id=harbour"
ADMIN = "admin-key-of-the-mcp-test"


def say(api: TestClient, method: str, params: Any = None, *, path: str = PATH, **headers: str) -> Any:
    """Send one message of the protocol's earlier generation; return the response."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": params} if params else {})}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.post(path, json=message, headers={"Accept": "application/json, text/event-stream", **named})


def call(api: TestClient, name: str, arguments: Any = None, **more: str) -> Any:
    """Call a tool; return its result."""
    answer = say(api, "tools/call", {"name": name, "arguments": arguments or {}}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_it_can_be_turned_off(make_client: AppFactory) -> None:
    assert_problem(say(make_client(mcp="off"), "tools/list"), 404, "not_found")


def test_nothing_is_streamed_and_no_session_is_kept(api: TestClient) -> None:
    for method in ("GET", "DELETE"):
        answer = api.request(method, PATH)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "POST"
    answer = say(api, "tools/list")
    assert answer.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in answer.headers
    assert api.post(PATH, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=_ACCEPT).text == ""


def test_in_open_mode_the_client_is_named_in_the_address(api: TestClient) -> None:
    assert_problem(say(api, "tools/list", path="/mcp"), 422, "client_required")
    assert_problem(say(api, "tools/list", path="/mcp?client_id=.."), 422, "invalid_client_id")
    assert say(api, "tools/list", path="/mcp/?client_id=harbour").status_code == 200


def test_pages_that_the_operator_has_not_named_are_turned_away(make_app: AppFactory) -> None:
    with make_app(cors_origins=("https://own.example",)) as api:
        for origin in ("https://evil.example", "http://testserver", "null"):
            assert_problem(say(api, "tools/list", Origin=origin), 403, "origin_not_allowed")
        assert say(api, "tools/list", Origin="https://own.example").status_code == 200
    with make_app(cors_origins=("*",)) as api:
        assert say(api, "tools/list", Origin="https://any.example").status_code == 200


def test_a_key_opens_its_clients_documents_until_it_is_revoked(make_client: AppFactory) -> None:
    api = make_client(admin_api_key=ADMIN)
    admin = {"Authorization": f"Bearer {ADMIN}"}
    made = api.post("/api/v1/clients", json={"client_id": "harbour"}, headers=admin).json()
    key = {"Authorization": f"Bearer {made['api_key']}"}
    upload(api, headers=key)
    for headers in ({}, {"Authorization": "Bearer crag_0123456789abcdef_wrong"}):
        _assert_closed(say(api, "initialize", path="/mcp", **headers))
    assert call(api, "list_documents", path="/mcp", **key)["structuredContent"]["total"] == 1
    assert_problem(say(api, "tools/list", path="/mcp?client_id=airport", **key), 404, "client_not_found")
    api.delete(f"/api/v1/clients/harbour/keys/{made['key_id']}", headers=admin)
    _assert_closed(say(api, "tools/list", path="/mcp", **key))


def _assert_closed(answer: Any) -> None:
    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_body_is_bounded_and_has_to_be_a_message(api: TestClient) -> None:
    assert_problem(say(api, "tools/list", {"_meta": {"x": "y" * (1 << 20)}}), 413, "too_large")
    for body in (b"{", b"[]", b'"x"', b"[" * 50_000, b"\xff"):
        answer = api.post(PATH, content=body, headers={**_ACCEPT, "Content-Type": "application/json"})
        assert answer.status_code == 400
        assert "Traceback" not in answer.text


def test_each_call_of_a_tool_counts_and_talk_about_tools_does_not(make_client: AppFactory) -> None:
    api = make_client(rate_limit_per_minute=2)
    for _ in range(5):
        assert "error" not in say(api, "tools/list").json()
    for name in ("list_documents", "search_documents"):
        call(api, name)
    result = call(api, "list_documents")
    assert result["isError"]
    problem = result["_meta"][PROBLEM_KEY]
    assert (problem["code"], problem["status"]) == ("rate_limited", 429)
    assert f"Try again in {problem['retry_after']} seconds." in result["content"][0]["text"]


def test_what_tools_use_is_counted_for_the_client(api: TestClient) -> None:
    upload(api, client_id="harbour")
    call(api, "search_documents", {"query": "crane"})
    call(api, "list_documents")
    call(api, "ask", {"question": "How much does the crane lift?"})
    used = api.get("/api/v1/clients/harbour/usage").json()["used"]
    assert (used["total"]["searches"], used["total"]["chats"]) == (1, 1)


def test_an_error_that_nobody_foresaw_shows_nothing_of_the_inside(
    make_settings: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(create_app(make_settings(), opener=_broken)) as api:
        upload(api, client_id="harbour")
        with caplog.at_level(logging.INFO):
            result = call(api, "search_documents", {"query": "zq7731"})
    assert result["isError"]
    assert result["_meta"][PROBLEM_KEY]["code"] == "internal_error"
    assert "zq7731" not in str(result)
    assert "zq7731" not in caplog.text
    (line,) = [vars(record) for record in caplog.records if record.getMessage() == "tool called"]
    assert (line["client"], line["tool"], line["code"]) == ("harbour", "search_documents", "internal_error")


class _Broken(Retriever):
    """Fails with what was asked in the error's text."""

    def __init__(self) -> None:
        """Need nothing."""

    def find(self, *asked: object, **_: object) -> NoReturn:
        raise RuntimeError(f"broken at {asked}")


def _broken(settings: Settings) -> Services:
    return replace(open_services(settings, embedder=HashEmbeddings()), retriever=_Broken())


_ACCEPT = {"Accept": "application/json, text/event-stream"}
