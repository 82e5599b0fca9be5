"""Which paragraph styles of a Word document are headings or lists, and which styles raise or lower characters."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from lxml import etree

from app.common.readers.word.docx_numbering import numbered
from app.common.readers.xml import child, local_name, value

_BODY_TEXT = 9
_MAX_DEPTH = 20
_NUMBERS = tuple("123456789")

Script = Literal["superscript", "subscript", ""]


class StyleNumber(NamedTuple):
    """The list that a style numbers its paragraphs by; `level` is None when the list says which it is."""

    style: str
    identifier: str
    level: int | None


class Styles(NamedTuple):
    """By style id: the level of headings (0 for Title, 1 to 9), the numbering of paragraphs, raised or lowered text."""

    levels: dict[str, int]
    numbers: dict[str, StyleNumber]
    scripts: dict[str, Script]


NO_STYLES = Styles({}, {}, {})


class _Style(NamedTuple):
    """What one style says itself: `level` 0 to 9, -1 for body text, None for nothing."""

    identifier: str
    based_on: str
    level: int | None
    numbers: tuple[str | None, int | None]
    script: Script | None


def read_styles(root: etree._Element) -> Styles:
    """Return what the styles of a document say. Built-in names are English whatever the language of Word."""
    found = {value(style, "styleId"): _style(style) for style in root if local_name(style) == "style"}
    levels, numbers, scripts = dict[str, int](), dict[str, StyleNumber](), dict[str, Script]()
    for identifier in found:
        line = list(_line(identifier, found))
        level = next((style.level for style in line if style.level is not None), -1)
        if level >= 0:
            levels[identifier] = level
        if (number := _number(line)) is not None:
            numbers[identifier] = number
        script: Script = next((style.script for style in line if style.script is not None), "")
        if script:
            scripts[identifier] = script
    return Styles(levels, numbers, scripts)


def _style(style: etree._Element) -> _Style:
    properties, align = child(style, "pPr"), child(child(style, "rPr"), "vertAlign")
    return _Style(
        value(style, "styleId"),
        value(child(style, "basedOn")),
        _level(value(child(style, "name")).lower(), properties),
        numbered(properties),
        None if align is None else _aligned(align),
    )


def outline_level(properties: etree._Element | None) -> int | None:
    """Return the level (1 to 9) that paragraph properties give directly; 0 when they say that it is body text."""
    text = value(child(properties, "outlineLvl"))
    if not text.isdecimal():
        return None
    return int(text[:2]) + 1 if int(text[:2]) < _BODY_TEXT else 0


def style_of(properties: etree._Element | None) -> str:
    """Return the style id that paragraph properties name, or an empty string."""
    return value(child(properties, "pStyle"))


def script_of(properties: etree._Element | None, styles: Styles) -> Script:
    """Return whether properties of a run, or the style that they name, raise or lower its text."""
    align = child(properties, "vertAlign")
    if align is None:
        return styles.scripts.get(value(child(properties, "rStyle")), "")
    return _aligned(align)


def _aligned(align: etree._Element) -> Script:
    named = value(align)
    return "superscript" if named == "superscript" else "subscript" if named == "subscript" else ""


def _level(name: str, properties: etree._Element | None) -> int | None:
    if name == "title":
        return 0
    if name.startswith("heading ") and name[8:] in _NUMBERS:
        return int(name[8:])
    level = outline_level(properties)
    return level if level is None or level > 0 else -1


def _number(line: list[_Style]) -> StyleNumber | None:
    level: int | None = None
    for style in line:
        identifier, own = style.numbers
        level = own if level is None else level
        if identifier is not None:
            return StyleNumber(style.identifier, identifier, level)
    return None


def _line(identifier: str, styles: dict[str, _Style]) -> Iterator[_Style]:
    """Yield a style and those that it is based on; circles end by the depth."""
    for _ in range(_MAX_DEPTH):
        if (style := styles.get(identifier)) is None:
            return
        yield style
        identifier = style.based_on
