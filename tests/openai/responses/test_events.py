"""Streamed responses, used by OpenAI's own Python package over real HTTP."""

import json
from typing import Any

import openai
import pytest

from tests.openai.responses.asking import SEARCH, respond
from tests.openai.service import QUESTION, Service
from tests.standin import Cut, StandIn

TEXT = [
    "response.output_item.added", "response.content_part.added", "response.output_text.delta",
    "response.output_text.annotation.added", "response.output_text.done", "response.content_part.done",
    "response.output_item.done", "response.completed",
]  # fmt: skip
SEARCHED = [
    "response.output_item.added", "response.file_search_call.in_progress", "response.file_search_call.searching",
    "response.file_search_call.completed", "response.output_item.done",
]  # fmt: skip


def _kinds(events: list[Any]) -> list[str]:
    kinds = [event.type for event in events]
    return [kind for number, kind in enumerate(kinds) if not number or kinds[number - 1] != kind]


@pytest.mark.parametrize("tools", [[], [SEARCH]])
def test_events_come_in_openais_order_and_add_up(quoting: Service, tools: list[Any]) -> None:
    whole = respond(quoting, tools=tools, store=False)
    events = list(respond(quoting, tools=tools, stream=True, include=["file_search_call.results"], store=False))
    assert _kinds(events) == ["response.created", "response.in_progress", *(SEARCHED if tools else []), *TEXT]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type.endswith("text.delta")) == whole.output_text
    last = events[-1].response
    assert last.output_text == whole.output_text
    assert last.output[-1].content == whole.output[-1].content
    assert last.model_extra["sources"] == whole.model_extra["sources"]
    assert {event.response.id for event in events if hasattr(event, "response")} == {last.id}
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert done == last.output
    assert all(event.output_index == len(tools) for event in events if event.type.endswith("text.delta"))
    if tools:
        assert done[0].results[0].filename == "crane.txt"


def test_the_packages_own_stream_helper_reads_it(quoting: Service) -> None:
    tools: Any = [SEARCH]
    with quoting.openai.responses.stream(model="harbour", input=QUESTION, tools=tools) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert {"response.output_text.delta", "response.completed"} <= kinds
    assert final.output_text == respond(quoting).output_text


def test_a_streamed_turn_is_kept_and_goes_on(with_model: Service, standin: StandIn) -> None:
    *_, last = respond(with_model, "Who built the crane?", stream=True)
    respond(with_model, "And when?", previous_response_id=last.response.id)
    assert standin.requests[-1].messages[1]["content"] == "Who built the crane?"


def test_a_stream_that_breaks_raises_in_the_package(with_model: Service, standin: StandIn) -> None:
    standin.behave = lambda _: Cut(after_words=3)
    with pytest.raises(openai.APIError) as caught:
        list(respond(with_model, stream=True))
    assert "vendor text" not in str(caught.value)
    body = {"model": "harbour", "input": QUESTION, "stream": True}
    lines = with_model.http.post("/v1/responses", json=body).text.splitlines()
    *_, error, failed = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert (error["type"], error["error"]["code"], error["message"]) == (
        "error",
        error["code"],
        error["error"]["message"],
    )
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    assert failed["response"]["error"]["code"] == error["code"]
    assert failed["sequence_number"] == error["sequence_number"] + 1


def test_each_event_is_named_on_the_wire(quoting: Service) -> None:
    response = quoting.http.post("/v1/responses", json={"model": "harbour", "input": QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    for block in response.text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        assert json.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
