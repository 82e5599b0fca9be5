"""Which paragraph styles of a Word document are headings or lists, and which styles raise or lower characters."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from lxml import etree

from app.common.readers.word.docx_numbering import numbered
from app.common.readers.xml import child, children, local_name, value

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


def read_styles(root: etree._Element) -> Styles:
    """Return what the styles of a document say. Built-in names are English whatever the language of Word."""
    found = {value(style, "styleId"): style for style in root if local_name(style) == "style"}
    lines = {identifier: list(_line(identifier, found)) for identifier in found}
    levels = {identifier: _level(line) for identifier, line in lines.items()}
    numbers = {identifier: _number(line) for identifier, line in lines.items()}
    scripts = {identifier: _script(line) for identifier, line in lines.items()}
    return Styles(
        {key: level for key, level in levels.items() if level is not None},
        {key: found for key, found in numbers.items() if found is not None},
        {key: script for key, script in scripts.items() if script},
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


def _level(line: list[etree._Element]) -> int | None:
    """Return what the nearest style in the line says that says anything."""
    for style in line:
        name = value(child(style, "name")).lower()
        if name == "title":
            return 0
        if name.startswith("heading ") and name[8:] in _NUMBERS:
            return int(name[8:])
        if (level := outline_level(child(style, "pPr"))) is not None:
            return level or None
    return None


def _number(line: list[etree._Element]) -> StyleNumber | None:
    level: int | None = None
    for style in line:
        identifier, own = numbered(child(style, "pPr"))
        level = own if level is None else level
        if identifier is not None:
            return StyleNumber(value(style, "styleId"), identifier, level)
    return None


def _script(line: list[etree._Element]) -> Script:
    found = (align for style in line for part in children(style, "rPr") for align in children(part, "vertAlign"))
    return next((_aligned(align) for align in found), "")


def _line(identifier: str, styles: dict[str, etree._Element]) -> Iterator[etree._Element]:
    """Yield a style and those that it is based on; circles end by the depth."""
    for _ in range(_MAX_DEPTH):
        if (style := styles.get(identifier)) is None:
            return
        yield style
        identifier = value(child(style, "basedOn"))
