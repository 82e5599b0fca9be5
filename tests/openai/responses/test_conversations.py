"""Conversations of responses: kept and continued by their ids, or sent along."""

from functools import partial
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient

from tests.api import upload
from tests.openai.responses.asking import respond
from tests.openai.service import ADMIN, QUESTION, Service, assistant, refused, user
from tests.standin import StandIn, Status


def _messages(service: Service, response: Any) -> list[str]:
    session = response.id.rpartition("_")[0]
    found = service.http.get(f"/api/v1/sessions/{session}/messages", params={"client_id": "harbour"})
    assert found.status_code == 200, found.text
    return [message["content"] for message in found.json()["messages"]]


def _spoken(standin: StandIn) -> list[str]:
    """The conversation that the model was last sent, without the rules and the question."""
    return [message["content"] for message in standin.requests[-1].messages[1:-1]]


def test_a_conversation_goes_on_after_its_latest_response(with_model: Service, standin: StandIn) -> None:
    first = respond(with_model, "Who built the crane?")
    assert first.store is True
    second = respond(with_model, "And what does it lift?", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert second.id.rpartition("_")[0] == first.id.rpartition("_")[0]
    assert _spoken(standin)[0] == "Who built the crane?"
    assert [text for text in _messages(with_model, second) if text.endswith("?")] == [
        "Who built the crane?", "And what does it lift?",
    ]  # fmt: skip


def test_a_conversation_branches_after_an_earlier_response(with_model: Service, standin: StandIn) -> None:
    first = respond(with_model, "Who built the crane?")
    second = respond(with_model, "And when?", previous_response_id=first.id)
    other = respond(with_model, "Who may drive it?", previous_response_id=first.id)
    assert "And when?" not in _spoken(standin)
    assert _spoken(standin)[0] == "Who built the crane?"
    assert len(_messages(with_model, second)) == 4
    assert _messages(with_model, other)[::2] == ["Who built the crane?", "Who may drive it?"]
    third = respond(with_model, "Why?", previous_response_id=other.id)
    assert _messages(with_model, third)[::2] == ["Who built the crane?", "Who may drive it?", "Why?"]


@pytest.mark.parametrize("failing", ["the question", "the model"])
def test_no_copy_stays_of_a_conversation_that_does_not_go_on(
    with_model: Service, standin: StandIn, failing: str
) -> None:
    first = respond(with_model, "Who built the crane?")
    respond(with_model, "And when?", previous_response_id=first.id)
    before = with_model.http.get("/api/v1/sessions/list").json()
    standin.behave = lambda _: Status(400)
    question = "x" * 8001 if failing == "the question" else "Who may drive it?"
    with pytest.raises(openai.APIStatusError):
        respond(with_model, question, previous_response_id=first.id)
    assert with_model.http.get("/api/v1/sessions/list").json() == before


def test_what_is_not_to_be_stored_is_not(with_model: Service, standin: StandIn) -> None:
    first = respond(with_model, "Who built the crane?")
    before = with_model.http.get("/api/v1/sessions/list").json()
    second = respond(with_model, "And when?", previous_response_id=first.id, store=False)
    assert _spoken(standin)[0] == "Who built the crane?"
    assert second.store is False
    assert len(_messages(with_model, first)) == 2
    for unkept in (second, respond(with_model, store=False)):
        call = partial(respond, with_model, "Go on.", previous_response_id=unkept.id)
        refused(openai.NotFoundError, call, "previous_response_not_found")
    assert with_model.http.get("/api/v1/sessions/list").json() == before


def test_a_conversation_that_is_sent_along_is_not_stored(with_model: Service, standin: StandIn) -> None:
    before = with_model.http.get("/api/v1/sessions/list").json()
    earlier = {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [
        {"type": "output_text", "text": "The Oskarsson works [1].", "annotations": []}]}  # fmt: skip
    search = {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["x"]}
    response = respond(with_model, [user("Who built it?"), search, earlier, user("Thanks."), user(QUESTION)])
    assert response.store is False
    assert _spoken(standin) == ["Who built it?", "The Oskarsson works."]
    assert "Thanks.\n\nHow much" in standin.requests[-1].messages[-1]["content"]
    assert with_model.http.get("/api/v1/sessions/list").json() == before


def test_an_answer_may_be_named_by_its_id(with_model: Service, standin: StandIn) -> None:
    first = respond(with_model, "Who built the crane?")
    reference = {"type": "item_reference", "id": first.output[0].id}
    second = respond(with_model, [user("Who built the crane?"), reference, user("And when?")])
    assert second.store is True
    assert _messages(with_model, second)[::2] == ["Who built the crane?", "And when?"]
    respond(with_model, [user("Who?"), {"id": second.output[0].id}, user("Hm."), assistant("Yes."), user(QUESTION)])
    assert _spoken(standin)[:2] == ["Who?", "It lifts forty tonnes. Or more."]
    refused(
        openai.NotFoundError,
        lambda: respond(with_model, [{"type": "item_reference", "id": f"msg_{'0' * 24}_1"}, user("Why?")]),
        "previous_response_not_found",
    )


def test_no_more_answers_are_looked_up_than_are_remembered(quoting: Service) -> None:
    first = respond(quoting, "Who built the crane?")
    gone, kept = ({"type": "item_reference", "id": name} for name in (f"msg_{'0' * 24}_1", first.output[0].id))
    earlier = [gone, *[user("Who?"), kept] * 50, assistant("Oskarsson.")]
    refused(
        openai.NotFoundError,
        lambda: respond(quoting, [*earlier[:9], assistant("Oskarsson."), user(QUESTION)]),
        "previous_response_not_found",
    )
    assert respond(quoting, [*earlier, user(QUESTION)]).store is False


def test_earlier_answers_are_not_sent_twice(with_model: Service) -> None:
    first = respond(with_model, "Who built the crane?")
    reference = {"type": "item_reference", "id": first.output[0].id}
    again = respond(with_model, [user("Who?"), reference, user("And when?")], previous_response_id=first.id)
    assert _messages(with_model, again)[::2] == ["Who built the crane?", "And when?"]
    given = [assistant("Oskarsson."), user("And when?")]
    refused(openai.BadRequestError, lambda: respond(with_model, given, previous_response_id=first.id), "invalid_input")


def test_a_response_is_made_once_under_a_key(with_model: Service, standin: StandIn) -> None:
    key = {"Idempotency-Key": "0b8e8a86-7f0b-4f0e-8d52-4b6f6f8f1c11"}
    first, again = (respond(with_model, "Who built the crane?", extra_headers=key) for _ in range(2))
    assert again.id == first.id
    assert len(standin.requests) == 1


def test_a_deleted_conversation_does_not_go_on(with_model: Service) -> None:
    first = respond(with_model, "Who built the crane?")
    session = first.id.rpartition("_")[0]
    assert with_model.http.delete(f"/api/v1/sessions/{session}", params={"client_id": "harbour"}).is_success
    with pytest.raises(openai.NotFoundError):
        respond(with_model, "And when?", previous_response_id=first.id)


def test_a_conversation_is_its_clients_own(locked: TestClient) -> None:
    keys = {}
    for name in ("harbour", "airport"):
        admin = {"Authorization": f"Bearer {ADMIN}"}
        made = locked.post("/api/v1/clients", json={"client_id": name}, headers=admin).json()
        keys[name] = {"Authorization": f"Bearer {made['api_key']}"}
        upload(locked, headers=keys[name])

    def ask(name: str, **more: Any) -> Any:
        return locked.post("/v1/responses", json={"model": "default", "input": QUESTION, **more}, headers=keys[name])

    theirs = ask("harbour").json()
    nobodys = f"resp_{'0' * 24}_1"
    refusals = [ask("airport", previous_response_id=one) for one in (theirs["id"], nobodys)]
    reference = {"type": "item_reference", "id": theirs["output"][0]["id"]}
    refusals.append(ask("airport", input=[reference, user("And when?")]))
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in refusals} == {
        (404, "previous_response_not_found")
    }
    assert ask("harbour", previous_response_id=theirs["id"]).status_code == 200
