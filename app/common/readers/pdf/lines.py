"""The lines of a PDF page as they stand on it: PDFium's text, corrected where the places of its characters disagree.

PDFium takes a piece of text of one character for a line of its own, or glues it to what stands above: quantities beside
prices, grades, marks. It knows no raised digits: 25.00 with a note 1 is 25.001. Where a line ends, and where it is made
of several pieces that do not stand beside each other, the places of the characters decide. All other text is taken as
it is: asking for the place of each character takes as long as reading the page.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.common.readers.pdf.columns import Line, in_rows
from app.common.readers.pdf.hyphens import MARK
from app.common.readers.pdf.places import Mark, Places
from app.common.readers.scripts import lowered, raised

if TYPE_CHECKING:
    import pypdfium2

_Relation = Literal["beside", "raised", "lowered", "below"]

# Shares of the height of a line.
_SAME_LINE, _ONE_LINE = 0.15, 0.5
_SMALL = 0.85
_MOST_RAISED, _MOST_LOWERED = 0.75, 0.45
_TOUCHING = 0.08
_NEAR, _INDENT = 0.4, 4.0
_CELL_GAP = 1.2
_NEXT_LINE = 2.2
_MOVED = 0.02

_BREAK = re.compile(f"\r\n|{MARK}")
_SCRIPT = re.compile(r"[+−-]?\d[\d,]{0,5}")
_HYPHENS = "-\u2010"
_AMOUNT = re.compile(r"\W?\d[\d.,']*[.,]\d+|\W\d+")


class _Piece(NamedTuple):
    """Text on one baseline, from `start` to before `end`, and what PDFium has between it and the piece before it."""

    start: int
    end: int
    gap: str


class PageLines:
    """Reads the text of one page on which most lines are level."""

    def __init__(self, page: "pypdfium2.PdfPage", text: "pypdfium2.PdfTextPage") -> None:
        self._raw: str = text.get_text_range()
        self._content: str = self._raw.replace(MARK, "-")
        self._places = Places(page, text, self._content)

    def read(self) -> str:
        """Return the lines; a word that is divided at the end of one holds a `MARK` in place of its hyphen."""
        return "\n".join(in_rows(list(self._lines())))

    def _lines(self) -> Iterator[Line]:
        out: list[str] = []
        begun = base = last = None
        before = _Piece(0, 0, "\n")
        for piece in self._pieces():
            first = self._places.mark(piece.start)
            relation: _Relation = "below"
            if begun is not None and base is not None and last is not None:
                relation = _relation(base, last, first, one_line=piece.gap in ("", " "))
                gap = self._between(before, piece, relation, (last, first))
                if gap == MARK:
                    out[-1] = out[-1].rstrip(_HYPHENS)
                if gap == "\n":
                    yield Line("".join(out), begun, last.right)
                    out, begun = [], first
                else:
                    out.append(gap)
            out.append(self._shown(piece, relation, before))
            begun = begun or first
            base = first if base is None or relation in ("beside", "below") else base
            before, last = piece, self._places.mark(piece.end - 1)
        if begun is not None and last is not None:
            yield Line("".join(out), begun, last.right)

    def _pieces(self) -> Iterator[_Piece]:
        at, gap = 0, "\n"
        for found in _BREAK.finditer(self._raw):
            divided = found[0] == MARK
            yield from self._line(at, found.start() + divided, gap)
            at, gap = found.end(), MARK if divided else "\n"
        yield from self._line(at, len(self._content), gap)

    def _line(self, start: int, end: int, gap: str) -> Iterator[_Piece]:
        """Yield what PDFium takes for a line, in as many pieces as it has baselines."""
        while start < end and self._content[start].isspace():
            start += 1
        while start < end and self._content[end - 1].isspace():
            end -= 1
        if start == end:
            return
        if self._places.is_uneven(start, end) and self._places.is_level(start):
            yield from self._split(start, end, gap)
        else:
            yield _Piece(start, end, gap)

    def _split(self, start: int, end: int, gap: str) -> Iterator[_Piece]:
        """Yield the pieces of a line by the places of all its characters; what stands beside the page is left out."""
        begun: int | None = None
        mark: Mark | None = None
        done, spaced = start, False
        for index in range(start, end):
            if self._content[index].isspace():
                spaced = True
                continue
            here = self._places.mark(index)
            inside = self._places.is_on_page(here)
            if begun is not None and (not inside or mark is None or _moved(mark, here)):
                yield _Piece(begun, done, gap)
                begun, gap = None, " " if spaced else ""
            if inside and begun is None:
                begun, mark = index, here
            done, spaced = index + 1, False
        if begun is not None:
            yield _Piece(begun, done, gap)

    def _between(self, before: _Piece, piece: _Piece, relation: _Relation, marks: tuple[Mark, Mark]) -> str:
        last, first = marks
        if relation == "below":
            return self._line_end(before, piece, last, first)
        if piece.gap in ("", " "):
            return piece.gap
        return "" if first.x - last.right <= _TOUCHING * first.size else " "

    def _shown(self, piece: _Piece, relation: _Relation, before: _Piece) -> str:
        text = self._content[piece.start : piece.end]
        if relation in ("beside", "below") or not _SCRIPT.fullmatch(text):
            return text
        beside = self._content[before.start : before.end]
        return raised(text, beside) if relation == "raised" else lowered(text, beside)

    def _line_end(self, before: _Piece, piece: _Piece, last: Mark, first: Mark) -> str:
        """Return what is between two lines: a `MARK` when the first one ends within a word."""
        hyphen = before.end - 1
        if piece.gap in ("", " ") or self._content[hyphen] not in _HYPHENS:
            return "\n"
        divided = self._is_code_or_word(before, hyphen, piece) and (
            first.x < last.x and 0 < last.y - first.y <= _NEXT_LINE * max(first.size, last.size)
        )
        return MARK if divided else "\n"

    def _is_code_or_word(self, before: _Piece, hyphen: int, piece: _Piece) -> bool:
        """Whether what stands around a hyphen at the end of a line can be one word: no cells of a table, no amounts."""
        start = hyphen
        while start > before.start and not self._content[start - 1].isspace():
            start -= 1
        token = self._content[start:hyphen]
        after = self._content[piece.start : piece.end].split()[0]
        if not (token[-1:].isalnum() and after[0].isalnum()) or _AMOUNT.fullmatch(token) or after.endswith("-"):
            return False
        if token.isdecimal() and not after[0].isdecimal():
            return False
        end = len(self._content[before.start : start].rstrip()) + before.start
        if end == before.start:
            return len(token) > 1
        mark = self._places.mark(start)
        return mark.x - self._places.mark(end - 1).right <= _CELL_GAP * mark.size


def _relation(base: Mark, last: Mark, first: Mark, *, one_line: bool) -> _Relation:
    """Return how a piece stands to the line of `base` that ends with `last`; `one_line` when PDFium sees one line."""
    size = max(base.size, first.size, 0.1)
    rise, ahead = (first.y - base.y) / size, (first.x - last.right) / size
    if abs(rise) <= (_ONE_LINE if one_line and _alike(base, first) else _SAME_LINE) and (one_line or ahead >= -_NEAR):
        return "beside"
    if ahead < -_NEAR:
        return "below"
    if first.size <= _SMALL * base.size:
        if 0 < rise <= _MOST_RAISED:
            return "raised"
        return "lowered" if -_MOST_LOWERED <= rise < 0 else "below"
    began_small = base.size <= _SMALL * first.size and -_MOST_RAISED <= rise <= _MOST_LOWERED and ahead <= _INDENT
    return "beside" if began_small else "below"


def _alike(one: Mark, other: Mark) -> bool:
    return min(one.size, other.size) > _SMALL * max(one.size, other.size)


def _moved(one: Mark, other: Mark) -> bool:
    """Whether two characters of a line stand on different baselines or are of different size."""
    size = max(one.size, other.size)
    return abs(one.y - other.y) > _MOVED * size or not _alike(one, other)
