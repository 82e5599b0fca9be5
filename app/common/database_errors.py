"""What a database's own errors mean for a caller. Which of them it is, SQLite's result code says, never its text."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from app.common.errors import AppError, StartupError, Unavailable, database_damaged, disk_full, not_writable

_PRIMARY = 0xFF
"""The low byte of a result code says what kind it is; the rest says more closely where."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DISK = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}


def _never() -> bool:
    return False


@contextmanager
def database_errors(disk_is_full: Callable[[], bool] = _never) -> Iterator[None]:
    """Translate trouble with the database itself: full, not writable, damaged, locked, unreachable.

    `disk_is_full` is asked when an error of the disk may come from there: SQLite calls it full only when it was a
    page that found no room.
    """
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as exc:
        translated = translate(exc, disk_is_full)
        if translated is None:
            raise
        raise translated from exc


@contextmanager
def startup_errors() -> Iterator[None]:
    """Turn what goes wrong while the data is opened into a StartupError: one sentence for the operator."""
    try:
        yield
    except AppError as exc:
        raise StartupError(f"The service cannot open its data. {exc.detail}") from exc
    except (SQLAlchemyError, sqlite3.Error) as exc:
        raise StartupError(
            "A database is not as this service makes it: run `python -m app.cli doctor`, or restore all data from one "
            "backup. Nothing was removed."
        ) from exc


def translate(exc: DatabaseError | sqlite3.DatabaseError, disk_is_full: Callable[[], bool] = _never) -> AppError | None:
    """Return the error for a caller, or None for one that is the statement's own fault."""
    cause = exc.orig if isinstance(exc, DatabaseError) else exc
    code = (getattr(cause, "sqlite_errorcode", None) or 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL or (code in _DISK and disk_is_full()):
        return disk_full()
    if code in _DAMAGED:
        return database_damaged()
    if code in _DISK:
        return not_writable()
    if isinstance(exc, OperationalError | sqlite3.OperationalError):
        return Unavailable("The database is busy: try again later.", retry_after=5)
    return None
