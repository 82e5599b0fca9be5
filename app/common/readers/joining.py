"""Blocks become the cleaned text of a page, and their headings and tables get offsets into it."""

from collections.abc import Sequence
from typing import NamedTuple

from app.common.readers.cleaning import clean, tidy
from app.common.readers.raw import Block, Heading, RawTable, Table

_LONGEST_TITLE = 200


class Page(NamedTuple):
    """The text of a page, and what stands where in it."""

    text: str
    headings: list[Heading]
    tables: list[Table]


def join_blocks(blocks: Sequence[Block], *, start: int, verbatim: bool) -> Page:
    """Return the page that begins at offset `start`. Paragraphs stand apart, the items of a list together."""
    parts: list[str] = []
    headings: list[Heading] = []
    tables: list[Table] = []
    before, broken = "", False
    for block in blocks:
        broken = broken or block.shape == "break"
        text = _text(block, verbatim=verbatim)
        if not text:
            continue
        if parts:
            gap = "\n" if before == block.shape == "item" else "\n\n"
            parts.append(gap)
            start += len(gap)
        if broken:
            headings.append(Heading(start, 0, ""))
        if block.level is not None:
            headings.append(shorten(Heading(start, block.level, text)))
        if block.table is not None:
            tables.append(_placed(block.table, text, start))
        parts.append(text)
        start, before, broken = start + len(text), block.shape, False
    return Page("".join(parts), headings, tables)


def shorten(heading: Heading) -> Heading:
    """Return the heading with its title on one line and no longer than a line: it is stored with each chunk."""
    return heading._replace(title=" ".join(heading.title.split())[:_LONGEST_TITLE])


def _text(block: Block, *, verbatim: bool) -> str:
    if block.table is not None:
        return block.text  # cell by cell it is clean already
    return clean(block.text) if verbatim else tidy(clean(block.text))


def _placed(table: RawTable, text: str, start: int) -> Table:
    first, after = table.header_lines
    head = text.split("\n", after)[:after]
    header_start = start + sum(len(line) + 1 for line in head[:first])
    header_end = header_start + len("\n".join(head[first:]))
    return Table(
        table.name,
        start,
        start + len(text),
        header_start,
        header_end,
        table.header,
        tuple(table.rows),
        table.complete,
        tuple(table.numbers),
        values=tuple(table.values),
    )
