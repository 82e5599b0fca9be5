"""Merged cells of a sheet: their label belongs to each row and column that they cover."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from app.common.readers.cells.columns import REPEATED
from app.common.readers.tables import Repeats, Row

_SPACE = rb"[^<>]{0,200}?"
_MERGE = re.compile(
    rb"<(?:[\w.-]{1,40}:)?mergeCell\s" + _SPACE + rb"""ref\s?=\s?["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)


class _Merge(NamedTuple):
    """Columns from `left` to `right` (from 0), and the last row (from 1); `label` and `worth` once they are known."""

    left: int
    right: int
    bottom: int
    label: str = ""
    worth: str = ""


_Cell = tuple[str, str]
"""What a cell shows, and what it is worth (see `Row.values`)."""


class MergedCells:
    """Fills the labels of merged cells into the rows of a sheet, which come in their order."""

    def __init__(self, sheet: bytes) -> None:
        """`sheet` is the XML of the sheet, in which merged cells come after all rows."""
        self._begin: defaultdict[int, list[_Merge]] = defaultdict(list)
        self._open: list[_Merge] = []
        self._repeats = Repeats()
        for found in _MERGE.finditer(sheet, max(0, sheet.rfind(b"sheetData"))):
            merge = _Merge(column_number(found[1].decode()), column_number(found[3].decode()), int(found[4]))
            self._begin[int(found[2])].append(merge)

    def fill(self, number: int, row: Row) -> Row:
        """Return row `number` with the labels that it takes from merged cells; a row of one label alone stays so."""
        if not self._begin and not self._open:
            return row
        columns = row.columns if row.columns is not None else range(len(row.cells))
        found = zip(columns, row.cells, row.values or [""] * len(row.cells), strict=True)
        cells = {column: (cell, worth) for column, cell, worth in found if cell}
        self._repeats.earn(len(cells))
        begun = [_begun(merge, cells.get(merge.left)) for merge in self._begin.pop(number, ())]
        begun = [merge for merge in begun if merge.label]
        if not cells:
            return row
        spanned = self._spread(number, cells, begun)
        self._open = [merge for merge in (*self._open, *begun) if merge.bottom > number]
        filled = sorted(cells.items())
        return Row(
            [cell for _, (cell, _) in filled],
            [column for column, _ in filled],
            spanned=spanned,
            values=[worth for _, (_, worth) in filled],
        )

    def _spread(self, number: int, cells: dict[int, _Cell], begun: Sequence[_Merge]) -> bool:
        alone = len(cells) == 1
        spanned = False
        self._open = [m for m in self._open if m.bottom >= number and self._fill(cells, m, m.left)]
        for merge in begun:
            if merge.right > merge.left and not alone:
                spanned = self._fill(cells, merge, merge.left + 1) or spanned
        return spanned

    def _fill(self, cells: dict[int, _Cell], merge: _Merge, first: int) -> bool:
        """Repeat a label from column `first` on; False once no more may be repeated."""
        granted = self._repeats.grant(merge.label, merge.right - first + 1)
        for column in range(first, first + granted):
            cells.setdefault(column, (merge.label, merge.worth))
        return granted > 0


def _begun(merge: _Merge, cell: _Cell | None) -> _Merge:
    """Return a merge with what it repeats: a number counts where it stands, and nowhere else."""
    label, worth = cell or ("", "")
    return merge._replace(label=label, worth=REPEATED if worth.startswith("n") else worth)


def column_number(letters: str) -> int:
    """Return the number of a column, from 0, by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
