"""Charts of Office documents: what is written on them, and their numbers, which the file keeps as a table."""

import math
from collections.abc import Iterator, Sequence

from lxml import etree

from app.common.readers.drawings import drawn_text
from app.common.readers.numbers.number_format import number_format
from app.common.readers.raw import Block, Budget
from app.common.readers.tables import Row, TableBuilder
from app.common.readers.xml import child, children, local_name, number, value

_CATEGORIES = ("cat", "xVal")
_VALUES = ("val", "yVal")
_CACHES = ("strCache", "numCache", "strLit", "numLit", "multiLvlStrCache")
_MOST_POINTS = 1_048_576
_MOST_LEVELS = 10

Points = dict[int, str]


def chart_blocks(root: etree._Element, budget: Budget) -> tuple[list[Block], bool]:
    """Return the titles of a chart and its numbers, series by series; and whether there were numbers."""
    titles = drawn_text(root, budget)
    series = [*_series(root), *_extended_series(root)]
    tables = [table for group in _groups(series) if (table := _table(group, budget)) is not None]
    return titles + tables, bool(tables)


class _Series:
    def __init__(self, name: str, categories: Points, values: Points) -> None:
        self.name = name
        self.categories = categories
        self.values = values


def _groups(series: Sequence[_Series]) -> Iterator[list[_Series]]:
    """Yield the series that have the same categories, which make one table."""
    group: list[_Series] = []
    for one in series:
        if group and one.categories and one.categories != group[0].categories:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _table(series: Sequence[_Series], budget: Budget) -> Block | None:
    values: dict[int, list[tuple[int, str]]] = {}
    for column, one in enumerate(series, start=1):
        for place, text in one.values.items():
            values.setdefault(place, []).append((column, text))
    if not values:
        return None
    categories = series[0].categories
    builder = TableBuilder(budget)
    builder.add(Row(["", *(one.name for one in series)], marked=True))
    for place, found in sorted(values.items()):
        label = categories.get(place, str(place + 1))
        builder.add(Row([label, *(text for _, text in found)], [0, *(column for column, _ in found)]))
    return builder.block()


def _series(root: etree._Element) -> Iterator[_Series]:
    for found in root.iter():
        if local_name(found) == "ser":
            parts = {local_name(part): part for part in found}
            categories = next((_points(parts[name]) for name in _CATEGORIES if name in parts), {})
            values = next((_points(parts[name]) for name in _VALUES if name in parts), {})
            yield _Series(_name(parts.get("tx")), categories, values)


def _name(element: etree._Element | None) -> str:
    if element is None:
        return ""
    direct = child(element, "v")
    return (direct.text or "") if direct is not None else " ".join(_points(element).values())


def _points(element: etree._Element) -> Points:
    """Return the points of a cache by their place."""
    for found in element.iter():
        if local_name(found) in _CACHES:
            levels = list(children(found, "lvl"))
            code = child(found, "formatCode")
            look = (code.text or "") if code is not None else ""
            return _joined([_level(level, "") for level in levels]) if levels else _level(found, look)
    return {}


def _level(element: etree._Element, code: str) -> Points:
    points: Points = {}
    for found in children(element, "pt"):
        place = number(found.get("idx", ""), len(points), most=_MOST_POINTS)
        stored = child(found, "v")
        text = (stored.text if stored is not None else found.text) or ""
        points[place] = _shown(text, found.get("formatCode") or code)
    return points


def _joined(levels: Sequence[Points]) -> Points:
    """Join the levels of categories, the innermost of which comes first; an outer one holds until the next."""
    if not levels:
        return {}
    inner, *outer = levels[:_MOST_LEVELS]
    joined: Points = {}
    current = [""] * len(outer)
    for place in sorted({place for level in levels for place in level}):
        for depth, level in enumerate(outer):
            current[depth] = level.get(place, current[depth])
        joined[place] = " / ".join(filter(None, (*reversed(current), inner.get(place, ""))))
    return joined


def _shown(text: str, code: str) -> str:
    look = number_format(code) if code else None
    try:
        stored = float(text) if len(text) < 40 else None
    except ValueError:
        stored = None
    if stored is None or not math.isfinite(stored):
        return text
    shown = look.number(stored, since_1904=False) if look is not None else None
    return shown if shown is not None else f"{stored:.15g}"


def _extended_series(root: etree._Element) -> Iterator[_Series]:
    """Yield the series of the newer kinds of charts: waterfalls, tree maps, funnels."""
    data = {value(found, "id"): found for part in children(root, "chartData") for found in children(part, "data")}
    names = {
        value(child(found, "dataId")): "".join(v.text or "" for v in found.iter() if local_name(v) == "v")
        for found in root.iter()
        if local_name(found) == "series"
    }
    for identifier, found in data.items():
        texts, numbers = child(found, "strDim"), child(found, "numDim")
        categories = _joined([_level(level, "") for level in children(texts, "lvl")])
        levels = [_level(level, value(level, "formatCode")) for level in children(numbers, "lvl")]
        yield _Series(names.get(identifier, ""), categories, levels[0] if levels else {})
