"""Which rows of a table are its header: those that the file marks, else the first full row of labels over data."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol

HEAD = 30
"""So many rows from the top are looked at."""

_MOST_HEADER_ROWS = 3
_BODY = 5
_FULL = 0.6
_LONGEST_DATUM = 60
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"\d{4}-\d{2}(?:-\d{2})?(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?"
)
_NUMBER = re.compile(r"[-+−(]?[^\w\s(+−-]?\s?\d[\d.,'’\s]*(?:[^\w\s]|[A-Z]{3})?[)-]?")
_QUANTITY = re.compile(r"[-+]?\d.*")

_Kind = Literal["label", "number", "quantity", "date", "year"]


class HeadRow(Protocol):
    """A row as far as this module needs it."""

    @property
    def cells(self) -> Sequence[str]:
        """Its cells, column by column."""

    @property
    def marked(self) -> bool:
        """Whether the file says that it is a header."""

    @property
    def spanned(self) -> bool:
        """Whether a cell stands in several columns."""


def find_header(rows: Sequence[HeadRow]) -> tuple[int, int, tuple[str, ...]]:
    """Return the first header row, the one after the last, and a label for each column; 0, 0 and none without one.

    Rows above the header, such as a title or a date, are skipped. Labels of several header rows are joined by ` / `.
    """
    first, after = _marked(rows) or _guessed(rows)
    return first, after, _labels(rows[first:after])


def _marked(rows: Sequence[HeadRow]) -> tuple[int, int] | None:
    first = next((n for n, row in enumerate(rows) if row.marked), len(rows))
    after = next((n for n in range(first, len(rows)) if not rows[n].marked), len(rows))
    while first < after - 1 and len(rows[first].cells) == 1:
        first += 1  # a title among the rows that are marked
    wide = any(len(row.cells) > 1 for row in rows[first:after])
    if first == after or not wide or any(len(_filled(row)) > 1 for row in rows[:first]):
        return None
    return first, min(after, first + _MOST_HEADER_ROWS)


def _guessed(rows: Sequence[HeadRow]) -> tuple[int, int]:
    width = max((len(_filled(row)) for row in rows), default=0)
    if width < 2:
        return 0, 0
    first = next(n for n, row in enumerate(rows) if len(_filled(row)) >= max(2, _FULL * width))
    if not _heads(rows, first):
        return 0, 0
    after = first + 1
    while after < len(rows) - 1 and after - first < _MOST_HEADER_ROWS and _continues(rows, after):
        after += 1
    if first and _is_group(rows[first - 1]):
        first -= 1
    return first, after


def _heads(rows: Sequence[HeadRow], place: int) -> bool:
    """Whether a row of labels stands over rows of another kind, or of text."""
    body = rows[place + 1 : place + 1 + _BODY]
    kinds = {column: _kind(rows[place].cells[column]) for column in _filled(rows[place])}
    if not body or all(kind in ("number", "quantity") for kind in kinds.values()):
        return False
    return all(kind == "label" or kind != _kind_below(body, column) for column, kind in kinds.items())


def _continues(rows: Sequence[HeadRow], place: int) -> bool:
    """Whether a row names the columns under the groups that the row above it names."""
    above, row = rows[place - 1], rows[place]
    groups = above.spanned or len(_filled(above)) < len(_filled(row))
    labels = [_kind(row.cells[column]) for column in _filled(row)]
    if not groups or len(labels) < 2 or any(kind not in ("label", "year") for kind in labels):
        return False
    below = rows[place + 1 : place + 1 + _BODY]
    return any(_kind_below(below, column) in ("number", "quantity", "date") for column in _filled(row))


def _is_group(row: HeadRow) -> bool:
    filled = _filled(row)
    beside = len(filled) > 1 and filled[0] > 0
    return beside and all(_kind(row.cells[column]) in ("label", "year") for column in filled)


def _kind_below(body: Sequence[HeadRow], column: int) -> _Kind | None:
    cells = (row.cells[column] for row in body if column < len(row.cells))
    kinds = Counter(_kind(cell) for cell in cells if cell)
    return kinds.most_common(1)[0][0] if kinds else None


def _kind(cell: str) -> _Kind:
    if len(cell) > _LONGEST_DATUM:
        return "label"
    if _YEAR.fullmatch(cell):
        return "year"
    if _DATE.fullmatch(cell):
        return "date"
    if _NUMBER.fullmatch(cell):
        return "number"
    return "quantity" if _QUANTITY.match(cell) else "label"


def _filled(row: HeadRow) -> list[int]:
    return [column for column, cell in enumerate(row.cells) if cell]


def _labels(rows: Sequence[HeadRow]) -> tuple[str, ...]:
    width = max((len(row.cells) for row in rows), default=0)
    columns = ([row.cells[column] for row in rows if column < len(row.cells)] for column in range(width))
    return tuple(" / ".join(dict.fromkeys(filter(None, column))) for column in columns)
