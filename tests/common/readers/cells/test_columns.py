import datetime
from typing import Any

import pytest

from app.common.file_loader import Table, load_document
from app.common.readers.cells.amounts import read_amount
from app.common.readers.cells.moments import read_moment
from tests import containers


def csv_table(text: str) -> Table:
    (table,) = load_document("a.csv", text.encode()).tables
    return table


def column(text: str, place: int = 1) -> tuple[str, list[str]]:
    table = csv_table(text)
    return table.columns[place].kind, [row[place] for row in table.values]


@pytest.mark.parametrize(
    ("text", "point", "number", "unit"),
    [
        ("1,234.50", ".", 1234.5, ""),
        ("1.234,50 €", ",", 1234.5, "EUR"),
        ("1 234,5", ",", 1234.5, ""),
        ("1'234.50", ".", 1234.5, ""),
        ("12,34,567", ".", 1234567, ""),
        ("($300.00)", ".", -300, "$"),
        ("-5 kg", ".", -5, "kg"),
        ("−5", ".", -5, ""),
        ("7.5%", ".", 0.075, "%"),
        ("CHF 12.00", ".", 12, "CHF"),
        ("¥1200", ".", 1200, "JPY"),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, point: Any, number: float, unit: str) -> None:
    amount = read_amount(text, point)

    assert amount is not None
    assert amount.number == pytest.approx(number)
    assert amount.unit == unit


@pytest.mark.parametrize(
    "text", ["007", "12 Main Street", "1-2", "1.2.3", "1,23", "(5", "1" * 16, "", "12E5", "x" * 99]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_amount(text) is None


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("2024-03-01", None, "2024-03-01"),
        ("2024-03-01T14:30:00Z", None, "2024-03-01 14:30"),
        ("1.3.2024", None, "2024-03-01"),
        ("3/1/2024", "month", "2024-03-01"),
        ("1/3/24", "day", "2024-03-01"),
        ("1. März 2024", None, "2024-03-01"),
        ("March 1st, 2024", None, "2024-03-01"),
        ("1 de marzo de 2024", None, "2024-03-01"),
        ("2024年3月1日", None, "2024-03-01"),
        ("Mar 2024", None, "2024-03"),
        ("3/1/2024", None, None),
        ("31.2.2024", None, None),
        ("2024-13", None, None),
    ],
)
def test_a_date_is_read_in_every_way_of_writing(text: str, order: Any, moment: str | None) -> None:
    assert read_moment(text, order) == moment


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("A;B\nx;1.234,50 €\ny;2.000,00 €\n", "currency", ["1234.5 EUR", "2000.0 EUR"]),
        ("A;B\nx;$ 5.00\ny;7.00\n", "currency", ["5.0 $", "7.0 $"]),
        ("A;Price (EUR)\nx;5.00\ny;7.00\n", "currency", ["5.0 EUR", "7.0 EUR"]),
        ("A;B\nx;1.234\ny;999\n", "number", ["1234.0", "999.0"]),
        ("A;B\nx;1.234\ny;12.5\n", "number", ["1.234", "12.5"]),
        ("A;B\nx;3 kg\ny;500 g\n", "number", ["3.0 kg", "500.0 g"]),
        ("A;B\nx;3\ny;n/a\nz;\n", "number", ["3.0", "", ""]),
        ("A;B\nx;01067\ny;80331\n", "text", ["", ""]),
        ("A;B\nx;3/14/2024\ny;1/2/2024\n", "date", ["2024-03-14", "2024-01-02"]),
        ("A;B\nx;3/4/2024\ny;1/2/2024\n", "text", ["", ""]),
        ("A;B\nx;yes\ny;No\n", "boolean", ["1", "0"]),
        ("A;B\nx;three\ny;4\n", "text", ["", ""]),
    ],
)
def test_a_column_is_of_the_kind_of_its_cells(text: str, kind: str, values: list[str]) -> None:
    assert column(text) == (kind, values)


def test_a_sheet_gives_the_stored_number_and_the_date_whatever_it_shows() -> None:
    def finish(book: Any) -> None:
        sheet = book["Data"]
        for row in (2, 3):
            sheet.cell(row, 1).number_format = "d-mmm"
            sheet.cell(row, 2).number_format = '#,##0.00 "€"'
            sheet.cell(row, 3).number_format = "0%"

    day = datetime.date(2024, 3, 1)
    rows: list[list[Any]] = [["Day", "Amount", "Share"], [day, 1234.5678, 0.155], [day, 2, 0.5]]
    (table,) = load_document("a.xlsx", containers.xlsx({"Data": rows}, finish)).tables

    assert table.rows[0] == ("1-Mar", "1,234.57 €", "16%")
    assert table.values[0] == ("2024-03-01", "1234.5678 EUR", "0.155 %")
    assert [(column.kind, column.decimals) for column in table.columns] == [("date", 0), ("currency", 2), ("number", 2)]
    assert table.numbers == (2, 3)


def test_a_number_in_a_merged_cell_counts_once() -> None:
    rows: list[list[Any]] = [["Team", "Budget"], ["North", 300], ["South", None], ["West", 50]]
    merged = containers.xlsx({"Data": rows}, lambda book: book["Data"].merge_cells("B2:B3"))
    (table,) = load_document("a.xlsx", merged).tables

    assert [row[1] for row in table.rows] == ["300", "300", "50"]
    assert [row[1] for row in table.values] == ["300.0", "", "50.0"]
