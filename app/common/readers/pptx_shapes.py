"""The text of a slide's shapes: paragraphs with their numbers, equations, raised digits, and tables."""

from collections.abc import Iterator

from lxml import etree

from app.common.readers.math_text import math_text
from app.common.readers.numerals import repeated_letter, roman
from app.common.readers.raw import Block, Budget
from app.common.readers.scripts import lowered, raised
from app.common.readers.spans import Cell, Spans
from app.common.readers.tables import TableBuilder
from app.common.readers.xml import child, children, local_name, number, value

_SKIPPED = frozenset(("Fallback", "extLst", "pPr", "endParaRPr", "rPr"))
_LEVELS = 9
_YES = ("1", "true")


class AutoNumbers:
    """Counts the numbered paragraphs of one text body."""

    def __init__(self) -> None:
        self._counts: list[tuple[str, int] | None] = [None] * _LEVELS

    def next(self, properties: etree._Element | None) -> str:
        """Count a paragraph by its properties and return its number as it is shown, empty when it has none."""
        level = min(max(number(value(properties, "lvl")), 0), _LEVELS - 1)
        found = child(properties, "buAutoNum")
        self._counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        if found is None:
            self._counts[level] = None
            return ""
        kind, start = value(found, "type"), number(value(found, "startAt"), 1)
        before = self._counts[level]
        count = before[1] + 1 if before is not None and before[0] == kind else start
        self._counts[level] = (kind, count)
        return _shown(kind, count)


def _shown(kind: str, count: int) -> str:
    counted = (
        roman(count) if kind.startswith("roman") else repeated_letter(count) if kind.startswith("alpha") else str(count)
    )
    counted = counted.upper() if "Uc" in kind else counted
    if kind.endswith("ParenBoth"):
        return f"({counted})"
    return f"{counted})" if kind.endswith("ParenR") else counted if kind.endswith("Plain") else f"{counted}."


class ShapeText:
    """Reads text bodies and tables within a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def paragraphs(self, body: etree._Element | None) -> list[str]:
        """Return the paragraphs of a text body that are not empty."""
        numbers = AutoNumbers()
        found = []
        for paragraph in children(body, "p"):
            text = self.paragraph(paragraph)
            if text.strip():
                shown = numbers.next(child(paragraph, "pPr"))
                found.append(f"{self._budget.spend(shown)} {text.lstrip()}" if shown else text)
        return found

    def paragraph(self, paragraph: etree._Element) -> str:
        """Return a paragraph without its number."""
        out: list[str] = []
        for piece in _inline(paragraph):
            text = self._piece(piece)
            if (baseline := number(value(child(piece, "rPr"), "baseline"))) and text:
                before = "".join(out[-2:])[-2:]
                text = raised(text, before) if baseline > 0 else lowered(text, before)
            out.append(text)
        return self._budget.spend("".join(out))

    def table(self, table: etree._Element) -> Block | None:
        """Return a table."""
        builder, spans = TableBuilder(self._budget), Spans()
        for row in children(table, "tr"):
            builder.add(spans.row([self._cell(cell) for cell in children(row, "tc")]))
        return builder.block()

    def _cell(self, cell: etree._Element) -> Cell:
        text = " ".join(self.paragraphs(child(cell, "txBody")))
        return Cell(text, from_left=value(cell, "hMerge") in _YES, from_above=value(cell, "vMerge") in _YES)

    def _piece(self, element: etree._Element) -> str:
        name = local_name(element)
        if name == "oMath":
            return math_text(element)
        text = child(element, "t")
        return "\n" if name == "br" else (text.text or "") if text is not None else ""


def _inline(element: etree._Element) -> Iterator[etree._Element]:
    """Yield the runs, fields, line breaks and equations of a paragraph."""
    for found in element:
        name = local_name(found)
        if name in ("r", "fld", "br", "oMath"):
            yield found
        elif name not in _SKIPPED:
            yield from _inline(found)
