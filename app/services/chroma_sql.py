"""What is done to Chroma's SQLite file behind Chroma's back, always in a process of its own.

Two SQLite libraries must never have one file open in one process: POSIX locks belong to the process, so the
first of them to close the file drops the locks that the other one believes it holds. Chroma carries its own
SQLite, therefore Python's works from a child process. Nothing else may open or copy `chroma.sqlite3` inside the
serving process either, not even to read it.
"""

import json
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE_FILE = "chroma.sqlite3"
_WAIT_SECONDS = 60
_TIMEOUT_SECONDS = 3600

# Chroma looks these up once per question or write and has no index on them: with thousands of clients each
# look-up would read the rows of all of them.
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS embeddings_queue_topic ON embeddings_queue (topic, seq_id)",
    "CREATE INDEX IF NOT EXISTS segments_collection ON segments (collection)",
)

_SEGMENTS = """
SELECT c.name, c.id, v.id, c.dimension,
       (SELECT count(*) FROM embeddings e WHERE e.segment_id = m.id),
       coalesce((SELECT seq_id FROM max_seq_id WHERE segment_id = m.id), 0),
       coalesce((SELECT seq_id FROM max_seq_id WHERE segment_id = v.id), 0)
FROM collections c
JOIN segments v ON v.collection = c.id AND v.scope = 'VECTOR'
JOIN segments m ON m.collection = c.id AND m.scope = 'METADATA'
"""


# Chroma purges its log a moment after each write, in the background; what is left of it is done here by the same
# rule. The newest row of a collection stays: the numbering of later writes continues from it. A topic ends with
# the collection's id (a UUID, 36 characters).
_PURGE = """
DELETE FROM embeddings_queue WHERE seq_id < coalesce((
    SELECT min(m.seq_id) FROM segments s JOIN max_seq_id m ON m.segment_id = s.id
    WHERE s.collection = substr(embeddings_queue.topic, -36)
    HAVING count(*) = 2
), 0)
"""


class MaintenanceFailed(Exception):
    """The work on the database file could not be done; nothing was changed."""


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What SQLite says of one collection and its vector index.

    `dimension` is None until the first vector was added. `text_seq` and `index_seq` are the last write that the
    texts and the index on disk contain; Chroma replays what lies between when it opens the collection.
    """

    collection: str
    collection_id: str
    segment_id: str
    dimension: int | None
    rows: int
    text_seq: int
    index_seq: int


def prepare(folder: Path) -> list[SegmentFacts]:
    """Turn on write-ahead logging, add the missing indexes and return all collections.

    To be called while Chroma has the folder closed, after it made the file.
    """
    return [SegmentFacts(*row) for row in _in_child("prepare", folder)]


def facts(folder: Path, collection: str | None = None) -> list[SegmentFacts]:
    """Return what SQLite knows of one collection (none or one entry), or of all."""
    return [SegmentFacts(*row) for row in _in_child("facts", folder, collection)]


def compact(folder: Path) -> None:
    """Rewrite the file without free pages or remains of deleted rows, and empty the write-ahead log.

    Readers go on meanwhile; the caller keeps writers away (they would wait and then fail).
    """
    _in_child("compact", folder)


def _in_child(operation: str, folder: Path, argument: str | None = None) -> list[list[Any]]:
    request = json.dumps([operation, str(folder / DATABASE_FILE), argument])
    command = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    # The program and its arguments are ours; the request goes through standard input.
    done = subprocess.run(  # noqa: S603 - no shell, fixed command
        command, input=request, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
    if done.returncode != 0:
        raise MaintenanceFailed(f"{operation}: {done.stderr.strip()[-500:]}")
    return list(json.loads(done.stdout))


def _run(operation: str, database: str, argument: str | None) -> list[Any]:
    connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        if operation == "prepare":
            _prepare(connection)
        if operation == "compact":
            _compact(connection)
            return []
        return _facts(connection, argument)
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in _INDEXES:
        connection.execute(statement)


def _facts(connection: sqlite3.Connection, collection: str | None) -> list[Any]:
    if collection is None:
        return connection.execute(_SEGMENTS).fetchall()
    return connection.execute(_SEGMENTS + " WHERE c.name = ?", (collection,)).fetchall()


def _compact(connection: sqlite3.Connection) -> None:
    connection.execute(_PURGE)
    # Deleted words stay in the full-text index, marked as deleted, until all its parts are merged into one.
    connection.execute("INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('optimize')")
    connection.execute("VACUUM")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("a reader kept the write-ahead log busy")


if __name__ == "__main__":
    json.dump(_run(*json.load(sys.stdin)), sys.stdout)
