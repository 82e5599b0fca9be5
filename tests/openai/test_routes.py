"""Models, keys and what is refused, used by OpenAI's own Python package over real HTTP."""

import time
from typing import TYPE_CHECKING, Any, cast

import httpx
import openai
import pytest
from fastapi.testclient import TestClient

from tests.api import AppFactory, upload

if TYPE_CHECKING:
    from fastapi import FastAPI
from tests.openai.service import ADMIN, OTHER_TEXT, QUESTION, Service, assistant, refused, system, user


def test_each_client_is_a_model(quoting: Service) -> None:
    models = {model.id: model for model in quoting.openai.models.list()}
    assert {"harbour", "airport"} <= set(models)
    one = quoting.openai.models.retrieve("harbour")
    assert one == models["harbour"]
    assert (one.object, one.owned_by) == ("model", "conversational-rag")
    assert 0 < one.created <= time.time()


@pytest.mark.parametrize("name", ["nobody-here", "gpt-4o", "..", "x", "ünknown"])
def test_a_model_that_does_not_exist_is_not_found(quoting: Service, name: str) -> None:
    if name != "..":
        refused(openai.NotFoundError, lambda: quoting.openai.models.retrieve(name), "model_not_found")
    for stream in (False, True):
        refused(openai.NotFoundError, lambda s=stream: quoting.ask(model=name, stream=s), "model_not_found")


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("n", 2),
        ("n", True),
        ("logprobs", 0),
        ("stop", ["END"]),
        ("tool_choice", "required"),
        ("response_format", {"type": "json_object"}),
        ("logprobs", True),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "alloy", "format": "wav"}),
        ("web_search_options", {}),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(quoting: Service, param: str, value: Any) -> None:
    error = refused(
        openai.BadRequestError, lambda: quoting.ask(extra_body={param: value}), "unsupported_parameter", param
    )
    assert error.type == "invalid_request_error"
    assert param in error.message


@pytest.mark.parametrize(
    ("messages", "code", "param"),
    [
        ([], "invalid_input", "messages"),
        ([assistant("Hello.")], "no_question", None),
        ([user("Hello?"), assistant("Hello.")], "no_question", None),
        ([user("   ")], "no_question", None),
        ([user(None)], "no_question", None),
        ([system("Be kind.")], "no_question", None),
        ([user("x" * 8001)], "message_too_long", None),
        ([system("x" * 8001), user("Hello?")], "instructions_too_long", None),
        ([user([{"type": "image_url", "image_url": {"url": "data:"}}])], "unsupported_parameter", "messages.0.content"),
        ([user([{"type": "text"}])], "invalid_input", "messages.0.content"),
        ([user(["text"])], "unsupported_parameter", "messages.0.content"),
        ([user(7)], "invalid_input", "messages.0.content"),
        ([{"role": "tool", "content": "4", "tool_call_id": "c"}], "invalid_input", "messages.0.role"),
        (
            [{"role": "assistant", "tool_calls": [{"id": "c"}]}, user("Hi")],
            "unsupported_parameter",
            "messages.0.tool_calls",
        ),
    ],
)
def test_a_conversation_that_asks_nothing_readable_is_refused(
    quoting: Service, messages: Any, code: str, param: str | None
) -> None:
    call = quoting.openai.chat.completions.create
    refused(openai.BadRequestError, lambda: call(model="harbour", messages=messages), code, param)


def test_all_errors_below_v1_are_openais(quoting: Service) -> None:
    path = "/v1/chat/completions"

    def send(content: bytes) -> httpx.Response:
        return quoting.http.post(path, content=content, headers={"Content-Type": "application/json"})

    for response, status, code in (
        (send(b"{"), 400, "bad_request"),
        (send(b"[]"), 400, "invalid_input"),
        (send(b'{"model": "' + b"x" * (3 << 20)), 413, "too_large"),
        (quoting.http.post("/v1/moderations", json={}), 404, "not_found"),
        (quoting.http.get(path), 405, "method_not_allowed"),
    ):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json"
        error = response.json()["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert quoting.http.get("/v2").headers["content-type"] == "application/problem+json"


def test_a_long_conversation_fits(quoting: Service) -> None:
    talk = [turn for n in range(300) for turn in (user(f"Question {n}?"), assistant("word " * 500))]
    assert quoting.ask(*talk, user(QUESTION)).choices[0].finish_reason == "stop"


def test_unexpected_errors_are_openais_too(make_app: AppFactory) -> None:
    api = make_app()

    def explode() -> None:
        raise RuntimeError("the customer's secret sentence")

    cast("FastAPI", api.app).add_api_route("/v1/explode", explode)

    with api:
        response = api.get("/v1/explode")
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"
    assert "secret sentence" not in response.text


def test_a_used_up_limit_is_a_rate_limit_error(make_client: AppFactory) -> None:
    api = make_client(rate_limit_per_minute=2)
    upload(api, client_id="harbour")
    body = {"model": "harbour", "messages": [user(QUESTION)]}
    assert api.post("/v1/chat/completions", json=body).status_code == 200
    # One more when a new minute has just begun: then the request before counts a little less than one.
    *_, limited = (api.post("/v1/chat/completions", json=body) for _ in range(2))
    assert limited.status_code == 429
    assert limited.json()["error"]["type"] == "rate_limit_error"
    assert limited.json()["error"]["code"] == "rate_limited"
    assert int(limited.headers["retry-after"]) > 0


def _key(api: TestClient, client_id: str) -> dict[str, str]:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    key = api.post("/api/v1/clients", json={"client_id": client_id}, headers=admin).json()["api_key"]
    return {"Authorization": f"Bearer {key}"}


def test_a_key_asks_its_own_client_and_sees_no_other(locked: TestClient) -> None:
    harbour, airport = _key(locked, "harbour"), _key(locked, "airport")
    upload(locked, headers=harbour)
    upload(locked, ("runway.txt", OTHER_TEXT.encode()), headers=airport)

    def ask(model: str, headers: dict[str, str]) -> Any:
        body = {"model": model, "messages": [user("How much does the crane lift?")]}
        return locked.post("/v1/chat/completions", json=body, headers=headers)

    for model in ("airport", "default"):
        answer = ask(model, airport)
        assert answer.json()["model"] == "airport"
        assert "nine tonnes" in answer.text
        assert "forty" not in answer.text
    assert ask("harbour", airport).json() == ask("nobody-here", airport).json()
    assert ask("harbour", airport).status_code == 404
    assert ask("harbour", {"Authorization": f"Bearer {ADMIN}"}).status_code == 200

    def models(headers: dict[str, str]) -> list[str]:
        return [model["id"] for model in locked.get("/v1/models", headers=headers).json()["data"]]

    assert models(airport) == ["airport"]
    assert models({"Authorization": f"Bearer {ADMIN}"}) == ["airport", "harbour"]
    assert locked.get("/v1/models/harbour", headers=airport).status_code == 404
    assert locked.get("/v1/models/default", headers=airport).json()["id"] == "airport"
    for store in ("harbour", "nobody-here"):
        searched = locked.post(f"/v1/vector_stores/{store}/search", json={"query": "crane"}, headers=airport)
        assert searched.status_code == 404
        assert searched.json()["error"]["code"] == "client_not_found"
    own = locked.post("/v1/vector_stores/default/search", json={"query": "crane"}, headers=airport)
    assert [found["filename"] for found in own.json()["data"]] == ["runway.txt"]


def test_without_a_good_key_there_is_an_authentication_error(locked: TestClient) -> None:
    for headers in ({}, {"Authorization": "Bearer sk-anything"}):
        response = locked.get("/v1/models", headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["error"]["type"] == "authentication_error"
        assert response.json()["error"]["code"] == "not_authenticated"
