"""Whole responses, used by OpenAI's own Python package over real HTTP."""

import json
import time
from typing import Any

import openai
import pytest

from tests.openai.responses.asking import SEARCH, respond
from tests.openai.service import ANSWER, QUESTION, Service, refused, system, user
from tests.standin import StandIn, Status


def test_a_response_has_openais_shape_and_our_extras(quoting: Service) -> None:
    before = int(time.time())
    response = respond(quoting, metadata={"a": "b"}, instructions="Be brief.", temperature=0.5)
    assert (response.object, response.status, response.model) == ("response", "completed", "harbour")
    assert before <= response.created_at <= time.time()
    assert (response.metadata, response.instructions, response.temperature) == ({"a": "b"}, "Be brief.", 0.5)
    (message,) = response.output
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed")
    assert "forty tonnes" in response.output_text
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.model_extra["sources"][0]["source"] == "crane.txt"
    assert response.model_extra["search_query"] == QUESTION
    assert response.model_extra["grounded"] is True


def test_annotations_are_file_citations(quoting: Service) -> None:
    response = respond(quoting)
    (part,) = response.output[0].content
    assert part.annotations
    for annotation in part.annotations:
        assert annotation.type == "file_citation"
        assert annotation.filename == "crane.txt"
        number = annotation.model_extra["citation"]
        assert part.text[annotation.index :].startswith(f"[{number}]")
        assert annotation.file_id == response.model_extra["sources"][number - 1]["document_id"]
        assert quoting.openai.files.retrieve(annotation.file_id).filename == "crane.txt"


def test_file_search_is_part_of_the_output_for_who_names_it(quoting: Service) -> None:
    search, message = respond(quoting, tools=[SEARCH], tool_choice={"type": "file_search"}).output
    assert (search.type, search.status, search.queries, search.results) == (
        "file_search_call", "completed", [QUESTION], None,
    )  # fmt: skip
    assert message.type == "message"
    search, _ = respond(quoting, tools=[SEARCH], include=["file_search_call.results"]).output
    (found,) = search.results
    assert found.filename == "crane.txt"
    assert "forty tonnes" in found.text
    assert found.attributes["page"] == 1
    (greeting,) = respond(quoting, "Hello!", tools=[SEARCH]).output
    assert greeting.type == "message", "nothing was searched"


def test_file_search_takes_filters_and_a_number(quoting: Service) -> None:
    for year in (2026, 2027):
        files = [("files", (f"{year}.txt", f"The crane lifts {year} tonnes.".encode()))]
        data = {"client_id": "shipyard", "metadata": f'{{"year": {year}}}'}
        assert quoting.http.post("/api/v1/ingest/", files=files, data=data).is_success

    def sources(**more: Any) -> list[str]:
        tool = {"type": "file_search", "vector_store_ids": ["shipyard"], **more}
        extra = respond(quoting, "What does the crane lift?", model="shipyard", tools=[tool]).model_extra
        return [source["source"] for source in extra["sources"]]

    assert sources(filters={"type": "eq", "key": "year", "value": 2027}) == ["2027.txt"]
    assert len(sources()) == 2
    assert len(sources(max_num_results=1, ranking_options={"ranker": "auto"})) == 1


def test_what_only_tunes_changes_nothing(quoting: Service) -> None:
    tuned = respond(
        quoting, top_p=0.5, max_output_tokens=5, max_tool_calls=1, parallel_tool_calls=True, truncation="auto",
        reasoning={"effort": "low"}, service_tier="auto", user="u-1", safety_identifier="s", prompt_cache_key="k",
        text={"format": {"type": "text"}, "verbosity": "low"}, include=["reasoning.encrypted_content"], tools=[],
        background=False, top_logprobs=0,
    )  # fmt: skip
    assert tuned.output_text == respond(quoting).output_text


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "unsupported_parameter", "tools.0"),
        ({"tools": [{"type": "function", "name": "f", "parameters": {}}]}, "unsupported_parameter", "tools.0"),
        ({"tools": [SEARCH, SEARCH]}, "invalid_input", "tools"),
        ({"tools": [{**SEARCH, "vector_store_ids": ["a", "b"]}]}, "invalid_input", "tools.0.vector_store_ids"),
        (
            {"tools": [{**SEARCH, "ranking_options": {"score_threshold": 0.5}}]},
            "unsupported_parameter",
            "tools.0.ranking_options.score_threshold",
        ),
        ({"tools": [{**SEARCH, "filters": {"type": "gt", "key": "author", "value": "a"}}]}, "invalid_filter", None),
        ({"tool_choice": {"type": "function", "name": "f"}}, "unsupported_parameter", "tool_choice"),
        ({"include": ["message.output_text.logprobs"]}, "unsupported_parameter", "include"),
        ({"text": {"format": {"type": "json_object"}}}, "unsupported_parameter", "text"),
        ({"background": True}, "unsupported_parameter", "background"),
        ({"conversation": "conv_1"}, "unsupported_parameter", "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "unsupported_parameter", "prompt"),
        ({"top_logprobs": 3}, "unsupported_parameter", "top_logprobs"),
        ({"extra_body": {"frobnicate": 1}}, "invalid_input", "frobnicate"),
        ({"input": "  "}, "no_question", None),
        ({"input": [system("Be kind.")]}, "no_question", None),
        ({"input": "x" * 8001}, "message_too_long", None),
        ({"instructions": "x" * 8001}, "instructions_too_long", None),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    quoting: Service, change: dict[str, Any], code: str, param: str | None
) -> None:
    given = change.pop("input", QUESTION)
    refused(openai.BadRequestError, lambda: respond(quoting, given, **change), code, param)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("field", ["input", "instructions", "metadata", "tool_choice", "previous_response_id"])
def test_half_a_surrogate_pair_is_refused_or_passed_over(quoting: Service, field: str, *, stream: bool) -> None:
    half = "\ud800"
    given = {"metadata": {"a": half}, "tool_choice": {"type": "file_search", "x": half}}.get(field, half)
    body = json.dumps({"model": "harbour", "input": QUESTION, "stream": stream, field: given})
    answer = quoting.http.post("/v1/responses", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == (200 if field == "tool_choice" else 400)
    assert "surrogates" in answer.text or "Unicode" in answer.text or field == "tool_choice"


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call_output", "call_id": "c", "output": "4"},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:"}]},
    ],
)
def test_items_that_cannot_be_read_are_refused(quoting: Service, item: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        respond(quoting, [item, user(QUESTION)])
    assert caught.value.code == "unsupported_parameter"
    assert str(caught.value.param).startswith("input")


@pytest.mark.parametrize("stream", [False, True])
def test_another_model_or_vector_store_is_not_found(quoting: Service, *, stream: bool) -> None:
    for more, code in (
        ({"model": "nobody-here"}, "model_not_found"),
        ({"tools": [{**SEARCH, "vector_store_ids": ["airport"]}]}, "client_not_found"),
        ({"previous_response_id": "resp_nothing"}, "previous_response_not_found"),
        ({"previous_response_id": f"resp_{'0' * 24}_1"}, "previous_response_not_found"),
    ):
        refused(openai.NotFoundError, lambda given=more: respond(quoting, stream=stream, **given), code)


def test_instructions_and_system_messages_are_sent_after_ours(with_model: Service, standin: StandIn) -> None:
    parts = [{"type": "input_text", "text": QUESTION}]
    given = [{"role": "developer", "content": "Speak of ships."}, user(parts)]
    response = respond(with_model, given, instructions="You are a pirate.", temperature=0.25)
    assert response.output_text == "It lifts forty tonnes [1]. Or more."
    assert response.model_extra["system_fingerprint"] == "llama-3.3-70b-versatile"
    assert response.usage.output_tokens == len(ANSWER.split())
    (sent,) = standin.requests
    ours, _, theirs = sent.messages[0]["content"].partition("You are a pirate.")
    assert "passages" in ours
    assert "Speak of ships." in theirs
    assert sent.body["temperature"] == 0.25


def test_a_vendor_that_fails_is_a_server_error_and_nothing_is_stored(with_model: Service, standin: StandIn) -> None:
    standin.behave = lambda _: Status(401)
    before = with_model.http.get("/api/v1/sessions/list").json()
    for stream in (False, True):
        with pytest.raises(openai.InternalServerError) as caught:
            respond(with_model, stream=stream)
        assert caught.value.code == "model_auth_failed"
    assert with_model.http.get("/api/v1/sessions/list").json() == before
