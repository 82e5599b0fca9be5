"""What the columns of a table hold. A column is of a kind when nearly all of its cells are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress
from typing import Literal, NamedTuple

from app.common.readers.cells.amounts import Amount, Point, currency_in, is_currency, point_of, read_amount
from app.common.readers.cells.currencies import with_currencies
from app.common.readers.cells.moments import Order, order_of, read_moment
from app.common.readers.raw import Column, Table

MOST_COLUMNS = 200
"""Columns of a table whose cells are read; what stands further to the right is text of the document only."""
REPEATED = "r"
"""Said of a cell that only repeats the merged cell it is part of: a number counts once, all else for each row."""

_NEARLY_ALL = 0.9
_MOST_UNITS = 6
_MOST_DECIMALS = 6
_NOTHING = frozenset(("", "-", "–", "—", "n/a", "n.a.", "na", "k.a.", "none", "null", "#n/a", "?", "...", "…", "无"))
_TRUTHS = (
    ("true", "false"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("sì", "no"), ("wahr", "falsch"),
    ("vrai", "faux"), ("是", "否"), ("y", "n"),
)  # fmt: skip


class _Style(NamedTuple):
    """How this table writes numbers and dates, as far as its own cells show."""

    point: Point | None
    order: Order | None


class _Cell(NamedTuple):
    """A cell that is not empty: its row, what it shows, and what the sheet says of it (see `Table.values`)."""

    row: int
    shown: str
    given: str


_Read = tuple[Column, dict[int, str]]


def with_kinds(table: Table) -> Table:
    """Return the table with the kinds of its columns, and what each cell is worth.

    What the file says itself of a cell, in `table.values`, counts more than what the cell shows.
    """
    width = min(MOST_COLUMNS, max((len(row) for row in table.rows), default=0))
    cells = _cells(table, width)
    texts = [[cell.shown for cell in column if not cell.given] for column in cells]
    shown = [text for column in texts for text in column]
    style = _Style(point_of(shown), order_of(shown))
    columns: list[Column] = []
    values = [[""] * width for _ in table.rows]
    for place, column in enumerate(cells):
        own = _Style(point_of(texts[place]) or style.point, order_of(texts[place]) or style.order)
        label = table.header[place] if place < len(table.header) else ""
        kind, read = _column(column, label, own)
        columns.append(kind)
        for row, value in read.items():
            values[row][place] = value
    return with_currencies(replace(table, columns=tuple(columns), values=tuple(map(tuple, values))))


def _cells(table: Table, width: int) -> list[list[_Cell]]:
    """Return the cells of each column that are not empty."""
    found: list[list[_Cell]] = [[] for _ in range(width)]
    for number, row in enumerate(table.rows):
        given = table.values[number] if number < len(table.values) else ()
        for column in compress(range(width), row):  # passes over empty cells quickly: a sheet may be nearly all of them
            if row[column].lower() not in _NOTHING:
                found[column].append(_Cell(number, row[column], given[column] if column < len(given) else ""))
    return found


def _column(cells: Sequence[_Cell], label: str, style: _Style) -> _Read:
    worth = [cell for cell in cells if cell.given != REPEATED]
    shown = [cell._replace(given="") if cell.given == REPEATED else cell for cell in cells]
    return _truths(shown) or _moments(shown, style.order) or _amounts(worth, label, style.point) or (Column("text"), {})


def _truths(cells: Sequence[_Cell]) -> _Read | None:
    shown = {cell.shown.lower() for cell in cells}
    pair = next((pair for pair in _TRUTHS if shown and shown <= set(pair)), None)
    if pair is None:
        return None
    return Column("boolean"), {cell.row: "1" if cell.shown.lower() == pair[0] else "0" for cell in cells}


def _moments(cells: Sequence[_Cell], order: Order | None) -> _Read | None:
    read = {cell.row: cell.given[1:] for cell in cells if cell.given.startswith("d")}
    moments = {shown: read_moment(shown, order) for shown in {cell.shown for cell in cells if not cell.given}}
    for cell in cells:
        if not cell.given and (moment := moments[cell.shown]):
            read[cell.row] = moment
    return (Column("date"), read) if _enough(read, cells) else None


def _amounts(cells: Sequence[_Cell], label: str, point: Point | None) -> _Read | None:
    distinct = {(cell.shown, cell.given): cell for cell in cells}
    amounts = {key: _amount(cell, point or ".") for key, cell in distinct.items()}
    read = {cell.row: amount for cell in cells if (amount := amounts[cell.shown, cell.given])}
    codes = any(cell.shown[0] == "0" and cell.shown.isdigit() and cell.shown != "0" for cell in cells if not cell.given)
    units = Counter(amount.unit for amount in read.values() if amount.unit)
    if not _enough(read, cells) or codes or len(units) > _MOST_UNITS:
        return None
    only = next(iter(units)) if len(units) == 1 and "%" not in units else "" if units else currency_in(label)
    named = {row: amount._replace(unit=amount.unit or only) for row, amount in read.items()}
    kind: Literal["currency", "number"] = "currency" if _is_money(named.values()) else "number"
    decimals = min(_MOST_DECIMALS, max(amount.decimals for amount in named.values()))
    return Column(kind, decimals), {row: _written(amount) for row, amount in named.items()}


def _amount(cell: _Cell, point: Point) -> Amount | None:
    """Return a cell's number: the one that the sheet stores, with the unit that it shows."""
    shown = read_amount(cell.shown, "." if cell.given else point)
    if not cell.given.startswith("n"):
        return None if cell.given else shown
    number = float(cell.given[1:])
    if shown is None or abs(shown.number - number) > 10.0**-shown.decimals:
        return Amount(number, "", _decimals(number))
    return shown._replace(number=number)


def _decimals(number: float) -> int:
    return len(f"{number:.15g}".partition(".")[2].partition("e")[0])


def _is_money(amounts: Iterable[Amount]) -> bool:
    return all(is_currency(unit) for unit in {amount.unit for amount in amounts})


def _enough(read: dict[int, str] | dict[int, Amount], cells: Sequence[_Cell]) -> bool:
    return bool(read) and len(read) >= _NEARLY_ALL * len(cells)


def _written(amount: Amount) -> str:
    return f"{amount.number!r} {amount.unit}".rstrip()
