"""Rows of long tables in groups, each under the table's own header, so that every passage of it can be understood."""

import re
from collections.abc import Iterable, Iterator, Sequence

from app.common.readers.raw import Block, Budget

_GROUP = 700
_LONGEST_HEADER = 300
_DATUM = re.compile(r"(?!(?:19|20)\d\d$)[-+(]?\d")  # a year alone may head a column


def row_text(cells: Sequence[str]) -> str:
    """Return `a | b | c`, each cell on one line; an empty string for a row without text."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return " | ".join(flat)


def table_blocks(rows: Iterable[Sequence[str]], budget: Budget) -> Iterator[Block]:
    """Yield the rows in blocks of about 700 characters that begin with the header, when the first row is one.

    A header has two cells or more, all of them filled and none beginning with a digit, years apart.
    TooLarge when the budget is spent.
    """
    header, lines, size, first = "", list[str](), 0, True
    for cells in rows:
        line = budget.spend(row_text(cells))
        if not line:
            continue
        if first and _is_header(cells) and len(line) <= _LONGEST_HEADER:
            header = line
        first = False
        if size + len(line) > _GROUP and lines:
            yield Block("\n".join(lines), None, "paragraph")
            lines = [budget.spend(header)] if header else []
            size = 0
        lines.append(line)
        size += len(line)
    if lines:
        yield Block("\n".join(lines), None, "paragraph")


def _is_header(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells]
    while filled and not filled[-1]:
        filled.pop()
    return len(filled) > 1 and all(cell and not _DATUM.match(cell) for cell in filled)
