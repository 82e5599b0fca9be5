"""Tables that were drawn column by column: their cells stand in rows on the page, and are read so.

Columns of an article are left as they are: a table's cells are short, and one of its columns at least holds numbers.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.common.readers.pdf.places import Mark

_LONGEST_CELL = 30
_FEWEST_ROWS = 3
_ALIGNED = 0.6  # these are shares of the height of a line
_SAME_ROW = 0.3
_FURTHEST = 4.0
_NUMBERS = 0.6
_NUMBER = re.compile(r"[^\w\s]{0,3}\d[\d.,'’\s]*[^\w\s]{0,2}")


class Line(NamedTuple):
    """A line as it is read: its text, where it begins, and its right edge."""

    text: str
    first: Mark
    right: float


def in_rows(lines: Sequence[Line]) -> list[str]:
    """Return the texts of the lines, those of tables that come column by column put into rows."""
    out: list[str] = []
    table: list[list[Line]] = []
    for run in _runs(lines):
        if table and _stands_beside(run, table):
            table.append(run)
            continue
        out += _rows(table)
        table = [run]
    return out + _rows(table)


def _runs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the lines in runs of short ones that stand below one another."""
    run: list[Line] = []
    for line in lines:
        if run and not _continues(run, line):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _continues(run: Sequence[Line], line: Line) -> bool:
    before, size = run[-1], max(line.first.size, 0.1)
    if len(line.text) > _LONGEST_CELL or len(before.text) > _LONGEST_CELL:
        return False
    aligned = min(abs(line.first.x - before.first.x), abs(line.right - before.right)) <= _ALIGNED * size
    return aligned and 0 < before.first.y - line.first.y <= _FURTHEST * size


def _stands_beside(run: Sequence[Line], table: Sequence[Sequence[Line]]) -> bool:
    """Whether a run is the next column of a table: on its right, each cell on the level of one in the first column."""
    first, last = table[0], table[-1]
    if len(run) < _FEWEST_ROWS - 1 or len(first) < _FEWEST_ROWS or len(run) > len(first):
        return False
    if min(line.first.x for line in run) <= max(line.right for line in last):
        return False
    return all(_row_of(line, first) is not None for line in run)


def _row_of(line: Line, column: Sequence[Line]) -> int | None:
    """Return the row of a column on whose level a line stands; the rows come from top to bottom."""
    low, high = 0, len(column)
    while low < high:
        middle = (low + high) // 2
        rise = column[middle].first.y - line.first.y
        if abs(rise) <= _SAME_ROW * max(line.first.size, 0.1):
            return middle
        low, high = (middle + 1, high) if rise > 0 else (low, middle)
    return None


def _rows(table: Sequence[Sequence[Line]]) -> list[str]:
    if len(table) < 2 or not any(map(_holds_numbers, table[1:])):
        return [line.text for column in table for line in column]
    rows = [[line.text] for line in table[0]]
    for column in table[1:]:
        for line in column:
            row = _row_of(line, table[0])
            if row is not None:
                rows[row].append(line.text)
    return [" ".join(row) for row in rows]


def _holds_numbers(column: Sequence[Line]) -> bool:
    return sum(1 for line in column if _NUMBER.fullmatch(line.text)) >= _NUMBERS * len(column)
