"""Copies of SQLite databases in use. `python copying.py FROM TO [FROM TO ...]` copies several as of one moment.

The moment: nobody can change the first database while the state of each is taken. Writers of the first wait for that, a
millisecond or so; nobody waits for the copying, which reads at most half of the time. Two lines are written, as Python
literals: the milliseconds for which the first was held, as soon as the moment is over, and True at the end.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event

_WAIT_SECONDS = 60
_STEP_PAGES = 1024
_LONGEST_REST_SECONDS = 1.0
_COURTESY = 15


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at this moment to `target`, where there is none. Raises sqlite3.Error."""
    with closing(_opened(source)) as connection, closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)


def copy_together(pairs: Iterable[tuple[Path, Path]]) -> None:
    """Copy databases as at one moment; see the module. Raises sqlite3.Error."""
    todo = list(pairs)
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(_opened(source))) for source, _ in todo]
        _say(_take_moment(todo[0][0], readers))
        for reader, (_, target) in zip(readers, todo, strict=True):
            copy = stack.enter_context(closing(sqlite3.connect(target)))
            copy.execute("PRAGMA synchronous = OFF")
            # In the transaction that is open, so that all pages are of the same state whatever is written meanwhile.
            reader.backup(copy, pages=_STEP_PAGES, progress=_Resting())
    _say(value=True)


def _take_moment(first: Path, readers: Iterable[sqlite3.Connection]) -> float:
    """Begin to read with all of them while nobody can write the first; return for how many milliseconds."""
    with closing(_opened(first)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        since = time.perf_counter()
        for reader in readers:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        holder.execute("ROLLBACK")
        return round((time.perf_counter() - since) * 1000, 3)


class _Resting:
    """Rests for as long as the last step took. Ends the process when the one that began it has ended."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._since = time.perf_counter()

    def __call__(self, _status: int, _remaining: int, _total: int) -> None:
        if os.getppid() != self._parent:
            raise SystemExit(1)
        Event().wait(min(time.perf_counter() - self._since, _LONGEST_REST_SECONDS))
        self._since = time.perf_counter()


def _opened(path: Path) -> sqlite3.Connection:
    # Not read-only: the first reader of a write-ahead log has to make the file beside it that readers share.
    name = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(name, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)


def _say(value: object) -> None:
    sys.stdout.write(f"{value!r}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.nice(_COURTESY)
    paths = [Path(argument) for argument in sys.argv[1:]]
    copy_together(zip(paths[::2], paths[1::2], strict=True))
