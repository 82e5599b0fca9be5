"""Numbers that Word writes itself before headings, clauses and items of lists: no run of the document holds them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from app.common.readers.numerals import repeated_letter, roman
from app.common.readers.xml import child, children, number, value

_LEVELS = 9
_LONGEST = 200
_PLACE = re.compile(r"%([1-9])")
_OFF = ("0", "false", "off")
_FURTHEST = 1_000_000
_TEENS = range(11, 14)


def _ordinal(count: int) -> str:
    ending = "th" if count % 100 in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


_SHOWN: dict[str, Callable[[int], str]] = {
    "lowerLetter": repeated_letter,
    "upperLetter": lambda count: repeated_letter(count).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda count: roman(count).upper(),
    "decimalZero": lambda count: f"{count:02}",
    "ordinal": _ordinal,
    "none": lambda _count: "",
}


class _Level(NamedTuple):
    """One level of a list; `restart` is the level (from 1) after which it begins again, 0 for never."""

    start: int = 1
    kind: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False
    style: str = ""


@dataclass(slots=True)
class _List:
    """A list as paragraphs name it; those of one `abstract` count on together unless they say otherwise."""

    abstract: str
    levels: dict[int, _Level]
    starts: dict[int, int]
    begun: bool = False


@dataclass(slots=True)
class Numbering:
    """Counts the numbered paragraphs of a document, which have to be told in their order."""

    lists: dict[str, _List] = field(default_factory=dict)
    _counts: dict[str, list[int | None]] = field(default_factory=dict)

    def level_of_style(self, identifier: str, style: str) -> int:
        """Return the level of a list that belongs to a style, 0 if none does."""
        found = self.lists.get(identifier)
        levels = found.levels.items() if found else ()
        return next((place for place, level in levels if level.style and level.style == style), 0)

    def next(self, identifier: str, place: int) -> str:
        """Count a paragraph and return its number as it is shown; empty for bullets and unknown lists."""
        found = self.lists.get(identifier)
        if found is None or not 0 <= place < _LEVELS:
            return ""
        counts = self._counts.setdefault(found.abstract, [None] * _LEVELS)
        if not found.begun:
            found.begun = True
            for at, start in found.starts.items():
                counts[at] = start - 1
        level = found.levels.get(place, _Level())
        before = counts[place]
        counts[place] = level.start if before is None else min(before + 1, _FURTHEST)
        for deeper in range(place + 1, _LEVELS):
            restart = found.levels.get(deeper, _Level()).restart
            if place < (deeper if restart is None else restart):
                counts[deeper] = None
        return _shown(found, level, counts)


def read_numbering(root: etree._Element) -> Numbering:
    """Return the lists that the numbering part defines."""
    abstract = {value(found, "abstractNumId"): found for found in children(root, "abstractNum")}
    linked = {value(link): found for found in abstract.values() if (link := child(found, "styleLink")) is not None}
    levels = {}
    for name, definition in abstract.items():
        link = child(definition, "numStyleLink")
        levels[name] = _levels(definition if link is None else linked.get(value(link), definition))
    lists = {}
    for found in children(root, "num"):
        name = value(child(found, "abstractNumId"))
        lists[value(found, "numId")] = _list(name, levels.get(name, {}), found)
    return Numbering(lists)


def numbered(properties: etree._Element | None) -> tuple[str | None, int | None]:
    """Return the list and the level that paragraph properties name, each None when they do not."""
    found = child(properties, "numPr")
    identifier, level = child(found, "numId"), child(found, "ilvl")
    return (
        value(identifier) if identifier is not None else None,
        number(value(level)) if level is not None else None,
    )


def _levels(definition: etree._Element) -> dict[int, _Level]:
    found = ((number(value(level, "ilvl")), level) for level in children(definition, "lvl"))
    return {place: _level(level) for place, level in found if 0 <= place < _LEVELS}


def _list(name: str, levels: dict[int, _Level], found: etree._Element) -> _List:
    levels, starts = dict(levels), {}
    for override in children(found, "lvlOverride"):
        place = number(value(override, "ilvl"))
        if (own := child(override, "lvl")) is not None and 0 <= place < _LEVELS:
            levels[place] = _level(own)
        if (start := child(override, "startOverride")) is not None and 0 <= place < _LEVELS:
            starts[place] = number(value(start), 1, most=_FURTHEST)
    return _List(name, levels, starts)


def _level(element: etree._Element) -> _Level:
    restart, legal = child(element, "lvlRestart"), child(element, "isLgl")
    return _Level(
        number(value(child(element, "start")), 1, most=_FURTHEST),
        value(child(element, "numFmt")) or "decimal",
        value(child(element, "lvlText"))[:_LONGEST],
        None if restart is None else number(value(restart)),
        legal is not None and value(legal) not in _OFF,
        value(child(element, "pStyle")),
    )


def _shown(found: _List, level: _Level, counts: list[int | None]) -> str:
    if level.kind == "bullet":
        return ""

    def place(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        named = found.levels.get(at, _Level())
        count = counts[at]
        count = named.start if count is None else count
        return str(count) if level.legal else _SHOWN.get(named.kind, str)(count)

    return " ".join(_PLACE.sub(place, level.text).split())
