"""Blocks become the cleaned text of a page, and their headings get offsets into it."""

from collections.abc import Sequence

from app.common.readers.cleaning import clean, tidy
from app.common.readers.raw import Block, Heading

_LONGEST_TITLE = 200


def join_blocks(blocks: Sequence[Block], *, verbatim: bool) -> tuple[str, list[Heading]]:
    """Return the page's text and its headings. Paragraphs stand apart, the rows of a table and the items of a list
    together."""
    parts: list[str] = []
    headings: list[Heading] = []
    length, before = 0, ""
    for block in blocks:
        text = clean(block.text) if verbatim else tidy(clean(block.text))
        if not text:
            continue
        if parts:
            gap = "\n" if before == block.shape != "paragraph" else "\n\n"
            parts.append(gap)
            length += len(gap)
        if block.level is not None:
            headings.append(shorten(Heading(length, block.level, text)))
        parts.append(text)
        length, before = length + len(text), block.shape
    return "".join(parts), headings


def shorten(heading: Heading) -> Heading:
    """Return the heading with its title on one line and no longer than a line: it is stored with each chunk."""
    return heading._replace(title=" ".join(heading.title.split())[:_LONGEST_TITLE])
