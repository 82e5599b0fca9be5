"""Passages of tables: as many rows as fit, each passage under the header of its table."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from app.common.file_loader import Table

_SHARE = 0.7  # of a passage's size: numbers take more of what a model reads than words do
_HEADER_SHARE = 0.6
_SHORTEST_LABEL = 3
_BAR = " | "


class Span(NamedTuple):
    """A passage: a piece of the text, and the header to put before it, if it is not part of the piece."""

    start: int
    end: int
    header: str = ""


Cut = Callable[[int, int, int], Iterator[Span]]
"""Cuts the text between two offsets into pieces of at most so many units."""

Measure = Callable[[int, int], float]
"""Tells how many units the text between two offsets has."""


def table_passages(
    text: str, part: tuple[int, int], tables: Sequence[Table], size: int, cut: Cut, measure: Measure
) -> Iterator[Span]:
    """Yield the passages of a part of the text (from, to before), which holds these tables.

    What stands before a table shares a passage with its first rows, and what stands after it with its last, if that
    fits. Rows of a table follow each other without overlap: the header is what ties them together.
    """
    if not tables:
        return cut(*part, size)
    return _packed(_Packer(text, size, cut, measure), part, tables)


def _packed(packer: "_Packer", part: tuple[int, int], tables: Sequence[Table]) -> Iterator[Span]:
    at, end = part
    for table in tables:
        yield from packer.words(at, table.start)
        yield from packer.table(table)
        at = table.end
    yield from packer.words(at, end)
    yield from packer.rest()


class _Packer:
    """Holds the passage that is being filled."""

    def __init__(self, text: str, size: int, cut: Cut, measure: Measure) -> None:
        self._text = text
        self._size = size
        self._cut = cut
        self._measure = measure
        self._open: Span | None = None
        self._ends_with_rows = False

    def words(self, start: int, end: int) -> Iterator[Span]:
        """Add text between tables."""
        for piece in self._cut(start, end, self._size):
            if not (self._ends_with_rows and self._grow(piece.end, self._size)):
                yield from self.rest()
                self._open = piece
            self._ends_with_rows = False

    def table(self, table: Table) -> Iterator[Span]:
        """Add a table, row by row; its title and header go with the first row."""
        most = int(self._size * _SHARE)
        header = _shortened(self._text[table.header_start : table.header_end], int(most * _HEADER_SHARE))
        lines = _lines(self._text, table.start, table.end)
        first = next((line for line in lines if line.start >= table.header_end), None)
        if first is None:
            yield from self.words(table.start, table.end)
            return
        head = table.start
        for line in (first, *lines):
            if not self._grow(line.end, most):
                yield from self.rest()
                yield from self._begin(line, min(head, line.start), most, header)
            head = table.end
        self._ends_with_rows = True

    def rest(self) -> Iterator[Span]:
        """Yield what is open."""
        if self._open is not None:
            yield self._open
        self._open = None

    def _grow(self, end: int, most: int) -> bool:
        """Let the open passage reach to `end`; False when there is none or it would be too long."""
        if self._open is None or self._measure(self._open.start, end) + _length(self._open.header) > most:
            return False
        self._open = self._open._replace(end=end)
        return True

    def _begin(self, line: Span, head: int, most: int, header: str) -> Iterator[Span]:
        """Begin a passage with a row, and what stands before it from `head` on.

        A row that is too long for any passage is cut, each piece under the header.
        """
        if self._measure(head, line.start) > most * _HEADER_SHARE:
            yield from self._cut(head, line.start, most)
            head = line.start
        room = max(1, most - max(_length(header), int(self._measure(head, line.start))))
        pieces = [line] if self._measure(line.start, line.end) <= room else list(self._cut(line.start, line.end, room))
        spans = [piece._replace(header=header) for piece in pieces]
        if spans and head < line.start:
            spans[0] = Span(head, spans[0].end)
        yield from spans[:-1]
        self._open = spans[-1] if spans else None


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if stop > start:
            yield Span(start, stop)
        start = stop + 1


def _length(header: str) -> int:
    return len(header) + 1 if header else 0


def _shortened(header: str, most: int) -> str:
    """Return the header, its labels cut until it fits: beginnings and ends of all say more than a few whole ones."""
    if len(header) <= most:
        return header
    labels = header.replace("\n", _BAR).split(_BAR)
    room = max(_SHORTEST_LABEL, most // len(labels) - len(_BAR))
    return _BAR.join(_abridged(label, room) for label in labels)[:most].rstrip()


def _abridged(label: str, room: int) -> str:
    if len(label) <= room:
        return label
    tail = (room - 1) // 2
    return f"{label[: room - 1 - tail].rstrip()}…{label[-tail:].lstrip() if tail else ''}"
