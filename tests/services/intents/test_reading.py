"""The rules read what is certain in a message, and take everything else for a search."""

import pytest

from app.services.intents.context import NOTHING, Spoken
from app.services.intents.reading import read_intent
from tests.services.conversing.turns import IN_ANY_ORDER, TURNS, Said

QUESTION = "How many days of leave do I get?"
BEFORE = {
    "": NOTHING,
    "answered": Spoken(QUESTION, "Employees get 27 days of paid leave per year [1]."),
    "offered": Spoken(QUESTION, "27 days [1]. Would you like me to list the rules for part-time staff?"),
}


def as_read(turn: Said) -> str:
    """The intent by the rules alone; what depends on the documents' names is open."""
    reading = read_intent(turn.message, BEFORE[turn.before])
    if reading.if_named and turn.intent == "search":
        return "search"
    return reading.intent


def test_the_rules_know_nearly_all_turns_and_take_no_search_for_anything_else() -> None:
    wrong = [(str(turn), as_read(turn)) for turn in TURNS if as_read(turn) != turn.intent]
    assert len(TURNS) >= 150
    assert not [turn for turn in TURNS if turn.intent == "search" and as_read(turn) != "search"]
    assert len(wrong) <= 0.03 * len(TURNS), wrong


def test_words_in_any_order_are_read_and_no_search_in_much_the_same_words() -> None:
    read = [(str(turn), as_read(turn), read_intent(turn.message, BEFORE[turn.before]).kind) for turn in IN_ANY_ORDER]
    assert read == [
        (str(turn), turn.intent, turn.kind or kind) for turn, (_, _, kind) in zip(IN_ANY_ORDER, read, strict=True)
    ]


@pytest.mark.parametrize("turn", [turn for turn in TURNS if turn.kind], ids=str)
def test_a_turn_that_is_no_search_says_what_it_asks_for(turn: Said) -> None:
    assert read_intent(turn.message, BEFORE[turn.before]).kind == turn.kind


@pytest.mark.parametrize(
    ("message", "subject"),
    [("Do you have anything about Parental Leave?", "Parental Leave"), ("Summarise handbook.txt", "handbook.txt"),
     ("Hast du etwas über Elternzeit?", "Elternzeit"), ("有没有关于育儿假的文件？", "育儿假")],
)  # fmt: skip
def test_the_subject_is_given_as_it_was_written(message: str, subject: str) -> None:
    assert read_intent(message).subject == subject


@pytest.mark.parametrize("message", ["Translate your last answer to German", "in French please", "Why?", "yes please"])
def test_talk_about_an_answer_needs_one(message: str) -> None:
    spoken = read_intent(message, BEFORE["offered"])
    assert spoken.intent == "conversation"
    if "your" not in message:
        assert read_intent(message).intent == "search"


def test_yes_is_only_a_reply_when_something_was_offered() -> None:
    assert read_intent("ok", BEFORE["offered"]).kind == "reply"
    assert read_intent("ok", BEFORE["answered"]).intent == "smalltalk"


@pytest.mark.parametrize(
    "message",
    ["", " ", "?", "\x00", "[" * 300, "hello " * 5000, "please " * 42, "summarize " + "a " * 140, "的" * 299, "\ud800"],
)
def test_any_text_can_be_read(message: str) -> None:
    for spoken in BEFORE.values():
        assert read_intent(message, spoken).intent in ("search", "smalltalk", "conversation")
