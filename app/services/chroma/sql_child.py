"""Runs as a program of its own: one piece of work on Chroma's database file. See `sql.py`.

    python sql_child.py prepare|facts|contents|compact DATABASE [COLLECTION]

Writes its rows as a Python literal. Imports little, because starting is most of what it costs.
"""

import sqlite3
import sys

_WAIT_SECONDS = 60

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

_CHUNKS = """
SELECT m.collection, substr(e.embedding_id, 1, instr(e.embedding_id, ':') - 1), count(*)
FROM embeddings e JOIN segments m ON m.id = e.segment_id GROUP BY 1, 2
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


def _run(operation: str, database: str, collection: str | None = None) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        if operation == "prepare":
            _prepare(connection)
        if operation == "compact":
            _compact(connection)
            return []
        if operation == "contents":
            return [(connection.execute(_CHUNKS).fetchall(), connection.execute(_LOGGED).fetchall())]
        return _facts(connection, collection)
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    for statement in _INDEXES:
        connection.execute(statement)


def _facts(connection: sqlite3.Connection, collection: str | None) -> list[tuple[object, ...]]:
    if collection is None:
        return connection.execute(_SEGMENTS).fetchall()
    return connection.execute(_SEGMENTS + " WHERE c.name = ?", (collection,)).fetchall()


def _compact(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(_PURGE)
    # Deleted words stay in the full-text index, marked as deleted, until all its parts are merged into one.
    connection.execute("INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('optimize')")
    connection.execute("VACUUM")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("a reader kept the write-ahead log busy")


if __name__ == "__main__":
    operation, database, *collection = sys.argv[1:]
    sys.stdout.write(repr(_run(operation, database, *collection)))
