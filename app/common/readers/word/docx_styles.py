"""Which paragraph styles of a Word document are headings or lists."""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

_BODY_TEXT = 9
_MAX_DEPTH = 20
_NUMBERS = tuple("123456789")


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace."""
    return element.tag.rpartition("}")[2]


class Styles(NamedTuple):
    """By style id: the level of headings (0 for Title, 1 to 9), and which styles number or bullet a paragraph."""

    levels: dict[str, int]
    listed: frozenset[str]


NO_STYLES = Styles({}, frozenset())


def read_styles(root: etree._Element) -> Styles:
    """Return what the styles of a document say. Built-in names are English whatever the language of Word."""
    found = {_value(style, "styleId"): style for style in root if local_name(style) == "style"}
    levels = {identifier: _level(identifier, found) for identifier in found}
    listed = (key for key in found if any(_child(_child(s, "pPr"), "numPr") is not None for s in _line(key, found)))
    return Styles({key: level for key, level in levels.items() if level is not None}, frozenset(listed))


def outline_level(properties: etree._Element | None) -> int | None:
    """Return the level (1 to 9) that paragraph properties give directly; 0 when they say that it is body text."""
    text = _value(_child(properties, "outlineLvl"), "val")
    if not text.isdecimal():
        return None
    return int(text) + 1 if int(text) < _BODY_TEXT else 0


def style_of(properties: etree._Element | None) -> str:
    """Return the style id that paragraph properties name, or an empty string."""
    return _value(_child(properties, "pStyle"), "val")


def _level(identifier: str, styles: dict[str, etree._Element]) -> int | None:
    """Return what the nearest style in the line says that says anything."""
    for style in _line(identifier, styles):
        name = _value(_child(style, "name"), "val").lower()
        if name == "title":
            return 0
        if name.startswith("heading ") and name[8:] in _NUMBERS:
            return int(name[8:])
        if (level := outline_level(_child(style, "pPr"))) is not None:
            return level or None
    return None


def _line(identifier: str, styles: dict[str, etree._Element]) -> Iterator[etree._Element]:
    """Yield a style and those that it is based on; circles end by the depth."""
    for _ in range(_MAX_DEPTH):
        if (style := styles.get(identifier)) is None:
            return
        yield style
        identifier = _value(_child(style, "basedOn"), "val")


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    if element is None:
        return None
    return next((child for child in element if local_name(child) == name), None)


def _value(element: etree._Element | None, name: str) -> str:
    """Return an attribute by its local name: the namespace differs between Transitional and Strict files."""
    if element is None:
        return ""
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), "")
