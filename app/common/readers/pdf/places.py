"""Where the characters of a PDF page stand, in the direction in which the page is read."""

import ctypes
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pypdfium2

_SAMPLE = 16
_QUARTERS = 4
_LOW_SURROGATE = 0xDC  # the upper byte of the second half of a letter
_LEVEL = 0.1  # of a quarter turn

# Shares of the height of a piece of text.
_GAP = 0.1
_RAISED, _ABOVE, _LOWERED, _COMMA = 0.25, 0.06, -0.1, 0.35
_SMALL, _SMALLEST_LETTER = 0.85, 0.58


class Mark(NamedTuple):
    """Where a character stands: the beginning of its baseline, its right edge, and the height of a line of its size."""

    x: float
    y: float
    right: float
    size: float


class Box(NamedTuple):
    """A rectangle; y grows upwards."""

    left: float
    bottom: float
    right: float
    top: float


class Places:
    """Tells where the characters of a page stand. Indices are those of the page's text as a Python string."""

    def __init__(self, page: "pypdfium2.PdfPage", text: "pypdfium2.PdfTextPage", content: str) -> None:
        import pypdfium2.raw

        self._raw = pypdfium2.raw
        self._text = text.raw
        self._quarters = page.get_rotation() // 90
        self._index = _indices(text, content)
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._box = self._raw.FS_RECTF()
        self._page = page.get_bbox()
        self.page = self._turned(*self._page)

    def mark(self, index: int) -> Mark:
        """Return the place of one character."""
        at, box, (x, y, _, _) = self._at(index), self._box, self._numbers
        self._raw.FPDFText_GetCharOrigin(self._text, at, x, y)
        self._raw.FPDFText_GetLooseCharBox(self._text, at, box)
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        if self._quarters == 0:
            return Mark(x.value, y.value, right, top - bottom)
        if self._quarters == 1:
            return Mark(y.value, -x.value, top, right - left)
        if self._quarters == 2:
            return Mark(-x.value, -y.value, -left, top - bottom)
        return Mark(-y.value, x.value, -bottom, right - left)

    def is_uneven(self, start: int, end: int) -> bool:
        """Whether text that seems to be on one line was drawn in pieces that are not, or that lie beside the page.

        A piece that is small and raised or lowered makes a line uneven, too.
        """
        first = self._at(start)
        left, top, right, bottom = self._numbers
        low, high, sign = ((bottom, top, 1), (right, left, -1), (top, bottom, -1), (left, right, 1))[self._quarters]
        get, text = self._raw.FPDFText_GetRect, self._text
        page_left, page_end, page_right, page_top = self._page
        under = over = math.nan  # compares as neither more nor less
        for number in range(self._raw.FPDFText_CountRects(text, first, self._at(end - 1) + 1 - first)):
            get(text, number, left, top, right, bottom)
            if right.value < page_left or left.value > page_right or top.value < page_end or bottom.value > page_top:
                return True
            next_under, next_over = sign * low.value, sign * high.value
            level = _LOWERED * (over - under) <= next_under - under <= _RAISED * (over - under)
            if not level and _apart(under, over, next_under, next_over):
                return True
            under, over = next_under, next_over
        return False

    def is_on_page(self, mark: Mark) -> bool:
        """Whether a character can be seen."""
        page = self.page
        return (
            page.left <= mark.right
            and mark.x <= page.right
            and page.bottom <= mark.y + mark.size
            and mark.y <= page.top
        )

    def is_level(self, index: int) -> bool:
        """Whether a character stands upright on the page."""
        angle = float(self._raw.FPDFText_GetCharAngle(self._text, self._at(index)))
        turned = (angle / (math.pi / 2) + self._quarters) % _QUARTERS
        return bool(min(turned, _QUARTERS - turned) < _LEVEL)

    def _at(self, index: int) -> int:
        return index if self._index is None else self._index[index]

    def _turned(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Turn a box clockwise, as the page is shown."""
        if self._quarters == 1:
            return Box(bottom, -right, top, -left)
        if self._quarters == 2:
            return Box(-right, -top, -left, -bottom)
        return Box(left, bottom, right, top) if self._quarters == 0 else Box(-top, left, -bottom, right)


def _apart(bottom: float, top: float, next_bottom: float, next_top: float) -> bool:
    """Whether neighbours of a line stand above one another, or the second is a small one that is raised or lowered."""
    height, next_height = top - bottom, next_top - next_bottom
    if max(bottom, next_bottom) - min(top, next_top) > _GAP * max(height, next_height):
        return True
    if not _SMALLEST_LETTER * height < next_height < _SMALL * height:
        return False
    shifted = next_bottom - bottom
    # What only has no descender is as high as its neighbour, and a comma hangs lower than lowered digits do.
    if shifted > _RAISED * height:
        return next_top - top > _ABOVE * height
    return shifted < _LOWERED * height and next_top - bottom > _COMMA * height


def reading_rotation(page: "pypdfium2.PdfPage", text: "pypdfium2.PdfTextPage") -> int:
    """Return the rotation (0, 90, 180 or 270) under which most characters of the page stand upright."""
    import pypdfium2.raw

    count = text.count_chars()
    handle = text.raw
    votes = [0] * _QUARTERS
    for index in range(0, count, max(1, count // _SAMPLE)):
        if not chr(max(0, pypdfium2.raw.FPDFText_GetUnicode(handle, index)) & 0xFFFF).isspace():
            angle = pypdfium2.raw.FPDFText_GetCharAngle(handle, index)
            votes[-round(angle / (math.pi / 2)) % _QUARTERS] += 1
    best = max(range(_QUARTERS), key=votes.__getitem__)
    current = page.get_rotation()
    return best * 90 if votes[best] > votes[current // 90 % _QUARTERS] else current


def _indices(text: "pypdfium2.PdfTextPage", content: str) -> list[int] | None:
    """Return PDFium's number for each character of the text; None when both count alike.

    PDFium counts letters beyond U+FFFF as two, and counts characters that its text does not have.
    """
    import pypdfium2.raw

    count, handle = text.count_chars(), text.raw
    if len(content) == count:
        return None
    units = content.encode("utf-16-le", "surrogatepass")
    found, at = list[int](), 0
    for index in range(count):
        unit = units[at : at + 2]
        if unit and pypdfium2.raw.FPDFText_GetUnicode(handle, index) & 0xFFFF == int.from_bytes(unit, "little"):
            if unit[1] & 0xFC != _LOW_SURROGATE:
                found.append(index)
            at += 2
    return found + [max(0, count - 1)] * (len(content) - len(found))
