"""The walk over WordprocessingML: paragraphs, tables and what stands inside them, by local names only.

Local names, because ISO Strict files use other namespaces than the usual ones.
"""

from lxml import etree

from app.common.readers.raw import Block, Budget
from app.common.readers.word.docx_styles import Styles, local_name, outline_level, style_of

_NOT_ON_THE_PAGE = ("del", "moveFrom", "instrText", "delText", "delInstrText", "Fallback", "rt")
_PROPERTIES = ("pPr", "rPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr")
_SKIPPED = frozenset((*_NOT_ON_THE_PAGE, *_PROPERTIES))
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = ("0", "false", "off")


class DocxWalk:
    """Collects blocks. Deleted and hidden text is left out, inserted text is in: what a reader sees on the page."""

    def __init__(self, styles: Styles, budget: Budget) -> None:
        self._styles = styles
        self._budget = budget

    def blocks(self, element: etree._Element) -> list[Block]:
        """Return all blocks under `element`. TooLarge when the budget is spent."""
        out: list[Block] = []
        for child in element:
            name = local_name(child)
            if name == "p":
                out += self._paragraph(child)
            elif name == "tbl":
                out += self._table(child)
            elif name not in _SKIPPED:
                out += self.blocks(child)
        return out

    def drawn_text(self, root: etree._Element) -> list[Block]:
        """Return the paragraphs of a diagram or chart, whose language is DrawingML."""
        paragraphs = (element for element in root.iter() if local_name(element) == "p")
        texts = ("".join(t.text or "" for t in p.iter() if local_name(t) == "t") for p in paragraphs)
        return [Block(self._budget.spend(text), None, "item") for text in texts if text.strip()]

    def _paragraph(self, paragraph: etree._Element) -> list[Block]:
        boxes: list[etree._Element] = []
        text = self._budget.spend("".join(self._inline(paragraph, boxes)))
        out = [self._block(paragraph, text)] if text.strip() else []
        for box in boxes:
            out += self.blocks(box)
        return out

    def _block(self, paragraph: etree._Element, text: str) -> Block:
        properties = next((child for child in paragraph if local_name(child) == "pPr"), None)
        if properties is None:
            return Block(text)
        style, level = style_of(properties), outline_level(properties)
        if level is None:
            level = self._styles.levels.get(style)
        elif level == 0:
            level = None
        listed = style in self._styles.listed or any(local_name(child) == "numPr" for child in properties)
        return Block(text, level, "item" if listed and level is None else "paragraph")

    def _inline(self, element: etree._Element, boxes: list[etree._Element]) -> list[str]:
        out: list[str] = []
        for child in element:
            name = local_name(child)
            if name == "t":
                out.append(child.text or "")
            elif name in _CHARACTERS:
                out.append(_CHARACTERS[name])
            elif name == "txbxContent":
                boxes.append(child)
            elif name not in _SKIPPED and not _hidden(child, name):
                out += self._inline(child, boxes)
        return out

    def _table(self, table: etree._Element) -> list[Block]:
        rows = (self._row(row) for row in _inside(table, "tr", "tbl"))
        return [Block(text, None, "row") for text in rows if text]

    def _row(self, row: etree._Element) -> str:
        """Return `a | b | c`; a merged cell stands once, a table in a cell becomes part of the cell."""
        if any(local_name(mark) == "del" for child in row if local_name(child) == "trPr" for mark in child):
            return ""
        cells = [
            " ".join(" ".join(block.text.split()) for block in self.blocks(cell)) for cell in _inside(row, "tc", "tbl")
        ]
        return " | ".join(cells) if any(cells) else ""


def _inside(element: etree._Element, wanted: str, barrier: str) -> list[etree._Element]:
    """Return the `wanted` elements under `element`, also inside content controls, but not in a `barrier` below."""
    out: list[etree._Element] = []
    for child in element:
        name = local_name(child)
        if name == wanted:
            out.append(child)
        elif name != barrier and name not in _SKIPPED:
            out += _inside(child, wanted, barrier)
    return out


def _hidden(run: etree._Element, name: str) -> bool:
    if name != "r":
        return False
    properties = next((child for child in run if local_name(child) == "rPr"), None)
    marks = [] if properties is None else [mark for mark in properties if local_name(mark) == "vanish"]
    return any(not set(map(str, mark.attrib.values())) & set(_OFF) for mark in marks)
