"""Answers that are not whole say so, on every way out, and are never kept as whole ones."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx_sse import EventSource

from tests.api import AppFactory, ask, assert_problem, upload
from tests.standin import Endless, Reply, StandIn

QUESTION = "How much does the harbour crane lift?"
BOTH = pytest.mark.parametrize("reason", ["length", "content_filter"])


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def api(make_client: AppFactory, standin: StandIn) -> TestClient:
    api = make_client(
        llm_provider="openai", llm_base_url=standin.openai_base_url, max_answer_tokens=16, no_answer="model"
    )
    assert upload(api, client_id="harbour").is_success
    return api


def _stored(api: TestClient, session: str) -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"/api/v1/sessions/{session}/messages").json()["messages"][1]
    return answer


def _done(api: TestClient, **more: object) -> dict[str, Any]:
    body = {"message": QUESTION, "client_id": "harbour", **more}
    response: Any = api.post("/api/v1/chat/stream", json=body)
    *_, last = EventSource(response).iter_sse()
    done: dict[str, Any] = last.json()
    return done


def _completion(api: TestClient, **more: object) -> Any:
    body = {"model": "harbour", "messages": [{"role": "user", "content": QUESTION}], **more}
    return api.post("/v1/chat/completions", json=body)


def test_a_whole_answer_says_that_it_is_whole(api: TestClient) -> None:
    assert ask(api, QUESTION, "harbour", session_id="talk").json()["finish_reason"] == "stop"
    assert _stored(api, "talk")["extra"] == {}


@BOTH
def test_an_answer_that_is_not_whole_says_why_and_is_kept_as_cut_off(
    api: TestClient, standin: StandIn, reason: str
) -> None:
    standin.behave = lambda _: Reply("It lifts [1]", finish=reason)
    assert ask(api, QUESTION, "harbour", session_id="plain").json()["finish_reason"] == reason
    assert _done(api, session_id="streamed")["finish_reason"] == reason
    for session in ("plain", "streamed"):
        assert _stored(api, session)["content"] == "It lifts [1]"
        assert _stored(api, session)["extra"] == {"cut_off": True, "finish_reason": reason}


@BOTH
def test_openais_clients_hear_it_in_openais_words(api: TestClient, standin: StandIn, reason: str) -> None:
    standin.behave = lambda _: Reply("It lifts [1]", finish=reason)
    assert _completion(api).json()["choices"][0]["finish_reason"] == reason
    assert f'"finish_reason":"{reason}"' in _completion(api, stream=True).text


def test_an_answer_without_end_is_cut_at_the_bound(api: TestClient, standin: StandIn) -> None:
    standin.behave = lambda _: Endless()
    done = _done(api, session_id="talk")
    assert done["finish_reason"] == "length"
    assert len(done["response"]) <= 16 * 8
    assert_problem(ask(api, QUESTION, "harbour"), 502, "model_answer_too_long")


def test_thousands_of_citations_become_a_small_answer(make_client: AppFactory, standin: StandIn) -> None:
    api = make_client(llm_provider="openai", llm_base_url=standin.openai_base_url, no_answer="model")
    assert upload(api, client_id="harbour").is_success
    for unit in ("[1]", "[1] a ", "[1-999]"):
        standin.behave = lambda _, unit=unit: Reply(unit * 8000)
        for answer in (ask(api, QUESTION, "harbour"), _completion(api)):
            assert answer.status_code == 200
            assert len(answer.content) < 100_000
        citations = ask(api, QUESTION, "harbour").json()["citations"]
        assert [citation["number"] for citation in citations] == [1]


def test_half_a_character_is_the_models_fault(api: TestClient, standin: StandIn) -> None:
    standin.behave = lambda _: Reply("\ud800 alone")
    assert_problem(ask(api, QUESTION, "harbour"), 502, "model_bad_answer")
    streamed = api.post("/api/v1/chat/stream", json={"message": QUESTION, "client_id": "harbour"})
    assert "model_bad_answer" in streamed.text
    assert _completion(api).json()["error"]["code"] == "model_bad_answer"


def test_a_rewriting_that_is_not_whole_is_not_used(api: TestClient, standin: StandIn) -> None:
    standin.behave = lambda _: Reply("It lifts forty tonnes [1].")
    ask(api, QUESTION, "harbour", session_id="talk")
    standin.script(Reply("How much does the", finish="length"))
    follow_up = ask(api, "And the other one?", "harbour", session_id="talk").json()
    assert follow_up["search_query"] == f"{QUESTION} And the other one?"
