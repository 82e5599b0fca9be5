"""Tables whose ids, names and numbers are never cut: they are copied, and looked for with grep."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table

_ANY_WIDTH = 10_000


def whole(*headings: str) -> list[Column]:
    """Return columns whose cells stay on one line."""
    return [Column(heading, no_wrap=True) for heading in headings]


def print_table(console: Console, table: Table) -> None:
    """Print the table as wide as its whole columns need, also where the terminal is narrower."""
    wide = console.options.update(max_width=_ANY_WIDTH)
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max(
                Measurement.get(console, wide, cell).maximum for cell in (column.header, *column.cells)
            )
    console.width = max(console.width, Measurement.get(console, wide, table).minimum)
    console.print(table)
