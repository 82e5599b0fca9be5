import datetime
from typing import Any

import pytest

from app.common.errors import AppError
from app.common.file_loader import LoadedDocument, load_document
from tests import containers, documents


def read(*rows: list[Any], finish: Any = None) -> LoadedDocument:
    return load_document("a.xlsx", containers.xlsx({"Data": rows}, finish))


def lines(document: LoadedDocument) -> list[str]:
    return document.text.split("\n\n", 1)[1].split("\n")


def test_a_sheet_is_a_section_and_its_rows_are_lines() -> None:
    content = containers.xlsx({"Prices": [["Part", "Price"], ["Frame", 1200]], "Notes": [["Call first"]], "Empty": []})
    document = load_document("a.xlsx", content)

    assert document.text == "Prices\n\nPart | Price\nFrame | 1200\n\nNotes\n\nCall first"
    assert [(h.level, h.title) for h in document.headings] == [(1, "Prices"), (1, "Notes")]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (1200, "General", "1200"),
        (0.1 + 0.2, "General", "0.3"),
        (1e20, "General", "1e+20"),
        (123456789012345, "0", "123456789012345"),
        (0.125, "0%", "12%"),
        (0.125, "0.00%", "12.50%"),
        (True, "General", "TRUE"),
        (datetime.date(2024, 2, 29), "yyyy-mm-dd", "2024-02-29"),
        (45351.604166666664, "d/m/yy h:mm", "2024-02-29 14:30"),
        (datetime.time(9, 5, 7), "h:mm:ss", "09:05:07"),
        (45351, "[$-407]d. mmmm yyyy;@", "2024-02-29"),
        (45351, '"Model" 0', "45351"),
        (45351, "[Red]#,##0.00", "45351"),
        (1.5, "[h]:mm", "1900-01-01 12:00"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (61, "yyyy-mm-dd", "1900-03-01"),
        (9e9, "yyyy-mm-dd", "9000000000"),
        ("00123", "@", "00123"),
        ("#N/A", "General", "#N/A"),
    ],
)
def test_values_are_read_as_they_are_shown(value: Any, number_format: str, shown: str) -> None:
    def finish(book: Any) -> None:
        book["Data"]["A1"].number_format = number_format

    assert lines(read([value], finish=finish)) == [shown]


def test_dates_may_count_from_1904() -> None:
    def finish(book: Any) -> None:
        from openpyxl.utils.datetime import (  # type: ignore[import-untyped]  # it brings no types
            CALENDAR_MAC_1904,
        )

        book.epoch = CALENDAR_MAC_1904

    assert lines(read([datetime.date(2024, 2, 29)], finish=finish)) == ["2024-02-29"]


def test_gaps_keep_columns_in_line_and_wide_ones_are_shortened() -> None:
    assert lines(read(["a", None, "c"], [None, "b"])) == ["a |  | c", " | b"]
    sheet = '<row><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="XFD1" t="inlineStr"><is><t>z</t></is></c></row>'
    assert lines(load_document("a.xlsx", containers.xlsx_of_sheet(sheet))) == ["a | " + " | " * 10 + "z"]


def test_strings_that_are_stored_apart_are_read() -> None:
    content = containers.xlsx_with_shared_strings(["Part", "Note"], ["Frame", ("har", "bour", " crane")], ["Part", "Ω"])

    assert lines(load_document("a.xlsx", content)) == ["Part | Note", "Frame | harbour crane", "Part | Ω"]


def test_rich_text_is_whole_and_without_readings() -> None:
    sheet = (
        '<row><c t="inlineStr"><is><r><t>har</t></r><r><t>bour</t></r><rPh sb="0" eb="1"><t>reading</t></rPh></is></c>'
        '<c t="str"><f>A1</f><v>calculated</v></c><c t="s"><v>99</v></c><c t="n"><v>x</v></c></row>'
    )

    assert lines(load_document("a.xlsx", containers.xlsx_of_sheet(sheet))) == ["harbour | calculated |  | x"]


def test_the_value_of_a_formula_is_read_and_not_the_formula() -> None:
    sheet = "<row><c><f>SUM(B1:B9)</f><v>42</v></c></row>"

    assert lines(load_document("a.xlsx", containers.xlsx_of_sheet(sheet))) == ["42"]


def test_hidden_sheets_are_left_out_and_counted() -> None:
    def finish(book: Any) -> None:
        book["Data"].sheet_state = "hidden"
        book.create_sheet("Shown").append(["seen"])

    document = read(["secret"], finish=finish)

    assert document.text == "Shown\n\nseen"
    assert document.warnings == ("1 hidden sheet was left out.",)


def test_a_long_table_repeats_its_header() -> None:
    document = read(["Part", "Text"], *([f"part {n}", "some words about it"] for n in range(100)))

    assert document.text.count("Part | Text") > 3


def test_a_damaged_sheet_keeps_the_rows_before_the_damage() -> None:
    whole = documents.zip_parts(containers.xlsx({"One": [["kept"]], "Two": [["row", n] for n in range(2000)]}))
    whole["xl/worksheets/sheet2.xml"] = whole["xl/worksheets/sheet2.xml"][:60_000]
    document = load_document("a.xlsx", documents.zip_file(whole))

    assert "kept" in document.text
    assert "row | 10\n" in document.text
    assert document.warnings == ("Sheet 2 is damaged; rows of it may be missing.",)


@pytest.mark.parametrize(
    ("sheet", "parts", "code"),
    [
        ("", {}, "no_text"),
        ("<row><c><v>", {}, "corrupt"),
        ("", {"worksheets/sheet1": b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"}, "bomb"),
        ("", {"workbook": b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"}, "bomb"),
        ("", {"workbook": b"not xml"}, "corrupt"),
    ],
)
def test_a_broken_or_hostile_workbook_has_its_code(sheet: str, parts: dict[str, bytes], code: str) -> None:
    with pytest.raises(AppError) as caught:
        load_document("a.xlsx", containers.xlsx_of_sheet(sheet, **parts))
    assert caught.value.code == code
