"""Tables of Word, of web pages and of Markdown: from the file to the sentence of the answer."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.common.file_loader import load_document
from app.common.ids import ClientId
from app.services.tables import TableStore, new_tables
from app.services.tables.plan import PlanRefused, read_plan
from app.services.tables.running import run_plan
from app.services.tables.showing import answer_lines
from tests import documents

ANNA = ClientId("anna")
Answer = Callable[..., str]


@pytest.fixture
def answer(tmp_path: Path) -> Answer:
    """Keep a document's tables and run a plan over one of them; return the lines of the answer."""
    store = TableStore(tmp_path / "tables")

    def run(name: str, content: bytes, *where: tuple[str, str, object], **plan: object) -> str:
        store.put(ANNA, "doc_1", new_tables(load_document(name, content)))
        conditions = [dict(zip(("column", "op", "value"), each, strict=True)) for each in where]
        with store.opened(ANNA, "doc_1") as reader:
            assert reader is not None
            tables = reader.tables()
            checked = read_plan(json.dumps({"table": len(tables), "where": conditions, **plan}), tables)
            return "\n".join(answer_lines(checked, run_plan(reader, checked), "en"))

    return run


def web(*rows: str, foot: str = "", head: str = "") -> bytes:
    """A web page with one table; cells are divided by bars."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row.split('|'))}</tr>" for row in rows)
    heading = "".join(f"<th>{cell}</th>" for cell in head.split("|"))
    thead = f"<thead><tr>{heading}</tr></thead>" if head else ""
    tfoot = f"<tfoot><tr>{''.join(f'<td>{cell}</td>' for cell in foot.split('|'))}</tr></tfoot>" if foot else ""
    return f"<html><body><p>Prose.</p><table>{thead}<tbody>{body}</tbody>{tfoot}</table></body></html>".encode()


def markdown(head: str, *rows: str) -> bytes:
    rule = "|".join("---" for _ in head.split("|"))
    return "\n".join(["# Report", "", f"|{head}|", f"|{rule}|", *(f"|{row}|" for row in rows), "", "The end."]).encode()


def word(*rows: Sequence[str], merge: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """A Word document with one table; `merge` are rectangles of cells: from row, column to row, column."""

    def build(document: Any) -> None:
        document.add_paragraph("Prose.")
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
        for top, left, bottom, right in merge:
            text = table.cell(top, left).text
            table.cell(top, left).merge(table.cell(bottom, right)).text = text

    return documents.docx(build)


SPEND = word(
    ("Spend of the year 2024", "", "", ""),
    ("Department", "Item", "Amount", "Day"),
    ("Yard", "Crane", "€1,200.50", "1 March 2024"),
    ("", "Rope", "€99.50", ""),
    ("Office", "Desk", "(€20.25)", "2 April 2024"),
    ("", "Lamp", "", "3 May 2024"),
    ("Total", "", "€1,279.75", ""),
    merge=[(0, 0, 0, 3), (2, 0, 3, 0), (2, 3, 3, 3), (4, 0, 5, 0)],
)


@pytest.mark.parametrize(
    ("where", "plan", "said"),
    [
        ((), {"measure": "sum", "of": "c3"}, "Sum: Amount: 1,279.75 EUR"),
        ((("c1", "eq", "yard"),), {"measure": "sum", "of": "c3"}, "1,300.00 EUR"),
        ((("c1", "eq", "Office"),), {"measure": "count"}, ": 2"),
        ((("c3", "lt", 0),), {"show": ["c2"]}, "- Desk"),
        ((("c3", "empty", None),), {"show": ["c2"]}, "- Lamp"),
        ((("c4", "eq", "2024-03"),), {"measure": "count"}, ": 2"),
        ((), {"show": ["c1", "c2"], "order_by": "c3", "limit": 2}, "- Yard, Crane\n- Yard, Rope"),
        ((), {"measure": "sum", "of": "c3", "group_by": "c1"}, "- Office: -20.25 EUR\n- Yard: 1,300.00 EUR"),
    ],
)
def test_a_table_of_word_with_a_title_merged_cells_and_a_total(
    answer: Answer, where: Sequence[tuple[str, str, object]], plan: dict[str, object], said: str
) -> None:
    assert said in answer("spend.docx", SPEND, *where, **plan)


FORMS = [
    (("1,200.50", "80.25", "(20.75)"), "1,260.00"),
    (("1.200,50", "80,25", "-20,75"), "1,260.00"),
    (("1 200,50", "80,25", "−20,75"), "1,260.00"),
    (("1\u202f200,50", "80,25", "-20,75"), "1,260.00"),
    (("1'200.50", "80.25", "20.75-"), "1,260.00"),
    (("1.200,50 €", "80,25 €", "-20,75 €"), "1,260.00 EUR"),
    (("£1,200.50", "£80.25", "-£20.75"), "1,260.00 GBP"),
    (("12.5 %", "50%", "-2.5%"), "60.0%"),
]


@pytest.mark.parametrize(("numbers", "said"), FORMS)
def test_numbers_are_read_in_the_form_they_are_written(answer: Answer, numbers: Sequence[str], said: str) -> None:
    rows = [f"{name}|{number}" for name, number in zip("ABC", numbers, strict=True)]
    for name, content in (("a.html", web(*rows, head="Item|Value")), ("a.md", markdown("Item|Value", *rows, "D|"))):
        assert answer(name, content, measure="sum", of="c2") == f"Sum: Value: {said}"


@pytest.mark.parametrize(
    "days",
    [
        ("2024-03-01", "2024-03-15", "2024-04-01"),
        ("01.03.2024", "15.03.2024", "01.04.2024"),
        ("1 March 2024", "15 Mar 2024", "April 1, 2024"),
        ("3/1/2024", "3/15/2024", "4/1/2024"),
        ("1er mars 2024", "15 mars 2024", "1 avril 2024"),
        ("2024年3月1日", "2024年3月15日", "2024年4月1日"),
    ],
)
def test_dates_of_many_forms_are_compared(answer: Answer, days: Sequence[str]) -> None:
    content = web(*(f"{name}|{day}" for name, day in zip("ABC", days, strict=True)), head="Item|Day")
    assert answer("a.html", content, ("c2", "lt", "2024-04"), measure="count").endswith(": 2")
    assert answer("a.html", content, show=["c1"], order_by="c2", limit=1) == "Item:\n- C"


ROWS = ("A|10|1", "B|20|2", "C|30|3")
TOTALS = [
    (("Total|60|6",), "60"),
    (("Total:|60|6", "Net total|60|6"), "120"),  # nothing says that this label is one of a total
    (("Grand total 2024|60|6",), "60"),
    (("Total (3 items)|60|6",), "60"),
    (("Gesamtsumme|60|6",), "60"),
    (("Total général|60|6",), "60"),
    (("合计|60|6",), "60"),
    (("Total : 60||",), "60"),
    (("|60|6",), "60"),
    (("||",), "60"),
    (("Subtotal of A to C|60|6", "D|5|1", "Total|65|7"), "65"),
    (("Total A to C|60|6", "D|5|1", "E|5|1", "F|5|1", "Total|75|9"), "75"),
    (("Total Energies|100|9",), "160"),
    (("Summer|60|6",), "120"),
]


@pytest.mark.parametrize(("last", "said"), TOTALS)
def test_rows_that_are_totals_are_not_added_to_what_they_sum_up(answer: Answer, last: Sequence[str], said: str) -> None:
    content = markdown("Item|Pieces|Boxes", *ROWS, *last)
    assert answer("a.md", content, measure="sum", of="c2") == f"Sum: Pieces: {said}"


def test_a_total_above_what_it_sums_up_and_one_in_a_foot_are_left_out(answer: Answer) -> None:
    above = web("All|60|6", *ROWS, head="Item|Pieces|Boxes")
    assert answer("a.html", above, measure="sum", of="c2").endswith(": 120")  # its label says nothing
    above = web("Total|60|6", *ROWS, head="Item|Pieces|Boxes")
    assert answer("a.html", above, measure="sum", of="c2").endswith(": 60")
    below = web(*ROWS, head="Item|Pieces|Boxes", foot="Total|60|6")
    assert answer("a.html", below, measure="count").endswith(": 3")


def test_amounts_of_several_currencies_are_never_added_up(answer: Answer) -> None:
    mixed = web("Rent|1.200,50 €", "Server|$300,25", "Power|80,25 €", "Cloud|£10,00", head="Item|Amount")
    assert answer("a.html", mixed, measure="sum", of="c2") == "Sum: Amount: $300.25, 1,280.75 EUR, 10.00 GBP"


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_currency_in_a_column_of_its_own_is_that_of_its_row(answer: Answer, place: str) -> None:
    rows = [("Rent", 2, "1,200.50", "EUR"), ("Server", 1, "300.25", "USD"), ("Power", 4, "80.25", "€")]
    order = (0, 1, 2, 3) if place == "after" else (0, 1, 3, 2)
    head = [("Item", "Pieces", "Amount", "Currency")[n] for n in order]
    lines = ["|".join(str(row[n]) for n in order) for row in rows]
    content = markdown("|".join(head), *lines, "Total||1,581.00|" if place == "after" else "Total|||1,581.00")
    amount = f"c{order.index(2) + 1}"
    assert answer("a.md", content, measure="sum", of=amount) == "Sum: Amount: 1,280.75 EUR, 300.25 USD"
    assert answer("a.md", content, measure="sum", of="c2") == "Sum: Pieces: 7"


def test_a_merged_number_counts_once_and_its_label_for_all_its_rows(answer: Answer) -> None:
    content = (
        b"<table><tr><th>Team</th><th>Name</th><th>Budget</th><th>Since</th></tr>"
        b'<tr><td rowspan="2">Red</td><td>Ann</td><td rowspan="2">500</td><td rowspan="2">2024-03-01</td></tr>'
        b"<tr><td>Bob</td></tr><tr><td>Blue</td><td>Cem</td><td>70</td><td>2023-01-01</td></tr></table>"
    )
    assert answer("a.html", content, measure="sum", of="c3") == "Sum: Budget: 570"
    assert answer("a.html", content, ("c1", "eq", "red"), measure="count").endswith(": 2")
    assert answer("a.html", content, ("c4", "ge", "2024"), measure="count").endswith(": 2")


def test_a_column_that_is_half_words_has_no_sum(answer: Answer) -> None:
    content = web("A|10", "B|unknown", "C|late", "D|40", head="Item|Value")
    with pytest.raises(PlanRefused):
        answer("a.html", content, measure="sum", of="c2")
