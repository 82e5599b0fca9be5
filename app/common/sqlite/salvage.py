"""What can be read of a damaged SQLite file, copied into a new one. `python salvage.py DAMAGED NEW` does it.

Rows are read along their row ids. Where that fails, reading goes on after the damaged page. Indexes are built again.
"""

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

_LAST = 2**63 - 1
_BATCH = 500
Row = tuple[Any, ...]
_SHADOWS = ("_data", "_idx", "_content", "_docsize", "_config")


def salvage(damaged: Path, new: Path) -> Mapping[str, bool]:
    """Copy what can be read; return for each table whether that was all of it. Raises sqlite3.Error if nothing can.

    `new` must not exist; `damaged` is not changed.
    """
    with closing(_open(damaged)) as old, closing(sqlite3.connect(new, isolation_level=None)) as made:
        schema = old.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        tables = {name: sql for kind, name, sql in schema if kind == "table" and not name.startswith("sqlite_")}
        made.execute("PRAGMA synchronous = OFF")
        made.execute("BEGIN")
        complete = _copy_tables(old, made, tables)
        for kind, name, sql in schema:
            if kind != "table" and not _made(made, sql):
                complete[name] = False
        made.execute("COMMIT")
        made.execute("PRAGMA journal_mode = WAL")
    return complete


def _copy_tables(old: sqlite3.Connection, made: sqlite3.Connection, tables: Mapping[str, str]) -> dict[str, bool]:
    virtual = {name for name, sql in tables.items() if sql.upper().startswith("CREATE VIRTUAL")}
    shadows = {name + end for name in virtual for end in _SHADOWS}
    complete: dict[str, bool] = {}
    for name, sql in tables.items():
        if name not in shadows:
            copy = _copy_words if name in virtual else _copy_rows
            complete[name] = _made(made, sql) and copy(old, made, name)
    if _made(made, "DELETE FROM sqlite_sequence"):  # it comes with the first table that needs it
        _copy_rows(old, made, "sqlite_sequence")
    return complete


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    # Otherwise SQLite refuses a file that was cut off, and one in whose schema a single line is damaged.
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def _made(made: sqlite3.Connection, sql: str) -> bool:
    try:
        made.execute(sql)
    except sqlite3.DatabaseError:
        return False
    return True


def _copy_rows(old: sqlite3.Connection, made: sqlite3.Connection, name: str) -> bool:
    """Copy a table's rows; whether all of them could be read and stored."""
    columns = ", ".join(f'"{row[1]}"' for row in old.execute(f'PRAGMA table_info("{name}")'))
    places = ", ?" * (columns.count(",") + 1)
    statement = f'INSERT OR IGNORE INTO "{name}" (rowid, {columns}) VALUES (?{places})'
    complete = True
    for rows in _readable(old, f'SELECT rowid, {columns} FROM "{name}"'):
        if rows is None or made.executemany(statement, rows).rowcount < len(rows):
            complete = False
    return complete


def _readable(old: sqlite3.Connection, select: str) -> Iterator[list[Row] | None]:
    """Yield rows, some hundred at a time, and None for each place where some cannot be read."""
    after: int | None = -1
    while after is not None:
        rows, failed = _rows(old, select, after, _BATCH)
        if rows:
            yield rows
            after = rows[-1][0]
        if failed:
            yield None
            after = _next_readable(old, select, after)
        elif len(rows) < _BATCH:
            return


def _next_readable(old: sqlite3.Connection, select: str, after: int) -> int | None:
    """Return the first row id from which reading goes on, or None: looked for ever further away, then halfway back."""
    step = 1
    while _rows(old, select, after + step, 1)[1]:
        step *= 2
        if after + step > _LAST:
            return None
    bad, good = after + step // 2, after + step
    while good - bad > 1:
        middle = (bad + good) // 2
        if _rows(old, select, middle, 1)[1]:
            bad = middle
        else:
            good = middle
    return good


def _rows(old: sqlite3.Connection, select: str, after: int, limit: int) -> tuple[list[Row], bool]:
    """Return up to `limit` rows after the row id, and whether reading on failed."""
    rows: list[Row] = []
    try:
        # What was read before it fails counts.
        rows.extend(old.execute(f"{select} WHERE rowid > ? ORDER BY rowid LIMIT ?", (after, limit)))
    except sqlite3.DatabaseError:
        return rows, True
    return rows, False


def _copy_words(old: sqlite3.Connection, made: sqlite3.Connection, name: str) -> bool:
    """Copy the texts of a full-text table, and index them again; whether that was all of them."""
    complete = _copy_rows(old, made, f"{name}_content")
    return _made(made, f'INSERT INTO "{name}" ("{name}") VALUES (\'rebuild\')') and complete


if __name__ == "__main__":
    sys.stdout.write(repr(dict(salvage(Path(sys.argv[1]), Path(sys.argv[2])))))
