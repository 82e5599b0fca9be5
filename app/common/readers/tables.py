"""Tables: each row becomes a line, `a | b | c`, and what is known of the table stays with it: header and cells."""

from collections.abc import Sequence
from typing import NamedTuple

from app.common.readers.cleaning import clean
from app.common.readers.headers import HEAD, find_header
from app.common.readers.raw import Block, Budget, RawTable

_LONGEST_GAP = 10  # empty columns that a line shows between two cells
_LONGEST_LABEL = 200
_MOST_COLUMNS = 1 << 14


class Row(NamedTuple):
    """The cells of a row. `columns` says where they stand when that is not 0, 1, 2 and so on.

    `marked`: the file itself says that this is a header. `spanned`: a cell of it stands in several columns.
    `values`: what the file says of each cell, where it says something (see `Table.values`).
    """

    cells: Sequence[str]
    columns: Sequence[int] | None = None
    marked: bool = False
    spanned: bool = False
    values: Sequence[str] = ()


class TableBuilder:
    """Takes rows one by one and makes a block of them. Cells are kept as far as the budget allows, lines always."""

    def __init__(self, budget: Budget, name: str = "") -> None:
        self._budget = budget
        self._name = name
        self._lines: list[str] = []
        self._head: list[Row] = []
        self._rows: list[tuple[str, ...]] = []
        self._values: list[tuple[str, ...]] = []
        self._numbers: list[int] = []
        self._number = 0
        self._complete = True

    def add(self, row: Row, number: int | None = None) -> None:
        """Add a row; one without text is left out. TooLarge when the budget of characters is spent.

        `number` is that of the row in the file, from 1; if not given, the rows follow each other.
        """
        self._number = number or self._number + 1
        cells = [flat(cell) for cell in row.cells]
        while cells and not cells[-1]:
            cells.pop()
        if not any(cells):
            return
        columns = row.columns[: len(cells)] if row.columns is not None else None
        self._lines.append(self._budget.spend(_line(cells, columns)))
        if len(self._head) < HEAD:
            self._head.append(row._replace(cells=_dense(cells, columns)))
        width = len(cells) if columns is None else columns[-1] + 1
        self._complete = self._complete and self._budget.keeps(width, len(self._lines[-1]))
        if self._complete:
            self._rows.append(tuple(_dense(cells, columns)))
            self._values.append(tuple(_dense(row.values[: len(cells)], columns) if row.values else ()))
            self._numbers.append(self._number)

    def block(self) -> Block | None:
        """Return the table, None when it has no row."""
        if not self._lines:
            return None
        first, after, labels = find_header(self._head)
        table = RawTable(
            flat(self._name),
            (first, after),
            labels,
            self._rows[after:],
            self._complete,
            self._numbers[after:],
            self._values[after:] if any(self._values) else (),
        )
        return Block("\n".join(self._lines), None, "table", table)


class Repeats:
    """Says how often labels of merged cells may be repeated: in proportion to the cells that there are."""

    def __init__(self) -> None:
        self._left = 1_000

    def earn(self, cells: int) -> None:
        """Count cells that are really there."""
        self._left += 4 * cells

    def grant(self, label: str, count: int) -> int:
        """Return how many of `count` repetitions of a label may be made; none of a text as long as a paragraph."""
        if len(label) > _LONGEST_LABEL or count <= 0:
            return 0
        granted = min(count, self._left)
        self._left -= granted
        return granted


def flat(text: str) -> str:
    """Return cleaned text on one line."""
    plain = text.isascii() and text.isprintable()
    return " ".join((text if plain else clean(text)).split())


def _line(cells: Sequence[str], columns: Sequence[int] | None) -> str:
    if columns is None:
        return " | ".join(cells).strip()
    shown: list[str] = []
    before = -1
    for cell, column in zip(cells, columns, strict=True):
        shown += [""] * min(column - before - 1, _LONGEST_GAP)
        shown.append(cell)
        before = column
    return " | ".join(shown).strip()


def _dense(cells: Sequence[str], columns: Sequence[int] | None) -> Sequence[str]:
    if columns is None:
        return cells
    out = [""] * min(columns[-1] + 1, _MOST_COLUMNS)
    for cell, column in zip(cells, columns, strict=True):
        if column < len(out):
            out[column] = cell
    return out
