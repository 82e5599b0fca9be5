"""Prompts that front ends send for themselves, as Open WebUI and LibreChat word them; questions are none of them."""

import pytest

from app.services.intents.tasks import read_task
from tests.services.conversing.front_ends import FRAMED_QUESTION, LIBRECHAT, OPEN_WEBUI


@pytest.mark.parametrize(("kind", "prompt"), OPEN_WEBUI.items())
def test_open_webui_prompts_are_tasks(kind: str, prompt: str) -> None:
    reading = read_task(prompt)
    assert reading is not None
    assert reading.kind == kind.partition("-")[0]


@pytest.mark.parametrize("prompt", LIBRECHAT)
def test_librechat_titles_are_tasks(prompt: str) -> None:
    reading = read_task(prompt)
    assert reading is not None
    assert (reading.intent, reading.kind) == ("task", "title")
    assert read_task("What next?", prompt) == reading, "also as a system message"


@pytest.mark.parametrize(
    "message",
    [FRAMED_QUESTION, "Generate a title for my thesis about cranes", "Write a title for this chapter:\nUser manuals",
     "### Task:\nlist the tags", "What does <chat_history> mean?", "Please suggest 3 follow-up questions about leave"],
)  # fmt: skip
def test_what_somebody_asks_is_no_task(message: str) -> None:
    assert read_task(message) is None
