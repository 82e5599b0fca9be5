"""Cutting text into sentences, rows, items and headings."""

import pytest

from app.services.answering.quoting.sentences import MAX_SENTENCE, Sentence, split_sentences


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Dr. Smith paid approx. 3.5 million euros, e.g. for the U.S. office. The rest was paid in May.",
            ["Dr. Smith paid approx. 3.5 million euros, e.g. for the U.S. office.", "The rest was paid in May."],
        ),
        (
            "Version 2.0.1 costs 4.90 euros a month. Refunds take about 5 days, i.e. a week.",
            ["Version 2.0.1 costs 4.90 euros a month.", "Refunds take about 5 days, i.e. a week."],
        ),
        ("Das dauert z. B. fünf Tage. Danach ist Schluss.", ["Das dauert z. B. fünf Tage.", "Danach ist Schluss."]),
        ("退款需要五天。请联系客服！谢谢。", ["退款需要五天。", "请联系客服！", "谢谢。"]),
        ("他说：「退款需要五天。」请联系客服。", ["他说：「退款需要五天。」", "请联系客服。"]),
        ("هل يمكنني استرداد المال؟ نعم، خلال خمسة أيام.", ["هل يمكنني استرداد المال؟", "نعم، خلال خمسة أيام."]),
        ("यह पहला वाक्य है। यह दूसरा है।", ["यह पहला वाक्य है।", "यह दूसरा है।"]),
        ("Yes. Test rides take 45 minutes.", ["Yes. Test rides take 45 minutes."]),
        ("", []),
        (" \n\t\n --- \n", []),
    ],
)
def test_prose_is_cut_at_the_ends_of_sentences(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_wrapped_lines_are_one_sentence() -> None:
    text = "A battery that comes in from the frost needs about\nan hour to warm up before the charger starts.\n"
    assert texts(text) == [
        "A battery that comes in from the frost needs about an hour to warm up before the charger starts."
    ]


def test_rows_of_a_table_have_the_names_of_its_columns_and_a_small_table_is_quotable_whole() -> None:
    text = "| Place | Time |\n| --- | --- |\n| the islands | 5 weeks. By ship |\n| abroad | 8 weeks |"
    rows = ["Place: the islands; Time: 5 weeks. By ship", "Place: abroad; Time: 8 weeks"]
    assert texts(text) == [*rows, "\n".join(rows)]


def test_lines_set_in_columns_stand_alone() -> None:
    text = "BW-101  Battery BX-545 for the Carter      649.00\nBW-110  Charger BC-4 (4 amperes)            89.00"
    assert texts(text) == ["BW-101 Battery BX-545 for the Carter 649.00", "BW-110 Charger BC-4 (4 amperes) 89.00"]


def test_items_of_a_list_stand_alone_with_their_wrapped_lines() -> None:
    text = "- Use only our chargers,\n  never others.\n* Never open the case.\n1. Turn the key.\n2) Lift it out."
    assert texts(text) == [
        "- Use only our chargers, never others.",
        "* Never open the case.",
        "1. Turn the key.",
        "2) Lift it out.",
    ]


def test_headings_and_questions_are_the_heading_of_what_follows() -> None:
    text = "## Delivery\nWe build to order.\n\n### Do I need a licence?\n\nNo licence is needed for it.\n"
    assert split_sentences(text) == [
        Sentence("We build to order.", "Delivery"),
        Sentence("No licence is needed for it.", "Do I need a licence?"),
    ]


def test_what_looks_like_a_title_is_kept_too() -> None:
    text = "It is charged in six hours, or in four with the other charger.\nSafety\nNever open the case of the battery."
    assert split_sentences(text)[1:] == [
        Sentence("Safety", "", is_title=True),
        Sentence("Never open the case of the battery.", "Safety"),
    ]


def test_text_without_any_end_is_cut_at_spaces() -> None:
    text = "word " * 300
    pieces = texts(text)
    assert max(map(len, pieces)) <= MAX_SENTENCE
    assert " ".join(pieces).split() == text.split()


@pytest.mark.parametrize(
    "text", ["x" * 5000, "。" * 3000, "| " * 4000, "1. " * 4000, "?" * 4000, "a. " * 3000, "\t " * 9000]
)
def test_odd_text_neither_fails_nor_hangs(text: str) -> None:
    assert all(len(sentence) <= MAX_SENTENCE for sentence in texts(text))
