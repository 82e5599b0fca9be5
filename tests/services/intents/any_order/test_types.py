"""A message is of a kind when it says nothing but what that kind says."""

import pytest

from app.services.intents.any_order.types import Free, FreeRule, FreeWords, matching
from app.services.intents.english import ENGLISH

GLUE = "please|the|of|me|a|to|for"
LISTING = Free("inventory", "list", ("which|show", "{docs}", "have|uploaded"), "i|you|do|did")
SUMMARY = Free("document", "summary", ("summary|overview",), "give|short", topic=True)
ABOUT = Free("inventory", "about", ("anything",  "have"), "do|you", about="about|on", where="in my {docs}")  # fmt: skip


def topic(rule: Free, text: str) -> str | None:
    return FreeRule(ENGLISH, GLUE, rule).topic(text)


@pytest.mark.parametrize("text", ["which files have i uploaded", "show me the files you have please"])
def test_words_may_stand_in_any_order(text: str) -> None:
    assert topic(LISTING, text) == ""


@pytest.mark.parametrize(
    "text", ["which files have to be signed", "which files", "which have i uploaded", "wish files i have"]
)
def test_a_word_too_many_or_too_few_makes_it_none_of_the_kind(text: str) -> None:
    assert topic(LISTING, text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("give me a short overview of the handbook", "handbook"), ("handbook summary please", "handbook"),
     ("summary of the annual report pdf", "annual report pdf"), ("a short summary", ""),
     ("handbook summary of chapter two", None)],
)  # fmt: skip
def test_what_is_left_over_in_one_piece_is_what_it_is_about(text: str, expected: str | None) -> None:
    assert topic(SUMMARY, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("do you have anything about parental leave in my files", "parental leave"), ("do you have anything on", None),
     ("is anything on the roof", None), ("do you have anything about the law on noise", "the law on noise")],
)  # fmt: skip
def test_a_topic_follows_its_word(text: str, expected: str | None) -> None:
    assert topic(ABOUT, text) == expected


def test_a_rule_may_count_after_an_answer_alone_or_be_no_question() -> None:
    rules = (
        Free("conversation", "shorten", ("shorter",), "make|it", when="answered"),
        Free("smalltalk", "thanks", ("thanks",), order=True),
    )
    words = FreeWords(ENGLISH, GLUE, rules)
    assert [rule.kind for rule, _ in matching(words, "make it shorter", first=False, asks=True)] == ["shorten"]
    assert not list(matching(words, "make it shorter", first=True, asks=False))
    assert not list(matching(words, "thanks", first=True, asks=True))
