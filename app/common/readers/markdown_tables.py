"""The tables of a Markdown text, in one pass over its lines."""

import re
from typing import NamedTuple

from app.common.readers.markdown import Fence, markdown_lines
from app.common.readers.raw import Budget, ReadLimits, Table

_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[ \t]*:?-+:?[ \t]*")
_OTHER_BLOCK = re.compile(r" {0,3}(?:#{1,6}(?:[ \t]|$)|>|(?:[-*+]|\d{1,9}[.)])[ \t])")
_LONGEST_HEADER = 10_000


class _Line(NamedTuple):
    start: int
    end: int
    cells: list[str]


class _Open(NamedTuple):
    """A table that is being read: the lines of its header and of its rows."""

    header: _Line
    rule: _Line
    rows: list[_Line]


def markdown_tables(text: str, limits: ReadLimits) -> list[Table]:
    """Return the tables of cleaned Markdown, in order. Their header is the first line with the rule below it."""
    budget, tables, fence = Budget(limits), list[Table](), Fence()
    above: _Line | None = None
    table: _Open | None = None
    for start, line in markdown_lines(text):
        fenced = fence.holds(line)
        plain = not fenced and bool(line.strip())
        if table is not None and plain and not _OTHER_BLOCK.match(line):
            table.rows.append(_line(start, line))
            continue
        if table is not None:
            tables.append(_finished(table, budget))
            table = None
        row = _line(start, line) if plain and len(line) <= _LONGEST_HEADER and (above or "|" in line) else None
        if row is not None and above is not None and _is_rule(row, above):
            table = _Open(above, row, [])
        above = row if "|" in line else None
    return [*tables, _finished(table, budget)] if table is not None else tables


def _line(start: int, line: str) -> _Line:
    return _Line(start, start + len(line), _cells(line))


def _is_rule(line: _Line, above: _Line) -> bool:
    return len(line.cells) == len(above.cells) and all(_RULE.fullmatch(cell) for cell in line.cells)


def _cells(line: str) -> list[str]:
    bare = line.strip()
    bare = bare.removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(bare)]


def _finished(table: _Open, budget: Budget) -> Table:
    width = len(table.header.cells)
    rows = list[tuple[str, ...]]()
    for row in table.rows:
        if not budget.keeps(len(row.cells), row.end - row.start):
            break
        rows.append(tuple(row.cells[:width]))
    start, end = table.header.start, (table.rows or [table.rule])[-1].end
    header = tuple(table.header.cells)
    return Table(
        "",
        start,
        end,
        start,
        table.rule.end,
        header,
        tuple(rows),
        complete=len(rows) == len(table.rows),
        numbers=tuple(range(2, len(rows) + 2)),
    )
