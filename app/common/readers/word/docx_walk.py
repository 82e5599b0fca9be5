"""The walk over WordprocessingML: paragraphs, tables and what stands inside them, by local names only.

Local names, because ISO Strict files use other namespaces than the usual ones.
"""

from collections.abc import Callable

from lxml import etree

from app.common.readers.math_text import math_text
from app.common.readers.raw import Block, Budget
from app.common.readers.scripts import lowered, raised
from app.common.readers.spans import Cell, Spans
from app.common.readers.tables import TableBuilder
from app.common.readers.word.docx_numbering import Numbering, numbered
from app.common.readers.word.docx_styles import Styles, outline_level, script_of, style_of
from app.common.readers.word.docx_symbols import symbol
from app.common.readers.xml import child, children, local_name, number, value

_NOT_ON_THE_PAGE = ("del", "moveFrom", "instrText", "delText", "delInstrText", "Fallback", "rt")
_PROPERTIES = ("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr")
_SKIPPED = frozenset((*_NOT_ON_THE_PAGE, *_PROPERTIES))
_PIECES: dict[str, Callable[[etree._Element], str]] = {
    "t": lambda element: element.text or "",
    "sym": lambda element: symbol(value(element, "font"), value(element, "char")),
    "oMath": math_text,
    "tab": lambda _: "\t",
    "ptab": lambda _: "\t",
    "br": lambda _: "\n",
    "cr": lambda _: "\n",
    "noBreakHyphen": lambda _: "-",
}
_OFF = ("0", "false", "off")


class DocxWalk:
    """Collects blocks. Deleted and hidden text is left out, inserted text is in: what a reader sees on the page."""

    def __init__(self, styles: Styles, numbering: Numbering, budget: Budget) -> None:
        self._styles = styles
        self._numbering = numbering
        self._budget = budget

    def blocks(self, element: etree._Element) -> list[Block]:
        """Return all blocks under `element`. TooLarge when the budget is spent."""
        out: list[Block] = []
        self._collect(element, out)
        return out

    def _collect(self, element: etree._Element, out: list[Block]) -> None:
        for found in element:
            name = local_name(found)
            if name == "p":
                self._paragraph(found, out)
            elif name == "tbl":
                table = self._table(found)
                out += [table] if table else []
            elif name not in _SKIPPED:
                self._collect(found, out)

    def _paragraph(self, paragraph: etree._Element, out: list[Block]) -> None:
        boxes: list[etree._Element] = []
        pieces: list[str] = []
        self._inline(paragraph, pieces, boxes)
        text = self._budget.spend("".join(pieces))
        block = self._block(child(paragraph, "pPr"), text)
        if text.strip():
            out.append(block)
        for box in boxes:
            self._collect(box, out)

    def _block(self, properties: etree._Element | None, text: str) -> Block:
        style, level = style_of(properties), outline_level(properties)
        if level is None:
            level = self._styles.levels.get(style)
        elif level == 0:
            level = None
        listed, shown = self._number(properties, style)
        if shown:
            text = f"{self._budget.spend(shown)} {text.lstrip()}"
        return Block(text, level, "item" if listed and level is None else "paragraph")

    def _number(self, properties: etree._Element | None, style: str) -> tuple[bool, str]:
        """Return whether a paragraph belongs to a list, and its number. Empty paragraphs count, too."""
        identifier, level = numbered(properties)
        own = self._styles.numbers.get(style)
        if identifier is None and own is not None:
            identifier = own.identifier
            level = own.level if level is None else level
        if identifier is None:
            return False, ""
        if level is None:
            level = self._numbering.level_of_style(identifier, own.style if own else style)
        return True, self._numbering.next(identifier, level)

    def _inline(self, element: etree._Element, out: list[str], boxes: list[etree._Element]) -> None:
        for found in element:
            name = local_name(found)
            if name in _PIECES:
                out.append(_PIECES[name](found))
            elif name == "txbxContent":
                boxes.append(found)
            elif name == "r":
                self._run(found, out, boxes)
            elif name not in _SKIPPED:
                self._inline(found, out, boxes)

    def _run(self, run: etree._Element, out: list[str], boxes: list[etree._Element]) -> None:
        properties = child(run, "rPr")
        if any(value(mark) not in _OFF for mark in children(properties, "vanish")):
            return
        begin = len(out)
        self._inline(run, out, boxes)
        if script := script_of(properties, self._styles):
            text, before = "".join(out[begin:]), "".join(out[max(0, begin - 2) : begin])[-2:]
            out[begin:] = [raised(text, before) if script == "superscript" else lowered(text, before)]

    def _table(self, table: etree._Element) -> Block | None:
        builder, spans = TableBuilder(self._budget), Spans()
        for row in _inside(table, "tr", "tbl"):
            properties = child(row, "trPr")
            if child(properties, "del") is None:
                marked = any(value(mark) not in _OFF for mark in children(properties, "tblHeader"))
                builder.add(spans.row(self._cells(row), marked=marked))
        return builder.block()

    def _cells(self, row: etree._Element) -> list[Cell]:
        """Return the cells of a row; a table in a cell becomes part of the cell."""
        before = number(value(child(child(row, "trPr"), "gridBefore")))
        cells = [self._cell(cell) for cell in _inside(row, "tc", "tbl")]
        return [Cell("", across=before), *cells] if before > 0 else cells

    def _cell(self, cell: etree._Element) -> Cell:
        properties = child(cell, "tcPr")
        merge = child(properties, "vMerge")
        text = " ".join(block.text for block in self.blocks(cell))
        return Cell(
            text,
            across=number(value(child(properties, "gridSpan")), 1),
            from_above=merge is not None and value(merge) != "restart" and not text.strip(),
        )


def _inside(element: etree._Element, wanted: str, barrier: str) -> list[etree._Element]:
    """Return the `wanted` elements under `element`, also inside content controls, but not in a `barrier` below."""
    out: list[etree._Element] = []
    _find(element, wanted, barrier, out)
    return out


def _find(element: etree._Element, wanted: str, barrier: str, out: list[etree._Element]) -> None:
    for found in element:
        name = local_name(found)
        if name == wanted:
            out.append(found)
        elif name != barrier and name not in _SKIPPED:
            _find(found, wanted, barrier, out)
