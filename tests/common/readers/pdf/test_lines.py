"""Where things stand on a page decides what is a word, a line and a raised digit."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from app.common.file_loader import load_document
from tests.reading.pdf_pages import Placed, cells, lines, pdf_of, placed

ORDER = [("Item", "Unit price", "Qty"), ("Saw", "19.50", "3"), ("Axe", "25.00", "1"), ("Nail", "0.05", "7")]
COLUMNS = (72, 200, 300)
ORDER_TEXT = "Item Unit price Qty\nSaw 19.50 3\nAxe 25.00 1\nNail 0.05 7"
WORDS = ["A", "1", "7", "X", "-", "$", "%", "10", "25.00", "Saw", "Axe", "North", "I", "(3)", "5,000", "*", "n/a"]


def read(content: str, page: str = "") -> str:
    return load_document("a.pdf", pdf_of(content, page=page)).text


def test_cells_of_one_character_stay_in_their_row() -> None:
    assert read(placed(cells(ORDER, COLUMNS))) == ORDER_TEXT


@pytest.mark.parametrize("rows", [["3", "1", "7"], ["A", "B"], ["-", "X", "-"]])
def test_single_characters_below_one_another_are_lines(rows: list[str]) -> None:
    assert read(placed(cells([[row] for row in rows], (300,)))) == "\n".join(rows)


@pytest.mark.parametrize("order", ["by rows", "by columns", "mixed"])
@pytest.mark.parametrize("seed", range(20))
def test_no_two_cells_become_one_word(order: str, seed: int) -> None:
    rng = random.Random(seed)
    size = rng.choice([6, 9, 11, 14])
    rows = [[rng.choice(WORDS) for _ in range(4)] for _ in range(5)]
    pieces: list[Placed] = cells(rows, (72, 132, 192, 252), lead=size * rng.choice([1.1, 1.4, 2.5]))
    if order == "by columns":
        pieces.sort(key=lambda piece: (piece[0], -piece[1]))
    elif order == "mixed":
        rng.shuffle(pieces)
    text = read(placed(pieces, size=size))

    assert Counter(text.split()) == Counter(word for row in rows for word in row)
    if order == "by rows":
        assert [line.split() for line in text.split("\n")] == rows


def by_columns(rows: Sequence[Sequence[str]]) -> str:
    pieces = [piece for piece in cells(rows, COLUMNS) if piece[2]]
    return read(placed(sorted(pieces, key=lambda piece: (piece[0], -piece[1]))))


def test_a_table_that_was_drawn_column_by_column_is_read_row_by_row() -> None:
    assert by_columns(ORDER) == ORDER_TEXT


def test_an_empty_cell_of_such_a_table_moves_no_other() -> None:
    rows = [("Region", "May", "June"), ("North", "1", ""), ("South", "22", "3"), ("West", "", "4")]

    assert by_columns(rows) == "Region May June\nNorth 1\nSouth 22 3\nWest 4"


def test_columns_of_words_are_read_one_after_the_other() -> None:
    rows = [("John Smith", "ACME Corp"), ("12 Street", "5 Road"), ("Leeds", "York")]

    assert by_columns(rows) == "John Smith\n12 Street\nLeeds\nACME Corp\n5 Road\nYork"


def test_columns_of_an_article_stay_columns() -> None:
    left = lines("1 long line of an article that runs", "2 in two columns with a number first", "3 and ends")
    right = lines("1999", "2000", "2001", x=400)

    assert read(left + right).split("\n")[:2] == [
        "1 long line of an article that runs",
        "2 in two columns with a number first",
    ]


@pytest.mark.parametrize(
    ("turn", "place", "rotation"),
    [
        ("1 0 0 1", lambda x, y: (x, y), 0),
        ("1 0 0 1", lambda x, y: (x, y), 90),
        ("1 0 0 1", lambda x, y: (x, y), 180),
        ("1 0 0 1", lambda x, y: (x, y), 270),
        ("0 1 -1 0", lambda x, y: (595 - y + 200, x), 90),
        ("0 1 -1 0", lambda x, y: (595 - y + 200, x), 0),
        ("0 -1 1 0", lambda x, y: (y - 300, 800 - x), 270),
        ("0 -1 1 0", lambda x, y: (y - 300, 800 - x), 0),
        ("-1 0 0 -1", lambda x, y: (500 - x, 800 - y), 180),
        ("-1 0 0 -1", lambda x, y: (500 - x, 800 - y), 90),
    ],
)
def test_a_turned_page_is_read_as_its_text_stands(turn: str, place: "object", rotation: int) -> None:
    assert callable(place)
    pieces = [(*place(x, y), text) for x, y, text in cells(ORDER, COLUMNS)]

    assert read(placed(pieces, turn=turn), f"/Rotate {rotation}") == ORDER_TEXT


def test_raised_and_lowered_digits_are_not_digits_of_the_number_before() -> None:
    content = (
        "BT /F1 11 Tf 72 700 Td (Price 25.00) Tj /F1 7 Tf 4 Ts (1) Tj 0 Ts /F1 11 Tf ( for H) Tj /F1 7 Tf -2 Ts (2) Tj "
        "0 Ts /F1 11 Tf (O, 10) Tj /F1 7 Tf 4 Ts (-3) Tj ET"
    )

    assert read(content) == "Price 25.00¹ for H₂O, 10⁻³"


def test_a_raised_mark_beside_a_cell_stays_in_its_row() -> None:
    pieces = placed([(72, 700, "Borrowed"), (200, 700, "24,667")]) + placed([(250, 704, "(f)")], size=7)

    assert read(pieces + placed([(300, 700, "25,959")])) == "Borrowed 24,667 (f) 25,959"


def test_commas_quotes_and_descenders_are_on_the_line() -> None:
    text = "typing, 'paying' (e.g. by “Jay”) - it’s *only* 5 + 5 = 10;"
    pieces = [(72 + 8 * place, 700.0, char) for place, char in enumerate(text) if char != " "]

    assert read(placed(pieces)).count("\n") == 0


def test_what_lies_beside_the_page_is_left_out() -> None:
    assert (
        read(placed([(72, 700, "seen"), (720, 700, "unseen"), (72, 686, "here"), (72, -300, "below")])) == "seen\nhere"
    )


def test_letters_beyond_the_first_65536_do_not_move_the_places() -> None:
    from tests import documents

    assert load_document("a.pdf", documents.pdf_of_glyphs("a😀b 𝔘x", "zz")).text == "a😀b 𝔘x\nzz"


@pytest.mark.parametrize(
    ("halves", "whole"),
    [
        (("number BX-", "7250 is"), "number BX-7250 is"),
        (("or ZK-", "A12 is"), "or ZK-A12 is"),
        (("as RFC-", "2119 says"), "as RFC-2119 says"),
        (("part A4-", "b7 is"), "part A4-b7 is"),
        (("call 555-", "1234 now"), "call 555-1234 now"),
        (("the infor-", "mation is"), "the information is"),
        (("the infor-", "mation is", "information"), "the information is\ninformation"),
        (("a self-", "contained unit", "is self-contained"), "a self-contained unit\nis self-contained"),
        (("the Stress-", "Engineered part"), "the Stress-Engineered part"),
        (("the end -", "5 of them"), "the end -\n5 of them"),
        (("from 1,200.00-", "Axe"), "from 1,200.00-\nAxe"),
    ],
)
def test_a_hyphen_at_a_line_end_goes_only_where_it_divides_a_word(halves: tuple[str, ...], whole: str) -> None:
    assert read(lines(*halves)) == whole


def test_a_grade_or_an_amount_in_the_last_column_is_no_half_of_a_word() -> None:
    rows = [("Anna", "A-"), ("Bert", "B-"), ("Cleo", "25.00-"), ("Dora", "3-"), ("Emil", "")]

    assert read(placed(cells(rows, (72, 300)))) == "Anna A-\nBert B-\nCleo 25.00-\nDora 3-\nEmil"


def test_pypdf_keeps_hyphens_of_codes_as_well() -> None:
    data = pdf_of(lines("number BX-", "7250 of the infor-", "mation, -", "5 and 9.50-", "7"))

    assert (
        load_document("a.pdf", data, pdf_engine="pypdf").text == "number BX-7250 of the information, -\n5 and 9.50-\n7"
    )
