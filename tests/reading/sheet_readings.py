"""Workbooks and tables of text."""

from collections.abc import Sequence
from typing import Any

from tests import containers, documents
from tests.reading.corpus import Reading


def _sheet(*rows: Sequence[Any], formats: dict[str, str] | None = None, merged: str = "") -> bytes:
    def finish(book: Any) -> None:
        sheet = book["Data"]
        for place, code in (formats or {}).items():
            sheet[place].number_format = code
        if merged:
            sheet.merge_cells(merged)

    return containers.xlsx({"Data": rows}, finish)


def _shown(value: Any, code: str, shown: str, title: str) -> Reading:
    return Reading(title, "shown.xlsx", _sheet(["Value"], [value], formats={"A2": code}), (f"Value {shown}",))


def _raw(rows: str) -> bytes:
    return containers.xlsx_of_sheet(rows)


_STAFF: list[list[Any]] = [["Department", "Name", "Ext"], ["Sales", "Ann", 101], [None, "Bob", 102], ["IT", "Dan", 201]]
_PARTS: list[list[Any]] = [["Part no.", "Weight g"], ["BX-1", 200], ["BX-2", 210]]

READINGS = [
    Reading(
        "sheets and rows",
        "plain.xlsx",
        containers.xlsx({"Prices": _PARTS, "Notes": [["Call first"]]}),
        ("Prices Part no. | Weight g BX-1 | 200 BX-2 | 210 Notes Call first",),
        tables=(("Part no.", "Weight g"), ()),
    ),
    Reading(
        "a label over several rows",
        "tall.xlsx",
        _sheet(*_STAFF, merged="A2:A3"),
        ("Sales | Bob | 102", "IT | Dan | 201"),
    ),
    Reading(
        "a label over several columns",
        "wide.xlsx",
        _sheet(["Sales 2025", None, "Sales 2026"], ["Q1", "Q2", "Q1"], [1, 2, 3], merged="A1:B1"),
        ("Sales 2025 | Sales 2025 | Sales 2026",),
        tables=(("Sales 2025 / Q1", "Sales 2025 / Q2", "Sales 2026 / Q1"),),
    ),
    Reading(
        "a title over its header",
        "title.xlsx",
        _sheet(["Price list of the Leeds depot"], [], *_PARTS),
        ("Price list of the Leeds depot Part no. | Weight g",),
        tables=(("Part no.", "Weight g"),),
    ),
    Reading(
        "a title that is merged over the columns",
        "merged-title.xlsx",
        _sheet(["Price list", None], *_PARTS, merged="A1:B1"),
        ("Price list Part no. | Weight g",),
        ("Price list | Price list",),
        tables=(("Part no.", "Weight g"),),
    ),
    Reading(
        "formulas without values",
        "formulas.xlsx",
        _sheet(["Item", "Cost"], ["Rent", 1200], ["Total", "=SUM(B2:B2)"]),
        ("Total | =SUM(B2:B2)",),
        warns="no stored value",
    ),
    Reading(
        "formulas with values", "values.xlsx", _raw("<row><c><f>SUM(B1:B9)</f><v>42</v></c></row>"), ("42",), ("SUM",)
    ),
    Reading(
        "escapes of control characters",
        "escapes.xlsx",
        _raw('<row><c t="inlineStr"><is><t>one_x000D_\ntwo _x005F_x000D_</t></is></c></row>'),
        ("one two _x000D_",),
        ("one_x000D_",),
    ),
    Reading(
        "raised digits in a cell",
        "rich.xlsx",
        _raw(
            '<row><c t="inlineStr"><is><r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>6</t></r>'
            "</is></c></row>"
        ),
        ("10⁶",),
        ("106",),
    ),
    Reading(
        "cells far to the right",
        "far.xlsx",
        _raw('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>'),
        ("1 |", "| 2"),
    ),
    _shown(1234567.5, "#,##0.00", "1,234,567.50", "thousands"),
    _shown(0.125, "0.0%", "12.5%", "percent"),
    _shown(1200, "#,##0.00 [$€-407]", "1,200.00 €", "euros"),
    _shown(-1200.5, '"$"#,##0.00;[Red]("$"#,##0.00)', "($1,200.50)", "negative dollars"),
    _shown(1.5, "[h]:mm", "36:00", "a duration of more than a day"),
    _shown(0.0416666667, "h:mm:ss", "1:00:00", "a time"),
    _shown(45351, "dd.mm.yyyy", "2024-02-29", "a date"),
    _shown(45351, "mmm-yy", "Feb-24", "a month"),
    _shown(45351.604166666664, "d/m/yy h:mm", "2024-02-29 14:30", "a moment"),
    _shown(1.25, "# ?/?", "1 1/4", "a fraction"),
    _shown(12345, "0.00E+00", "1.23E+04", "a power of ten"),
    _shown(5551234, "000-0000", "555-1234", "a telephone number"),
    _shown(7, '"Model "000', "Model 007", "text around digits"),
    _shown(1234567, '0.0,,"M"', "1.2M", "millions"),
    _shown(1.005, "0.00", "1.01", "half a cent"),
    Reading(
        "rows and their header",
        "plain.csv",
        b"Part,Price\nFrame,7\n",
        ("Part | Price Frame | 7",),
        tables=(("Part", "Price"),),
    ),
    Reading(
        "a title over the header",
        "title.csv",
        b"Report of May\n\nPart;Price\nFrame;7\nBell;8\n",
        ("Report of May Part | Price Frame | 7",),
        tables=(("Part", "Price"),),
    ),
    Reading(
        "years as a header",
        "years.csv",
        b"Region,2024,2025\nNorth,7,8\nSouth,9,10\n",
        ("North | 7 | 8",),
        tables=(("Region", "2024", "2025"),),
    ),
    Reading(
        "rows without a header", "bare.csv", b"2024-01-01,7,8\n2024-01-02,9,10\n", ("2024-01-01 | 7 | 8",), tables=((),)
    ),
    Reading(
        "a byte that does not fit",
        "stray.csv",
        "Größe;Maß\n7;8 \xff\n".encode("latin-1").replace(b"\xf6", "ö".encode()).replace(b"\xdf", "ß".encode()),
        ("Größe | Maß",),
        warns="do not fit",
    ),
    Reading(
        "a workbook with shared strings",
        "shared.xlsx",
        containers.xlsx_with_shared_strings(["Part", "Note"], ["Frame", ("har", "bour", " crane")]),
        ("Frame | harbour crane",),
    ),
    Reading(
        "a damaged sheet",
        "damaged.xlsx",
        documents.zip_file(
            {
                name: content[:-40] if "sheet1" in name else content
                for name, content in documents.zip_parts(_sheet(*_PARTS)).items()
            }
        ),
        ("BX-1 | 200",),
        warns="damaged",
    ),
]
