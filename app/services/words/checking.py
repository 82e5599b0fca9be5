"""Looking at an index of words from outside, without changing it: can all of it be read, and does it hold together?"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.services.words import index
from app.services.words.contents import Contents, read_contents
from app.services.words.postings import BLOCK, ENTRY_BYTES

State = Literal["ok", "damaged", "missing", "outdated"]
"""`outdated`: of another version of the analysis, so that it is emptied when it is opened. `missing`: no file,
or one that a crash left before anything was in it."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """How an index is, and how many parts it has of each document, by id; none when it is not ok."""

    state: State
    parts: Mapping[str, int] = field(default_factory=dict)


def examine(path: Path) -> IndexReport:
    """Read the whole index at `path`; never raises. Another process or thread may have it open."""
    if not path.exists():
        return IndexReport("missing")
    try:
        with closing(_opened(path)) as database:
            if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return IndexReport("missing")
            if database.execute("PRAGMA user_version").fetchone()[0] != index.VERSION:
                return IndexReport("outdated" if _is_whole(database) else "damaged")
            contents = read_contents(database)
            if not (_is_whole(database) and _agrees(database, contents)):
                return IndexReport("damaged")
    except (sqlite3.Error, OSError, ValueError):
        return IndexReport("damaged")
    return IndexReport("ok", {document.document_id: document.count for document in contents.documents})


def _opened(path: Path) -> sqlite3.Connection:
    # Without a log nothing waits to be read from it, and none must be made only to look.
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)


def _is_whole(database: sqlite3.Connection) -> bool:
    return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))


def _agrees(database: sqlite3.Connection, contents: Contents) -> bool:
    """Whether documents, facts and postings speak of the same parts: a word of a deleted part must not be left."""
    alive = contents.facts["words"] > 0
    expected = np.zeros(len(alive), np.bool_)
    for document in contents.documents:
        expected[document.first : document.first + document.count] = True
    counted = sum(document.count for document in contents.documents)
    if counted != np.count_nonzero(alive) or not np.array_equal(expected, alive):
        return False
    found = database.execute("SELECT DISTINCT block FROM postings").fetchall()
    return all(_points_to(alive[block * BLOCK : (block + 1) * BLOCK], database, block) for (block,) in found)


def _points_to(alive: NDArray[np.bool_], database: sqlite3.Connection, block: int) -> bool:
    rows = database.execute("SELECT data FROM postings WHERE block = ?", (block,)).fetchall()
    if any(len(data) % ENTRY_BYTES for (data,) in rows):
        return False
    places = np.frombuffer(b"".join(data[: len(data) // ENTRY_BYTES * 2] for (data,) in rows), np.uint16)
    return not len(places) or bool(places.max() < len(alive) and alive[places].all())
