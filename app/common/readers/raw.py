"""What every reader takes and gives: a file's bytes or path, the limits, and raw text in blocks and pages."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from app.common.errors import TooLarge

Data = bytes | Path
PdfEngine = Literal["pdfium", "pypdf"]
Kind = Literal["pdf", "docx", "doc", "txt", "md", "html", "rtf", "csv", "xlsx", "pptx", "epub"]
Shape = Literal["paragraph", "item", "table", "break"]

ColumnKind = Literal["text", "number", "currency", "date", "boolean"]

MOST_CELLS = 200_000
"""Cells of tables that are kept of one document, beside the lines of its text."""

_MOST_CELL_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much one file may hold: pages, characters of text, bytes and entries that an archive unpacks to.

    After `max_ocr_pages` pages or `ocr_seconds` seconds on the clock no further image of a file is recognised.
    """

    max_pages: int = 5000
    max_characters: int = 20_000_000
    max_unpacked_bytes: int = 200 << 20
    max_archive_entries: int = 5000
    max_ocr_pages: int = 300
    ocr_seconds: float = 300.0


class RawTable(NamedTuple):
    """A table beside its lines: which of them are the header (first, after the last), labels and cells of the rest.

    `complete` is False when there are more rows than are kept; `numbers` and `values` are those of `Table`.
    """

    name: str
    header_lines: tuple[int, int]
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    complete: bool
    numbers: Sequence[int]
    values: Sequence[tuple[str, ...]]


class Block(NamedTuple):
    """A paragraph, a table of clean lines, an item of a list, or the end of all sections so far.

    `level` is that of a heading (0 is the title), else None.
    """

    text: str
    level: int | None = None
    shape: Shape = "paragraph"
    table: RawTable | None = None


BREAK = Block("", None, "break")
"""What comes after it, up to the next heading, stands under no heading."""


class Heading(NamedTuple):
    """A heading and the offset at which its line begins; `level` is 0 for a title, else 1 to 9.

    One without a title ends all sections: what comes after it stands under no heading.
    """

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class RawDocument:
    """What a reader found, not cleaned yet: pages of blocks, and what it has to say about the reading.

    `verbatim` keeps blank lines and spaces as they are. `empty_hint` tells what to do when there is no text. `silent`
    are the pages (from 0) that were read without trouble and have none.
    """

    pages: Sequence[Sequence[Block]]
    warnings: list[str] = field(default_factory=list)
    verbatim: bool = False
    empty_hint: str = "This file holds no text."
    silent: Sequence[int] = ()


class Column(NamedTuple):
    """What the cells of a column are, all but a few; `decimals` are the most that its numbers show."""

    kind: ColumnKind
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the document, and where its lines stand in the text: title, header, rows, each on one line.

    `name` is that of its sheet, if any. `header` has a label for each column, `rows` the cells as they are shown,
    column by column; merged cells are repeated. Without a header `header_start` and `header_end` are `start`.
    `complete` is False when there are more rows than are kept; their lines are in the text. `numbers` says which row
    of the file each is, from 1, as a spreadsheet counts them.

    `columns` and `values` say what the cells are worth: a number as `1234.5` or `1234.5 EUR`, a date as `2024-03-01`,
    yes or no as `1` or `0`, and nothing for text and for what is not of the column's kind. Before the columns are
    known, `values` are what the sheet itself says of its cells: `n` before a stored number, `d` before a date.
    """

    name: str
    start: int
    end: int
    header_start: int
    header_end: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    complete: bool
    numbers: tuple[int, ...] = ()
    columns: tuple[Column, ...] = ()
    values: tuple[tuple[str, ...], ...] = ()


class Budget:
    """Counts the characters read so far, so that reading stops at the limit and not after it.

    It also counts the cells of tables that are kept beside the text.
    """

    def __init__(self, limits: ReadLimits) -> None:
        self._left = self._limit = limits.max_characters
        self._cells, self._cell_characters = MOST_CELLS, _MOST_CELL_CHARACTERS

    def keeps(self, cells: int, characters: int) -> bool:
        """Whether so many more cells with so many characters are kept."""
        self._cells -= cells
        self._cell_characters -= characters
        return self._cells >= 0 and self._cell_characters >= 0

    def spend(self, text: str) -> str:
        """Return `text`; TooLarge (too_large) once more than the limit has been spent."""
        self._left -= len(text)
        if self._left < 0:
            raise TooLarge(
                f"The file holds more than {self._limit:,} characters of text; split it into smaller files.",
                code="too_large",
            )
        return text


def read_bytes(data: Data) -> bytes:
    """Return the whole content."""
    return data if isinstance(data, bytes) else data.read_bytes()


def read_head(data: Data, size: int) -> bytes:
    """Return the first `size` bytes."""
    if isinstance(data, bytes):
        return data[:size]
    with data.open("rb") as stream:
        return stream.read(size)


def open_data(data: Data) -> BinaryIO:
    """Return a seekable stream over the content; the caller closes it."""
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")


def page_list(numbers: Sequence[int], noun: str = "Page") -> str:
    """Name pages for people: `Page 3`, `Pages 2, 5` or `Pages 1, 2, 3, ... (40 in all)`."""
    if len(numbers) == 1:
        return f"{noun} {numbers[0]}"
    shown = ", ".join(str(number) for number in numbers[:10])
    return f"{noun}s {shown}" if len(numbers) <= 10 else f"{noun}s {shown}, ... ({len(numbers)} in all)"
