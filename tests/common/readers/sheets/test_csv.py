import pytest

from app.common.errors import AppError, TooLarge
from app.common.file_loader import ReadLimits, load_document
from app.common.readers.raw import MOST_CELLS


def read(text: str, encoding: str = "utf-8", name: str = "a.csv") -> str:
    return load_document(name, text.encode(encoding)).text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    rows = ["Part;Price;Note", "Frame;1,200;the big, heavy one", "Bell;7;small, light | loud"]
    text = "\n".join(row.replace(";", separator) for row in rows)
    if separator in ",|":
        text = text.replace("1,200", "1200").replace("big, heavy", "big heavy").replace("small, light | loud", "small")

    assert read(text).splitlines()[1].startswith("Frame | 1")


def test_quoted_cells_may_hold_separators_quotes_and_line_ends() -> None:
    assert read('a,b\n"x, y","say ""hi""\nthere"\n') == 'a | b\nx, y | say "hi" there'


def test_what_excel_says_of_the_separator_holds() -> None:
    assert read("sep=|\r\na|b,c\r\n") == "a | b,c"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_row(line_end: str) -> None:
    assert read(line_end.join(["a,b", "1,2", ""])) == "a | b\n1 | 2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    assert read("Größe;Maß\nzwölf;fünf Fuß\n", encoding) == "Größe | Maß\nzwölf | fünf Fuß"


def test_rows_stand_below_one_another_and_the_table_knows_its_cells() -> None:
    rows = [f"part {n},{n},the text of row {n}" for n in range(200)]
    document = load_document("a.csv", "\n".join(["Name,Number,Text", *rows]).encode())
    (table,) = document.tables

    assert document.text.split("\n") == ["Name | Number | Text", *(row.replace(",", " | ") for row in rows)]
    assert (table.start, table.end, table.complete) == (0, len(document.text), True)
    assert table.header == ("Name", "Number", "Text")
    assert table.rows[7] == ("part 7", "7", "the text of row 7")


@pytest.mark.parametrize("first", ["x,1,y", "2024-01-09,7,x", "2024-01-01,x,y"])
def test_a_first_row_that_is_no_header_is_none(first: str) -> None:
    rows = "\n".join([first, *(f"2024-01-0{n},{n},the text of row {n}" for n in range(1, 9))])
    (table,) = load_document("a.csv", rows.encode()).tables

    assert (table.header, table.header_end) == ((), 0)
    assert len(table.rows) == 9


def test_one_column_is_read_as_lines() -> None:
    assert read("first line\nsecond line\n") == "first line\nsecond line"


def test_a_row_of_another_width_loses_nothing() -> None:
    assert read("a,b\n1,2,3\n4\n") == "a | b\n1 | 2 | 3\n4"


def test_a_quote_that_never_ends_loses_nothing() -> None:
    assert read('a,b\n1,"never ends\n3,4\n').split() == ["a", "|", "b", "1", "|", "never", "ends", "3,4"]


def test_a_cell_may_be_longer_than_the_module_allows_by_itself() -> None:
    assert len(read("a,b\n" + "x" * 300_000 + ",1\n")) > 300_000


@pytest.mark.parametrize("text", [",,,\n,,\n", '""\n""\n', ";\n"])
def test_a_table_of_empty_cells_is_an_empty_file(text: str) -> None:
    with pytest.raises(AppError) as caught:
        read(text)
    assert caught.value.code == "empty_file"


def test_cells_beyond_the_limit_stay_lines_of_the_text() -> None:
    text = "\n".join(["a,b", *["1,2"] * 110_000])
    document = load_document("a.csv", text.encode())
    (table,) = document.tables

    assert document.text.count("\n") == 110_000
    assert not table.complete
    assert len(table.rows) == MOST_CELLS // 2 - 1


def test_more_characters_than_the_limit_are_too_large() -> None:
    text = "\n".join(["Name,Text", *(f"part {n},{'x' * 600}" for n in range(20))])

    assert load_document("a.csv", text.encode(), limits=ReadLimits(max_characters=20_000)).kind == "csv"
    with pytest.raises(TooLarge):
        load_document("a.csv", text.encode(), limits=ReadLimits(max_characters=12_000))
