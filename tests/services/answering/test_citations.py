"""Citations: what points to a passage stays, what points to none goes, however the text is cut."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.common.passages import Chunk, Passage
from app.services.answering.citations import MAX_HELD, MAX_PLACES, CitedText, without_citations


def _read(text: str, passages: int = 4) -> str:
    cited = CitedText(passages)
    return cited.write(text) + cited.end()


def _streamed(pieces: list[str], passages: int = 4) -> CitedText:
    cited = CitedText(passages)
    shown = "".join(cited.write(piece) for piece in pieces) + cited.end()
    assert shown == cited.text
    return cited


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Forty tonnes [1].", "Forty tonnes [1]."),
        ("Forty tonnes [1][2].", "Forty tonnes [1][2]."),
        ("Forty tonnes [1, 2].", "Forty tonnes [1][2]."),
        ("Forty tonnes [1-3].", "Forty tonnes [1][2][3]."),
        ("Forty tonnes [3–1].", "Forty tonnes [1][2][3]."),
        ("Forty tonnes [1, 3-4].", "Forty tonnes [1][3][4]."),
        ("Forty tonnes [1; 2 and 4].", "Forty tonnes [1][2][4]."),
        ("Forty tonnes [ 2 ].", "Forty tonnes [2]."),
        ("Forty tonnes [Passage 2].", "Forty tonnes [2]."),
        ("Forty tonnes [passages 1, 2].", "Forty tonnes [1][2]."),
        ("Forty tonnes 【2】.", "Forty tonnes [2]."),
        ("[2] says so.", "[2] says so."),
        ("Forty tonnes [1][1][1].", "Forty tonnes [1]."),
        ("Forty tonnes [1] [2] [1, 2].", "Forty tonnes [1] [2]."),
        ("Forty tonnes [1], by 1962 [1].", "Forty tonnes [1], by 1962 [1]."),
    ],
)
def test_all_ways_of_citing_become_one(written: str, shown: str) -> None:
    assert _read(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Forty tonnes [7].", "Forty tonnes."),
        ("Forty tonnes [0].", "Forty tonnes."),
        ("Forty tonnes[7] and more.", "Forty tonnes and more."),
        ("Forty tonnes [7] and more.", "Forty tonnes and more."),
        ("Forty tonnes [7][1].", "Forty tonnes [1]."),
        ("Forty tonnes [1][7].", "Forty tonnes [1]."),
        ("Forty tonnes [3-9].", "Forty tonnes [3][4]."),
        ("Forty tonnes [5-9].", "Forty tonnes."),
        ("Forty tonnes [1, 7].", "Forty tonnes [1]."),
        ("[7] It lifts.", "It lifts."),
        ("It lifts.\n[7] Much.", "It lifts.\nMuch."),
        ("It lifts [7]\n- much [9]\n\nIndeed.", "It lifts\n- much\n\nIndeed."),
        ("It lifts [7][8] [9]!", "It lifts!"),
        ("[7]", ""),
        ("[[7]9]", "[ 9]"),
    ],
)
def test_numbers_that_no_passage_has_are_removed(written: str, shown: str) -> None:
    assert _read(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        "See [the manual] and [sic].",
        "In [2024] it was [1962-1970].",
        "Use `items[9]` here.",
        "```\na[9] = b[0]\n```",
        "An open [ bracket",
        "An open [1, 2",
        "Nothing [] in it, nor [ ].",
        "[passage]",
        "one ] two",
    ],
)
def test_other_brackets_stay(text: str) -> None:
    assert _read(text) == text
    assert not _streamed([text]).places


def test_a_stray_backtick_spoils_its_own_line_only() -> None:
    assert _read("A ` stray [9].\nNext [9] line [1].") == "A ` stray [9].\nNext line [1]."


def _cited_texts(cited: CitedText) -> dict[int, list[str]]:
    return {number: [cited.text[p.start : p.end] for p in places] for number, places in cited.places.items()}


def test_places_say_where_the_text_cites() -> None:
    cited = _streamed(["It lifts [1, ", "2] and lasts [9] lo", "ng [2", "]."])
    assert cited.text == "It lifts [1][2] and lasts long [2]."
    assert _cited_texts(cited) == {1: ["[1]"], 2: ["[2]", "[2]"]}


def test_a_citation_quotes_its_passage() -> None:
    passages = [Passage(Chunk("doc", n, f"text {n}", 1, "", "a.txt", 0, 6), 0.5) for n in range(2)]
    cited = _streamed(["So [2]."], passages=2)
    (citation,) = cited.citations(passages)
    assert citation.passage is passages[1]
    assert citation.quote == "text 1"
    assert [cited.text[place.start : place.end] for place in citation.places] == ["[2]"]


def test_there_is_one_citation_for_a_passage_however_often_it_is_cited() -> None:
    passages = [Passage(Chunk("doc", n, "x" * 8000, 1, "", "a.txt", 0, 6), 0.5) for n in range(2)]
    cited = _streamed(["Word [1] and [2]. " * 4000], passages=2)
    first, second = cited.citations(passages)
    assert (first.number, second.number) == (1, 2)
    assert len(first.places) == len(second.places) == MAX_PLACES
    assert cited.text.count("[1]") == 4000


@pytest.mark.parametrize(
    "unit",
    ["[1] a ", "[1-999]", "[", "[1, ", "`", " ", "\n", "【", "[1]", "a", "[and ", "[passages 1", "[9]", "1 and "],
)
def test_what_is_held_back_is_bounded_so_that_reading_stays_linear(unit: str) -> None:
    """Only what is held is read twice; text is otherwise read once, whatever it is made of."""
    cited = CitedText(50)
    for char in unit * (4 * MAX_HELD):
        cited.write(char)
        assert cited.held_back <= 2 * MAX_HELD
    cited.end()
    assert len(cited.text) <= 4 * MAX_HELD * max(len(unit), len("[1]") * 50 + 60)


def test_a_documents_own_words_are_not_read_for_citations() -> None:
    cited = CitedText(2)
    shown = cited.quote("As shown in [1], and in [12].", 2) + cited.quote("More.", 1)
    assert shown == cited.text == "As shown in [1], and in [12]. [2]\nMore. [1]"
    assert list(cited.places) == [2, 1]


def test_words_are_not_held_back() -> None:
    cited = CitedText(2)
    assert cited.write("It ") == "It"
    assert cited.write("lifts") == " lifts"
    assert cited.write(" [") == ""
    assert cited.write("1") == ""
    assert cited.write("] much") == " [1] much"
    assert cited.write(" [see") == " [see"


def test_an_open_bracket_is_held_back_only_so_long() -> None:
    cited = CitedText(2)
    shown = [cited.write(piece) for piece in ["["] + ["1, "] * MAX_HELD]
    assert any(shown)
    assert cited.text + cited.end() == "[" + ("1, " * MAX_HELD).rstrip()


PIECES = st.sampled_from(
    [
        "[1]",
        "[7]",
        "[1, 2]",
        "[1-9]",
        "[",
        "]",
        " ",
        "\n",
        "word",
        ".",
        "1",
        ",",
        "`",
        "```",
        "[passage 1]",
        "and",
        "[0]",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join), st.lists(st.integers(0, 80), max_size=6))
@example("[9][[8]  [1]", [9])
@example("[1] [9] \n [2]", [8, 9, 10])
def test_how_the_text_is_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    whole = _streamed([text])
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    cut = _streamed([text[start:end] for start, end in pairwise(edges)])
    assert cut.text == whole.text
    assert cut.places == whole.places


@given(st.lists(PIECES, max_size=14).map("".join), st.integers(0, 3))
def test_only_numbers_of_passages_are_left_outside_code(text: str, passages: int) -> None:
    text = text.replace("`", "")
    cited = _streamed([text], passages=passages)
    assert all(1 <= int(number) <= passages for number in re.findall(r"\[(\d{1,3})\]", cited.text))
    assert all(set(texts) == {f"[{number}]"} for number, texts in _cited_texts(cited).items())


def test_an_earlier_answer_loses_its_numbers() -> None:
    assert without_citations("It lifts [1], lasts [2][3].") == "It lifts, lasts."
