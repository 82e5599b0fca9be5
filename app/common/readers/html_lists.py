"""Numbers of lists on a web page, which no text of it holds: `start`, `value`, `reversed`, letters, Roman numerals."""

import re
from dataclasses import dataclass

from lxml import etree

from app.common.readers.numerals import letter, roman
from app.common.readers.xml import number

_STYLE = re.compile(r"list-style(?:-type)?\s{0,9}:\s{0,9}([a-z-]{1,30})", re.IGNORECASE)
_TYPES = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
    "upper-roman": "I", "none": "none",
}  # fmt: skip
_FURTHEST = 1_000_000_000


@dataclass(slots=True)
class _List:
    kind: str
    next: int
    step: int


class Lists:
    """Counts the items of the lists that are open."""

    def __init__(self) -> None:
        self._open: list[_List | None] = []

    def start(self, element: etree._Element) -> None:
        """Begin an `ol`, which counts, or another list, which does not."""
        self._open.append(_ordered(element) if element.tag == "ol" else None)

    def end(self) -> None:
        """End the list that was begun last."""
        if self._open:
            self._open.pop()

    def item(self, element: etree._Element) -> str:
        """Return the number of the next item as it is shown, empty in a list without numbers."""
        current = self._open[-1] if self._open else None
        if current is None:
            return ""
        place = number(element.get("value", ""), current.next, most=_FURTHEST)
        current.next = place + current.step
        kind = element.get("type") or current.kind
        return "" if kind == "none" else f"{_shown(place, kind)}."


def _ordered(element: etree._Element) -> _List:
    style = _STYLE.search(element.get("style", ""))
    kind = _TYPES.get(style[1].lower(), "1") if style else element.get("type", "1")
    backwards = "reversed" in element.attrib
    first = sum(1 for child in element if child.tag == "li") if backwards else 1
    return _List(kind, number(element.get("start", ""), first, most=_FURTHEST), -1 if backwards else 1)


def _shown(place: int, kind: str) -> str:
    shown = letter(place) if kind in "aA" else roman(place) if kind in "iI" else str(place)
    return shown.upper() if kind in "AI" else shown
