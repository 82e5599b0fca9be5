"""Runs as a program of its own: one piece of work on Chroma's database file. See `sql.py`.

    python sql_child.py prepare|facts|contents|documents|compact|... DATABASE [COLLECTION]

Writes its rows as a Python literal. Imports little, because starting is most of what it costs.
"""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress

Rows = list[tuple[object, ...]]

_WAIT_SECONDS = 60

# Has free pages given back without rewriting the file, from the next VACUUM on.
_GIVING_BACK = "PRAGMA auto_vacuum = INCREMENTAL"
_FEW_PAGES = 1000
_STEP_PAGES = 200

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
       coalesce((SELECT seq_id FROM max_seq_id WHERE segment_id = v.id), 0),
       coalesce((SELECT str_value FROM collection_metadata
                 WHERE collection_id = c.id AND key = 'embedding_model'), '')
FROM collections c
JOIN segments v ON v.collection = c.id AND v.scope = 'VECTOR'
JOIN segments m ON m.collection = c.id AND m.scope = 'METADATA'
"""

_CHUNKS = """
SELECT m.collection, substr(e.embedding_id, 1, instr(e.embedding_id, ':') - 1), count(*)
FROM embeddings e JOIN segments m ON m.id = e.segment_id
WHERE EXISTS (SELECT 1 FROM embedding_metadata t WHERE t.id = e.id AND t.key = 'chroma:document') GROUP BY 1, 2
"""
# A topic ends with the collection's id (a UUID, 36 characters).
_LOGGED = "SELECT substr(topic, -36), max(seq_id) FROM embeddings_queue GROUP BY 1"

# Chroma purges its log a moment after each write, in the background; what is left of it is done here by the same
# rule. The newest row of a collection stays: the numbering of later writes continues from it.
_PURGE = """
DELETE FROM embeddings_queue WHERE seq_id < coalesce((
    SELECT min(m.seq_id) FROM segments s JOIN max_seq_id m ON m.segment_id = s.id
    WHERE s.collection = substr(embeddings_queue.topic, -36)
    HAVING count(*) = 2
), 0)
"""


_DOCUMENTS = """
SELECT c.name, d.string_value, min(f.string_value), max(p.int_value), max(z.int_value), count(*)
FROM embedding_metadata d
JOIN embeddings e ON e.id = d.id JOIN segments m ON m.id = e.segment_id JOIN collections c ON c.id = m.collection
LEFT JOIN embedding_metadata f ON f.id = d.id AND f.key = 'source'
LEFT JOIN embedding_metadata p ON p.id = d.id AND p.key = 'page'
LEFT JOIN embedding_metadata z ON z.id = d.id AND z.key = 'end'
WHERE d.key = 'document_id' GROUP BY 1, 2
"""

# A chunk of a salvaged file is whole with its text and our seven fields. Chroma would answer with what is left of the
# others. A segment whose last write is not known would pass for one that was never written.
_SALVAGED = (
    "DELETE FROM embeddings WHERE (SELECT count(*) FROM embedding_metadata m WHERE m.id = embeddings.id) < 8",
    "DELETE FROM embedding_metadata WHERE id NOT IN (SELECT id FROM embeddings)",
    "INSERT OR IGNORE INTO max_seq_id (segment_id, seq_id) "
    "SELECT id, coalesce((SELECT max(seq_id) FROM max_seq_id), 1) FROM segments",
)


def _run(operation: str, database: str, collection: str | None = None) -> Rows:
    connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        if operation == "facts":
            return _facts(connection, collection)
        return _OPERATIONS[operation](connection, database)
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, _database: str) -> Rows:
    connection.execute("PRAGMA journal_mode = WAL")
    if not _figure(connection, "auto_vacuum") and _figure(connection, "page_count") <= _FEW_PAGES:
        connection.execute(_GIVING_BACK)
        with suppress(sqlite3.OperationalError):  # no room: the next compaction does it
            connection.execute("VACUUM")
    for statement in _INDEXES:
        connection.execute(statement)
    return _facts(connection, None)


def _contents(connection: sqlite3.Connection, _database: str) -> Rows:
    return [(connection.execute(_CHUNKS).fetchall(), connection.execute(_LOGGED).fetchall())]


def _documents(connection: sqlite3.Connection, _database: str) -> Rows:
    return connection.execute(_DOCUMENTS).fetchall()


def _check_words(connection: sqlite3.Connection, _database: str) -> Rows:
    """The check is written as an insertion, though it changes nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('integrity-check')"
        )
    except sqlite3.DatabaseError:
        return [("damaged",)]
    finally:
        connection.execute("ROLLBACK")
    return [("whole",)]


def _rebuild_words(connection: sqlite3.Connection, _database: str) -> Rows:
    connection.execute("INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('rebuild')")
    return []


def _settle_salvaged(connection: sqlite3.Connection, _database: str) -> Rows:
    for statement in _SALVAGED:
        connection.execute(statement)
    return []


def _facts(connection: sqlite3.Connection, collection: str | None) -> Rows:
    if collection is None:
        return connection.execute(_SEGMENTS).fetchall()
    return connection.execute(_SEGMENTS + " WHERE c.name = ?", (collection,)).fetchall()


def _compact(connection: sqlite3.Connection, database: str) -> Rows:
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(_PURGE)
    # Deleted words stay in the full-text index, marked as deleted, until all its parts are merged into one.
    connection.execute("INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('optimize')")
    try:
        if not _has_room_to_rewrite(connection, database):
            _give_back(connection)
        if not _has_room_to_rewrite(connection, database):
            raise sqlite3.OperationalError("no room to rewrite the file")
        connection.execute(_GIVING_BACK)
        connection.execute("VACUUM")
    finally:
        # A rewriting that failed has written much into the log, which would go on taking that room.
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("a reader kept the write-ahead log busy")
    return []


def _has_room_to_rewrite(connection: sqlite3.Connection, database: str) -> bool:
    names = ("page_size", "page_count", "freelist_count")
    page_size, pages, unused = (_figure(connection, name) for name in names)
    disk = os.statvfs(database)
    return disk.f_bavail * disk.f_frsize >= page_size * (pages - unused)


def _give_back(connection: sqlite3.Connection) -> None:
    """Give free pages back to the disk, a few at a time: that needs little room."""
    left = _figure(connection, "freelist_count")
    while left:
        connection.execute(f"PRAGMA incremental_vacuum({_STEP_PAGES})").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        before, left = left, _figure(connection, "freelist_count")
        if left >= before:
            return  # the file was made without what this needs


def _figure(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


_OPERATIONS: dict[str, Callable[[sqlite3.Connection, str], Rows]] = {
    "prepare": _prepare,
    "contents": _contents,
    "documents": _documents,
    "compact": _compact,
    "check_words": _check_words,
    "rebuild_words": _rebuild_words,
    "settle_salvaged": _settle_salvaged,
}


if __name__ == "__main__":
    operation, database, *collection = sys.argv[1:]
    sys.stdout.write(repr(_run(operation, database, *collection)))
