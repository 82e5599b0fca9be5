"""Rows of a table that sum up others, or hold nothing: counted with the others, everything would count twice."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.common.file_loader import Table

_TOTALS = tuple(
    re.split(
        r"[|\n] *",
        """total|totals|grand total|sum|overall|in total|summe|gesamt|gesamtsumme|insgesamt|total général|total general
        ensemble|suma|suma total|totale|totale generale|somma|totaal|合计|总计|總計|合計|总和|計""",
    )
)
_SUBTOTALS = ("subtotal", "sub-total", "sub total", "zwischensumme", "sous-total", "totale parziale", "subtotale")
_SUBTOTALS_UNSPACED = ("小计", "小計")
_AT_THE_END = 3
_NEARLY = 1e-6
_Number = tuple[str, float]
"""The unit of a number, and the number."""


class _Row(NamedTuple):
    """A row's first label and its numbers by column; it is `unlabelled` where its columns of text are empty."""

    label: str
    numbers: Mapping[int, _Number]
    unlabelled: bool
    empty: bool


class _Sums:
    """Adds up the rows of a table from above: all of them, and those since the last total."""

    def __init__(self) -> None:
        self._all: dict[tuple[int, str], list[float]] = {}
        self._since: dict[tuple[int, str], list[float]] = {}

    def add(self, cells: Mapping[int, _Number]) -> None:
        """Add a row that is no total."""
        for column, (unit, number) in cells.items():
            for sums in (self._all, self._since):
                sum_and_count = sums.setdefault((column, unit), [0.0, 0])
                sum_and_count[0] += number
                sum_and_count[1] += 1

    def end(self) -> None:
        """Begin again after a total."""
        self._since = {}

    def are(self, cells: Mapping[int, _Number], *, of: int) -> bool:
        """Whether the numbers of a row are the sums of at least `of` rows above, in most of the columns."""
        return any(self._agree(sums, cells, of) for sums in (self._all, self._since))

    @staticmethod
    def _agree(sums: dict[tuple[int, str], list[float]], cells: Mapping[int, _Number], of: int) -> bool:
        agreeing = 0
        for column, (unit, number) in cells.items():
            total, count = sums.get((column, unit), (0.0, 0))
            agreeing += count >= of and abs(total - number) <= _NEARLY * max(1.0, abs(total))
        return 2 * agreeing > len(cells)


def total_rows(table: Table) -> set[int]:
    """Return the places of the rows that are totals of others, or empty.

    A row is one whose first label is "total" and nothing else, among the last rows; or "subtotal", with more words or
    not, anywhere; or begins with "total" where its numbers are the sums of rows above. The last row is one without a
    label too, if its numbers are such sums, and the first, named "total", if they are the sums of all others.
    """
    rows = list(_rows(table))
    sums, found, last = _Sums(), set[int](), len(rows) - 1
    for place, row in enumerate(rows):
        sure = row.empty or _names_itself(row.label, last - place)
        total = _begins(row.label, _TOTALS) and sums.are(row.numbers, of=1)
        if sure or total or (place == last and row.unlabelled and sums.are(row.numbers, of=2)):
            found.add(place)
            sums.end()
        else:
            sums.add(row.numbers)
    return found | _first_of_all(rows, found)


def _rows(table: Table) -> Iterator[_Row]:
    texts = [place for place, column in enumerate(table.columns) if column.kind == "text"]
    numeric = [place for place, column in enumerate(table.columns) if column.kind in ("number", "currency")]
    for shown, values in zip(table.rows, table.values, strict=True):
        labels = [shown[column] for column in texts if column < len(shown) and shown[column]]
        label = labels[0].strip(" :.").casefold() if labels else ""
        numbers = {column: _number(values[column]) for column in numeric if values[column]}
        yield _Row(label, numbers, unlabelled=bool(texts) and not labels, empty=not any(shown))


def _first_of_all(rows: Sequence[_Row], totals: Collection[int]) -> set[int]:
    if not rows or 0 in totals or not _begins(rows[0].label, _TOTALS):
        return set()
    below = _Sums()
    for place, row in enumerate(rows):
        if place and place not in totals:
            below.add(row.numbers)
    return {0} if below.are(rows[0].numbers, of=2) else set()


def _names_itself(label: str, rows_below: int) -> bool:
    """Whether a label alone says that its row is a total: `Total: 3 items` says it too."""
    if _begins(label, _SUBTOTALS) or label.startswith(_SUBTOTALS_UNSPACED):
        return True
    return label.partition(":")[0].strip() in _TOTALS and rows_below < _AT_THE_END


def _begins(label: str, words: Sequence[str]) -> bool:
    return any(label.startswith(word) and not label[len(word) : len(word) + 1].isalpha() for word in words)


def _number(value: str) -> _Number:
    number, _, unit = value.partition(" ")
    return unit, float(number)
