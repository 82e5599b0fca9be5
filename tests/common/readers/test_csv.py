import pytest

from app.common.errors import AppError, TooLarge
from app.common.file_loader import ReadLimits, load_document


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


def test_a_header_stands_over_every_group_of_rows() -> None:
    rows = [f"part {n},{n},the text of row {n}" for n in range(200)]
    groups = read("\n".join(["Name,Number,Text", *rows])).split("\n\n")

    assert len(groups) > 5
    assert all(group.startswith("Name | Number | Text\npart ") for group in groups)
    assert [line for group in groups for line in group.split("\n")[1:]] == [row.replace(",", " | ") for row in rows]
    assert max(map(len, groups)) < 800


@pytest.mark.parametrize("first", ["x,1,y", "x,,y", "only", "2024-01-01,x,y"])
def test_a_first_row_that_is_no_header_is_not_repeated(first: str) -> None:
    rows = "\n".join([first, *(f"part {n},{n},the text of row {n}" for n in range(100))])

    assert read(rows).count(first.partition(",")[0] + " | ") <= 1


def test_a_header_as_long_as_a_page_is_not_repeated() -> None:
    header = ",".join(f"a rather long name of column {letter}" for letter in "abcdefghijklmn")

    assert read("\n".join([header, *["x," * 13 + "y"] * 500])).count("column a") == 1


def test_years_may_head_columns() -> None:
    assert read("\n".join(["Region,2023,2024", *["north,7,8"] * 200])).count("Region | 2023 | 2024") > 1


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


def test_repeated_headers_count_as_text() -> None:
    text = "\n".join(["Name,Text", *(f"part {n},{'x' * 600}" for n in range(20))])

    assert load_document("a.csv", text.encode(), limits=ReadLimits(max_characters=20_000)).kind == "csv"
    with pytest.raises(TooLarge):
        load_document("a.csv", text.encode(), limits=ReadLimits(max_characters=12_400))
