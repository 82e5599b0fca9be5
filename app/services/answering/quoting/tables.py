"""Rows of tables as sentences: each value with the name of its column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_ROW = 400
"""Characters of a row that are quoted together; a longer one is given in pieces, each with its first value."""

_DELIMITERS = (re.compile(r"\s*\|\s*"), re.compile(r"\t"), re.compile(r" {3,}"))
_RULE = re.compile(r"[\s|:=+*_~-]*[-=][\s|:=+*_~-]*")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_MOST_WORDS = 6
"""Words of a name of a column."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a table, as cells, under its header; without one `header` is empty."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def texts(self) -> list[str]:
        """Return each row as it is quoted: `Part: Frame; Cover: 10 years`."""
        return [piece for row in self.rows for piece in _pieces(self._pairs(row))]

    def _pairs(self, row: Sequence[str]) -> list[str]:
        if len(row) > len(self.header):
            return [" ".join(cell for cell in row if cell)]
        return [f"{name}: {cell}" if name else cell for name, cell in zip(self.header, row, strict=False) if cell]


def is_row(line: str) -> bool:
    """Say whether a line may be a row: cells between bars, tabs or wide gaps, or the rule below a header."""
    return _delimiter(line.strip()) is not None


def read_grid(lines: Sequence[str]) -> Grid:
    """Read lines that follow each other, each of which `is_row`."""
    cells: list[tuple[str, ...]] = []
    ruled = False
    for line in lines:
        if _RULE.fullmatch(line):
            ruled = ruled or len(cells) == 1
        elif row := _cells(line):
            cells.append(row)
    if cells and (ruled or _names_columns(cells)):
        return Grid(cells[0], tuple(cells[1:]))
    return Grid((), tuple(cells))


def _delimiter(line: str) -> re.Pattern[str] | None:
    return next((each for each in _DELIMITERS if each.search(line)), None)


def _cells(line: str) -> tuple[str, ...]:
    bare = line.strip()
    delimiter = _delimiter(bare)
    if delimiter is _DELIMITERS[0]:
        bare = bare.removeprefix("|").removesuffix("|").strip()
    found = delimiter.split(bare) if delimiter else [bare]
    return tuple(" ".join(cell.split()) for cell in found)


def _names_columns(cells: Sequence[tuple[str, ...]]) -> bool:
    """Whether the first row is made of names, and those below it are as wide and of another kind."""
    first, rest = cells[0], cells[1:]
    if not rest or any(len(row) > len(first) for row in rest) or len(set(first)) < len(first):
        return False
    if any(not name or len(name.split()) > _MOST_WORDS for name in first[1:]):
        return False
    if any(_DIGIT.search(name) and not _YEAR.fullmatch(name) for name in first):
        return False
    return len(first) > 2 or any(_DIGIT.search(cell) for row in rest for cell in row)


def _pieces(pairs: Sequence[str]) -> list[str]:
    """Join the pairs, in pieces of at most about MAX_ROW characters; all begin with the first pair."""
    if not pairs:
        return []
    pieces, piece = [], pairs[0][:MAX_ROW]
    for pair in pairs[1:]:
        if len(piece) + len(pair) > MAX_ROW and piece != pairs[0][:MAX_ROW]:
            pieces.append(piece)
            piece = pairs[0][: MAX_ROW // 2]
        piece = f"{piece}; {pair[:MAX_ROW]}"
    return [*pieces, piece]
