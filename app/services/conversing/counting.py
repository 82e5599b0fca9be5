"""Which table a question counts or lists, where no model is there to say it: one that it names, and nothing else."""

from app.services.intents.listing import Listing, named, names_of
from app.services.tables.plan import MOST_SHOWN, Plan
from app.services.tables.reading import TableReader
from app.services.tables.types import ColumnInfo, TableInfo

MOST_COLUMNS = 8
_GENERIC = ("csv", "xlsx", "xls")


def is_alone_named(listing: Listing, source: str, table: TableInfo, reader: TableReader) -> bool:
    """Whether all words of the question name the table, and no other of its document.

    They name its file, its sheet, or a column that names its rows. A column that is named and has the same value in
    several rows leaves a doubt: its values may be meant, not the rows.
    """
    return [each.number for each in reader.tables() if _is_named(listing, source, each, reader)] == [table.number]


def _is_named(listing: Listing, source: str, table: TableInfo, reader: TableReader) -> bool:
    columns = [column for column in table.columns if _is_spoken_of(column, listing)]
    names = names_of(source, table.name, *(column.label for column in columns), *_GENERIC)
    if not listing.words or not all(named(word, names) for word in listing.words):
        return False
    return all(_may_name_rows(column) and reader.names_rows(table.number, column.place) for column in columns)


def may_name(listing: Listing, filename: str) -> bool:
    """Whether all words of the question are of a document's name."""
    names = names_of(filename, *_GENERIC)
    return all(named(word, names) for word in listing.words)


def plan_of(listing: Listing, table: TableInfo) -> Plan:
    """Return the plan that counts or lists the rows."""
    if listing.wanted == "count":
        return Plan(table, measure="count")
    return Plan(table, show=table.columns[:MOST_COLUMNS], limit=MOST_SHOWN)


def _may_name_rows(column: ColumnInfo) -> bool:
    """Whether a column is one of names, or of numbers that stand first, as those of orders do."""
    return column.kind == "text" or (column.place == 0 and column.kind == "number" and not column.decimals)


def _is_spoken_of(column: ColumnInfo, listing: Listing) -> bool:
    label = names_of(column.label)
    return bool(label) and any(named(word, label) for word in listing.words)
