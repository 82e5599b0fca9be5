"""Is an SQLite file there, and is it whole? `python condition.py FILE quick|thorough` writes the answer."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Literal

Condition = Literal["whole", "absent", "damaged", "unreadable"]
"""`absent` is an empty file too: SQLite takes that for a new database. `unreadable`: the system does not open it."""

QUICK_BYTES = 512 << 20
"""Larger files are not read as a whole when it has to be quick."""

_WAIT_SECONDS = 10
_PRIMARY = 0xFF
_CUT_OFF = 522  # SQLITE_IOERR_SHORT_READ, which Python 3.11 has no name for
_NOT_OPENED = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_BUSY,
}


def condition_of(path: Path, *, thorough: bool) -> Condition:
    """Look at the file without changing it; `thorough` compares its tables with their indexes too."""
    try:
        if not path.exists() or (path.is_file() and path.stat().st_size == 0):
            return "absent"
        with closing(open_readonly(path)) as connection:
            return "whole" if _is_whole(connection, path, thorough=thorough) else "damaged"
    except sqlite3.DatabaseError as exc:
        code = getattr(exc, "sqlite_errorcode", 0)
        return "unreadable" if code != _CUT_OFF and code & _PRIMARY in _NOT_OPENED else "damaged"
    except OSError:
        return "unreadable"


def open_readonly(path: Path) -> sqlite3.Connection:
    """Open the file for reading alone; raises sqlite3.Error."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)


def _is_whole(connection: sqlite3.Connection, path: Path, *, thorough: bool) -> bool:
    if not thorough and path.stat().st_size > QUICK_BYTES:
        connection.execute("SELECT name FROM sqlite_master").fetchall()
        return True
    check = "integrity_check" if thorough else "quick_check"
    (first, *_) = connection.execute(f"PRAGMA {check}(1)").fetchall()
    return bool(first[0] == "ok")


if __name__ == "__main__":
    sys.stdout.write(repr(condition_of(Path(sys.argv[1]), thorough=sys.argv[2] == "thorough")))
