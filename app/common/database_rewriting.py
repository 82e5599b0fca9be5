"""Giving back what deleted rows of an SQLite database take: all of it where there is room, page by page where not."""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol

from app.common.errors import disk_full

_GIVING_BACK = "PRAGMA auto_vacuum = INCREMENTAL"
_STEP_PAGES = 200


class Cursor(Protocol):
    """What is needed of a cursor, whichever library it is of. It must not be in a transaction."""

    def execute(self, statement: str, /) -> Any:
        """Run a statement."""

    def fetchone(self) -> Any:
        """Return the next row."""

    def fetchall(self) -> Any:
        """Return all rows that are left."""


def make_file(path: Path) -> None:
    """Make the file, unless there is one, in such a way that free pages can be given back one by one later."""
    if path.exists() and path.stat().st_size:
        return
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as connection:
        # Both are written into the file; what hinders that is told when it is opened.
        connection.execute(_GIVING_BACK)
        connection.execute("PRAGMA journal_mode = WAL")


def truncate_log(cursor: Cursor) -> bool:
    """Fold the write-ahead log into the database and empty it; False when a reader was in the way."""
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return not cursor.fetchone()[0]


def rewrite(cursor: Cursor, path: Path) -> None:
    """Rewrite the database at `path` without what was deleted.

    Where there is no room for that, as many free pages are given back as there are, which needs little room; raises
    InsufficientStorage when there is none afterwards either.
    """
    if not _has_room(cursor, path):
        _give_back(cursor)
    if not _has_room(cursor, path):
        raise disk_full()
    try:
        cursor.execute(_GIVING_BACK)
        cursor.execute("VACUUM")
    except sqlite3.Error:
        # It has written much into the log, which would go on taking that room.
        truncate_log(cursor)
        raise


def _has_room(cursor: Cursor, path: Path) -> bool:
    page_size, pages, unused = (_figure(cursor, name) for name in ("page_size", "page_count", "freelist_count"))
    return shutil.disk_usage(path.parent).free >= page_size * (pages - unused)


def _give_back(cursor: Cursor) -> None:
    left = _figure(cursor, "freelist_count")
    while left:
        cursor.execute(f"PRAGMA incremental_vacuum({_STEP_PAGES})")
        cursor.fetchall()
        truncate_log(cursor)
        before, left = left, _figure(cursor, "freelist_count")
        if left >= before:
            return  # the file was made before this was thought of


def _figure(cursor: Cursor, name: str) -> int:
    cursor.execute(f"PRAGMA {name}")
    return int(cursor.fetchone()[0])
