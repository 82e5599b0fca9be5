"""Writing a document's tables into a new file."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from app.common.file_loader import ColumnKind
from app.services.tables.totals import total_rows
from app.services.tables.types import NewTable

VERSION = 1
"""Of the file's layout: a file of another version is as good as none."""

_SCHEMA = (
    f"PRAGMA user_version = {VERSION}",
    "CREATE TABLE tables (number INTEGER PRIMARY KEY, name TEXT NOT NULL, start INTEGER NOT NULL,"
    " stop INTEGER NOT NULL, rows INTEGER NOT NULL, complete INTEGER NOT NULL)",
    "CREATE TABLE columns (number INTEGER NOT NULL, place INTEGER NOT NULL, label TEXT NOT NULL, kind TEXT NOT NULL,"
    " decimals INTEGER NOT NULL, units TEXT NOT NULL, filled INTEGER NOT NULL, PRIMARY KEY (number, place))",
)
_OWN = ("row", "number", "start", "stop", "total")


def write_tables(path: Path, tables: Sequence[NewTable]) -> None:
    """Write the file, which must not exist. A crash may leave a part of it: nothing is flushed to the disk here.

    Each table has one of its own, `rows_N`: the columns of `_OWN`, then for column P what it shows (`sP`), what it is
    worth (`vP`) and its unit (`uP`), as far as its kind has them.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "page_size=4096"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        for statement in _SCHEMA:
            database.execute(statement)
        for number, new in enumerate(tables, start=1):
            _write(database, number, new)
        database.execute("COMMIT")


def _write(database: sqlite3.Connection, number: int, new: NewTable) -> None:
    table = new.table
    kinds = [column.kind for column in table.columns]
    row = (number, table.name, table.start, table.end, len(table.rows), table.complete)
    database.execute("INSERT INTO tables VALUES (?, ?, ?, ?, ?, ?)", row)
    described = [(number, *column) for column in _columns(new)]
    database.executemany("INSERT INTO columns VALUES (?, ?, ?, ?, ?, ?, ?)", described)
    names = [*_OWN, *(name for place, kind in enumerate(kinds) for name in column_names(place, kind))]
    database.execute(f"CREATE TABLE rows_{number} ({', '.join([f'{names[0]} INTEGER PRIMARY KEY', *names[1:]])})")
    places = ", ".join("?" * len(names))
    database.executemany(f"INSERT INTO rows_{number} VALUES ({places})", _rows(new, kinds))


def column_names(place: int, kind: ColumnKind) -> tuple[str, ...]:
    """Return what the file calls the column at a place: what is shown, what it is worth, its unit."""
    if kind == "text":
        return (f"s{place}",)
    if kind in ("number", "currency"):
        return f"s{place}", f"v{place}", f"u{place}"
    return f"s{place}", f"v{place}"


def _columns(new: NewTable) -> Iterator[tuple[int, str, str, int, str, int]]:
    table = new.table
    for place, (kind, decimals) in enumerate(table.columns):
        label = table.header[place] if place < len(table.header) else ""
        values = [row[place] for row in table.values if row[place]]
        numeric = kind in ("number", "currency")
        units = Counter(value.partition(" ")[2] for value in values) if numeric else Counter[str]()
        filled = len(values) if kind != "text" else sum(place < len(row) and bool(row[place]) for row in table.rows)
        yield place, label, kind, decimals, json.dumps([unit for unit, _ in units.most_common()]), filled


def _rows(new: NewTable, kinds: Sequence[ColumnKind]) -> Iterator[Sequence[str | int | float | None]]:
    table = new.table
    totals = total_rows(table)
    for place, (shown, values, number, line) in enumerate(
        zip(table.rows, table.values, table.numbers, new.lines, strict=True)
    ):
        cells: list[str | int | float | None] = [place, number, *line, place in totals]
        for column, kind in enumerate(kinds):
            cells.append((shown[column] if column < len(shown) else "") or None)
            cells += _worth(values[column], kind)
        yield cells


def _worth(value: str, kind: ColumnKind) -> tuple[str | int | float | None, ...]:
    if kind == "text":
        return ()
    if kind in ("number", "currency"):
        number, _, unit = value.partition(" ")
        return (float(number), unit) if number else (None, None)
    if kind == "boolean":
        return (int(value),) if value else (None,)
    return (value or None,)
