"""What is known of a kept table, before and after it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.common.file_loader import ColumnKind, LoadedDocument, Table

MOST_TABLES = 100
"""Tables of a document that are kept, the first."""


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table to be kept, and where the line of each of its rows stands in the document's text (from, to before)."""

    table: Table
    lines: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column: its place from 0, its label, what it holds.

    `decimals` are the most that its numbers show, `units` those of its numbers, the most frequent first; `filled` cells
    have a value of the column's kind.
    """

    place: int
    label: str
    kind: ColumnKind
    decimals: int
    units: tuple[str, ...]
    filled: int


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A kept table: its number within the document, from 1, the name of its sheet, its place in the text.

    `complete` is False when the document has more rows of it than are kept.
    """

    number: int
    name: str
    start: int
    end: int
    rows: int
    complete: bool
    columns: tuple[ColumnInfo, ...]


def new_tables(document: LoadedDocument) -> list[NewTable]:
    """Return the tables of a document that are worth keeping: of at least two columns, with rows."""
    wide = (table for table in document.tables if len(table.columns) > 1 and table.rows)
    found = (NewTable(table, _lines(document.text, table)) for table in wide)
    return [kept for kept in found if len(kept.lines) == len(kept.table.rows)][:MOST_TABLES]


def _lines(text: str, table: Table) -> list[tuple[int, int]]:
    """Return where the rows stand below the header, as many as are kept."""
    at = table.header_end + 1 if table.header_end > table.start else table.start
    lines: list[tuple[int, int]] = []
    for line in text[at : table.end].split("\n", len(table.rows))[: len(table.rows)]:
        lines.append((at, at + len(line)))
        at += len(line) + 1
    return lines
