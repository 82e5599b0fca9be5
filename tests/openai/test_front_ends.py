"""The prompts that front ends send for themselves get answers that they can use, and no document's text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.conversing.front_ends import LIBRECHAT, OPEN_WEBUI, TALK
from tests.services.conversing.talking import CLIENT, Talking, talking


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Talking]:
    with talking(tmp_path_factory.mktemp("front"), new_stores) as talk:
        yield talk


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Talking]:
    with talking(tmp_path_factory.mktemp("quoting"), new_stores, with_model=False) as talk:
        yield talk


def _complete(talk: Talking, *messages: tuple[str, str], **more: Any) -> Any:
    spoken = [{"role": role, "content": content} for role, content in messages]
    return talk.api.post("/v1/chat/completions", json={"model": CLIENT, "messages": spoken, **more})


def _text(response: Any) -> str:
    assert response.status_code == 200, response.text
    assert response.json()["intent"] == "task"
    assert response.json()["sources"] == []
    return str(response.json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize("prompt", [*OPEN_WEBUI.values(), *LIBRECHAT])
def test_the_model_does_the_task_in_one_call_without_passages(asking: Talking, prompt: str) -> None:
    asking.model.asked.clear()
    asking.model.says = '{ "title": "Paid leave" }'
    assert _text(_complete(asking, ("user", prompt))) == '{ "title": "Paid leave" }'
    assert len(asking.model.asked) == 1
    assert asking.model.asked[0].messages[-1]["content"] == prompt.strip()
    assert "zq7731" not in asking.model.prompt


def test_a_task_is_done_in_a_stream_too(asking: Talking) -> None:
    asking.model.says = '{ "tags": ["Leave"] }'
    response = _complete(asking, ("user", OPEN_WEBUI["tags"]), stream=True)
    chunks = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert json.loads(text) == {"tags": ["Leave"]}
    assert next(chunk["intent"] for chunk in chunks if "intent" in chunk) == "task"


def test_a_system_message_alone_may_be_a_task(asking: Talking) -> None:
    asking.model.says = "Paid leave"
    assert _text(_complete(asking, ("system", LIBRECHAT[1]))) == "Paid leave"
    assert _complete(asking, ("system", "You are kind.")).status_code == 400


def test_a_long_conversation_in_a_task_is_cut_in_its_middle(asking: Talking) -> None:
    asking.model.asked.clear()
    prompt = OPEN_WEBUI["title"].replace(TALK, f"USER: {'word ' * 20_000}\nASSISTANT: The last word.")
    _text(_complete(asking, ("user", prompt)))
    (call,) = asking.model.asked
    assert len(call.messages[-1]["content"]) < 25_000
    assert "The last word." in call.prompt
    assert call.messages[-1]["content"].startswith("### Task:")


def test_a_system_prompt_is_no_task_and_is_followed(asking: Talking) -> None:
    asking.model.asked.clear()
    asking.model.says = "27 days [1]."
    body = _complete(asking, ("system", "You are a friendly voice assistant."), ("user", "How many days of leave?"))
    assert body.json()["intent"] == "search"
    assert "friendly voice assistant" in asking.model.prompt


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("title", {"title": "How many days of paid leave do employees"}), ("tags", {"tags": ["General"]}),
     ("follow_ups", {"follow_ups": []}), ("queries", {"queries": ["How many days of paid leave do employees get?"]}),
     ("other-image", {"prompt": "How many days of paid leave do employees get?"}),
     ("other-autocompletion", {"text": ""})],
)  # fmt: skip
def test_without_a_model_front_ends_get_json_that_they_can_read(quoting: Talking, kind: str, expected: Any) -> None:
    assert json.loads(_text(_complete(quoting, ("user", OPEN_WEBUI[kind])))) == expected


def test_without_a_model_answers_are_put_beside_each_other_and_a_face_smiles(quoting: Talking) -> None:
    assert _text(_complete(quoting, ("user", OPEN_WEBUI["other-merge"]))) == "27; 28"
    assert _text(_complete(quoting, ("user", OPEN_WEBUI["other-emoji"]))) == "🙂"


@pytest.mark.parametrize("prompt", LIBRECHAT)
def test_without_a_model_a_title_is_made_of_the_first_question(quoting: Talking, prompt: str) -> None:
    assert _text(_complete(quoting, ("user", prompt))) == "How many days of paid leave do employees"


def test_talk_about_an_answer_that_the_caller_brings_keeps_no_numbers(asking: Talking) -> None:
    asking.model.asked.clear()
    asking.model.says = "27 Tage [1]."
    before = (("user", "How many days of leave?"), ("assistant", "27 days [1]."))
    response = _complete(asking, *before, ("user", "Translate that to German")).json()
    assert response["intent"] == "conversation"
    assert response["choices"][0]["message"]["content"] == "27 Tage."
    assert "[1]" not in asking.model.asked[0].messages[-2]["content"]
