"""Cells that cover several columns or rows: their label is repeated in each, or it would belong to the first alone."""

from collections.abc import Sequence
from typing import NamedTuple

from app.common.readers.cells.columns import REPEATED
from app.common.readers.tables import Repeats, Row, flat

_WIDEST = 1000  # as browsers have it
_TALLEST = 65_534
_MOST_COLUMNS = 1 << 14


class Cell(NamedTuple):
    """A cell: how many columns it covers, and how many rows (0: all that follow).

    `from_left`, `from_above`: it stands in the place of a cell that is part of the one beside or above it.
    """

    text: str
    across: int = 1
    down: int = 1
    from_left: bool = False
    from_above: bool = False


_SINGLE = Cell("")[1:]


class Spans:
    """Turns the cells of a table into rows of columns, row by row."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[int, str]] = {}  # by column: the last row that a label covers, and the label
        self._number = 0
        self._above: dict[int, str] = {}
        self._repeats = Repeats()
        self._width = 0

    def row(self, cells: Sequence[Cell], *, marked: bool = False) -> Row:
        """Return the row. A label that is all that a row has is not repeated across: it is a title."""
        self._number += 1
        given = [cell._replace(text=flat(cell.text)) for cell in cells]
        filled = sum(bool(cell.text) for cell in given)
        if not filled and not any(cell.from_above for cell in given):
            return Row([])
        self._repeats.earn(len(given))
        if not self._open and all(cell[1:] == _SINGLE for cell in given):
            texts = [cell.text for cell in given[:_MOST_COLUMNS]]
            self._above, self._width = dict(enumerate(texts)), max(self._width, len(texts))
            return Row(texts, marked=marked)
        row: dict[int, str] = {}
        own: set[int] = set()
        spanned = False
        column = 0
        for cell in given:
            column = self._covered(row, column)
            if cell.text and not cell.from_above:
                own.add(column)
            spanned = self._place(row, column, cell, alone=filled < 2) or spanned
            column += max(1, min(cell.across, _WIDEST))
            if column > _MOST_COLUMNS:
                break
        self._covered(row, column, to_end=True)
        self._width = max(self._width, column)
        places = sorted(row)
        worth = ["" if place in own else REPEATED for place in places]
        return Row([row[place] for place in places], places, marked=marked, spanned=spanned, values=worth)

    def _covered(self, row: dict[int, str], column: int, *, to_end: bool = False) -> int:
        """Fill columns that cells of earlier rows cover; return the first that is free."""
        if to_end:
            for later in sorted(place for place in self._open if place >= column):
                self._continue(row, later)
            return column
        while column in self._open and self._continue(row, column):
            column += 1
        return column

    def _continue(self, row: dict[int, str], column: int) -> bool:
        """Repeat the label that covers a column; False when it no longer does."""
        last, label = self._open[column]
        if last >= self._number and self._repeats.grant(label, 1):
            row[column] = label
            return True
        del self._open[column]
        return last >= self._number

    def _place(self, row: dict[int, str], column: int, cell: Cell, *, alone: bool) -> bool:
        """Put a cell into its columns; whether it covers several."""
        text = self._inherited(row, column, cell)
        row[column] = text
        if not text:
            return False
        across = min(cell.across, _WIDEST, max(1, self._width - column) if self._width else _WIDEST)
        repeated = 0 if alone else self._repeats.grant(text, across - 1)
        row.update(dict.fromkeys(range(column + 1, column + 1 + repeated), text))
        last = self._number - 1 + (_TALLEST if cell.down == 0 else min(cell.down, _TALLEST))
        if last > self._number:
            self._open.update(dict.fromkeys(range(column, column + 1 + repeated), (last, text)))
        return repeated > 0 or cell.from_left

    def _inherited(self, row: dict[int, str], column: int, cell: Cell) -> str:
        if cell.from_above:
            label = self._above.get(column, "")
        elif cell.from_left and not cell.text:
            label = row.get(column - 1, "")
        else:
            self._above[column] = cell.text
            return cell.text
        granted = label if label and self._repeats.grant(label, 1) else ""
        if cell.from_left:
            self._above[column] = granted
        return granted
