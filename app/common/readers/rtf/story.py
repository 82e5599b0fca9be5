"""A run of paragraphs and tables in an RTF file: the body, a note, a comment, a header."""

from itertools import chain, repeat
from typing import NamedTuple

from app.common.readers.raw import Block, Budget
from app.common.readers.spans import Cell, Spans
from app.common.readers.tables import TableBuilder


class Merged(NamedTuple):
    """Whether a cell is part of the one on its left, or of the one above."""

    left: bool = False
    above: bool = False


class Story:
    """Collects text into blocks. `style`, `level` (0: body text, None: as the style says), `item` and `in_table`
    describe the paragraph that is being read."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._cells: list[str] = []
        self._merged: list[Merged] = []
        self._table: tuple[TableBuilder, Spans] | None = None
        self.reset_paragraph()

    def reset_paragraph(self) -> None:
        """Begin with the format of plain text."""
        self.style = 0
        self.level: int | None = None
        self.item = False
        self.in_table = False

    def add(self, text: str) -> None:
        """Add text to the paragraph."""
        self._text.append(text)

    @property
    def tail(self) -> str:
        """The last characters of the paragraph so far."""
        return "".join(self._text[-2:])[-2:]

    def begin_row(self) -> None:
        """Begin the definition of a row's cells."""
        self._merged = []

    def define_cell(self, merged: "Merged") -> None:
        """Say of the next cell of the row whether it is part of the one beside or above it."""
        self._merged.append(merged)

    def end_paragraph(self, levels: dict[int, int]) -> None:
        """End the paragraph; `levels` are those of the heading styles. In a cell of a table it only ends a line."""
        if self.in_table:
            self._text.append("\n")
            return
        self._end_row()
        self._end_table()
        level = levels.get(self.style) if self.level is None else self.level or None
        if (text := self._take()).strip():
            self._blocks.append(Block(text, level, "item" if self.item and level is None else "paragraph"))

    def end_cell(self) -> None:
        """End a cell of a table."""
        self._cells.append(" ".join(self._take().split()))

    def end_row(self) -> None:
        """End a row of a table."""
        if self._text:
            self.end_cell()
        self._end_row()

    def finish(self) -> list[Block]:
        """Return the blocks; the last paragraph need not have been ended."""
        self.end_row() if self.in_table or self._cells else self.end_paragraph({})
        self._end_table()
        return self._blocks

    def _end_row(self) -> None:
        texts, self._cells = self._cells, []
        if not texts:
            return
        if self._table is None:
            self._table = TableBuilder(self._budget), Spans()
        builder, spans = self._table
        merged = chain(self._merged, repeat(Merged()))
        cells = [Cell(text, from_left=m.left, from_above=m.above) for text, m in zip(texts, merged, strict=False)]
        builder.add(spans.row(cells))

    def _end_table(self) -> None:
        if self._table is not None and (block := self._table[0].block()) is not None:
            self._blocks.append(block)
        self._table = None

    def _take(self) -> str:
        text, self._text = "".join(self._text), []
        # Letters beyond the first 65,536 are written as two halves.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
