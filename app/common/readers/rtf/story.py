"""A run of paragraphs and tables in an RTF file: the body, a note, a comment, a header."""

from app.common.readers.raw import Block


class Story:
    """Collects text into blocks. `style`, `level` (0: body text, None: as the style says), `item` and `in_table`
    describe the paragraph that is being read."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._cells: list[str] = []
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

    def end_paragraph(self, levels: dict[int, int]) -> None:
        """End the paragraph; `levels` are those of the heading styles. In a cell of a table it only ends a line."""
        if self.in_table:
            self._text.append("\n")
            return
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
        self._end_table()

    def finish(self) -> list[Block]:
        """Return the blocks; the last paragraph need not have been ended."""
        self.end_row() if self.in_table or self._cells else self.end_paragraph({})
        return self._blocks

    def _end_table(self) -> None:
        cells, self._cells = self._cells, []
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            self._blocks.append(Block(" | ".join(cells), None, "row"))

    def _take(self) -> str:
        text, self._text = "".join(self._text), []
        # Letters beyond the first 65,536 are written as two halves.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
