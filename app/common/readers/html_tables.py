"""Tables of a web page: their rows with spans resolved, and which of them the page marks as header."""

from lxml import etree

from app.common.readers.raw import Block, Budget
from app.common.readers.spans import Cell, Spans
from app.common.readers.tables import TableBuilder
from app.common.readers.xml import number

_HEADINGS = tuple(f"h{level}" for level in range(1, 7))


def holds_data(table: etree._Element) -> bool:
    """Whether a table is one of rows and columns: tables that only place things on a page are read as blocks."""
    inner = (element for element in table.iter("table", *_HEADINGS) if element is not table)
    return next(inner, None) is None and any(len(row) > 1 for row in table.iter("tr"))


class HtmlTable:
    """Collects the cells of one table while a page is read."""

    def __init__(self, element: etree._Element, budget: Budget) -> None:
        self.element = element
        self._builder = TableBuilder(budget)
        self._spans = Spans()
        self._row: list[Cell] = []
        self._cell: etree._Element | None = None
        self._begun = False
        self._in_head = False
        self._marked = 0

    def start(self, element: etree._Element, text: str) -> None:
        """Begin a row or a cell; `text` is what stands before it."""
        if element.tag == "tr":
            self.end_row(text)
            self._begun = True
            self._in_head = (parent := element.getparent()) is not None and parent.tag == "thead"
        else:
            self.end_cell(text)
            self._cell = element

    def end_cell(self, text: str) -> None:
        """End a cell; what stands outside of all cells, such as a caption, is one of its own."""
        cell, self._cell = self._cell, None
        if cell is not None:
            across, down = number(cell.get("colspan", ""), 1), number(cell.get("rowspan", ""), 1)
            self._row.append(Cell(text, across, down))
            self._marked += cell.tag == "th"
        elif text.strip():
            self._row.append(Cell(text))

    def end_row(self, text: str) -> None:
        """End a row."""
        self.end_cell(text)
        if self._row or self._begun:
            marked = self._in_head or self._marked == len(self._row) > 1
            self._builder.add(self._spans.row(self._row, marked=marked))
        self._row, self._marked, self._begun = [], 0, False

    def block(self, text: str) -> Block | None:
        """Return the table; `text` is what stands before its end."""
        self.end_row(text)
        return self._builder.block()
