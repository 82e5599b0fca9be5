"""Do the counts that are kept agree with what is counted? For the doctor, on files that nobody has open."""

import sqlite3
from contextlib import closing
from pathlib import Path

from app.common.sqlite.condition import open_readonly

_OF_CLIENT = "(SELECT {} FROM documents d WHERE d.client_id = clients.client_id AND d.status = 'ready')"
_DOCUMENTS = _OF_CLIENT.format("count(*)")
_CHUNKS = _OF_CLIENT.format("coalesce(sum(chunk_count), 0)")
_BYTES = _OF_CLIENT.format("coalesce(sum(size_bytes), 0)")
_CLIENTS_WRONG = (
    f"SELECT count(*) FROM clients WHERE document_count <> {_DOCUMENTS} OR chunk_count <> {_CHUNKS} "
    f"OR byte_count <> {_BYTES}"
)
_CLIENTS_RIGHT = (f"UPDATE clients SET document_count = {_DOCUMENTS}, chunk_count = {_CHUNKS}, byte_count = {_BYTES}",)

# A question without its answer, or the other way round: they are written together, so one of them was lost.
_HALF = """
NOT EXISTS (SELECT 1 FROM messages o WHERE o.session_id = m.session_id AND o.client_id = m.client_id
            AND o.position = CASE m.position % 2 WHEN 1 THEN m.position + 1 ELSE m.position - 1 END)
"""
# The next turn takes the place after the last one, whatever was lost before it.
_LAST = (
    "coalesce((SELECT max(position) FROM messages m "
    "WHERE m.session_id = s.session_id AND m.client_id = s.client_id), 0)"
)
_SESSIONS_WRONG = (
    f"SELECT (SELECT count(*) FROM sessions s WHERE message_count <> {_LAST}) "
    f"+ (SELECT count(*) FROM messages m WHERE {_HALF})"
)
_SESSIONS_RIGHT = (
    f"DELETE FROM messages AS m WHERE {_HALF}",
    f"UPDATE sessions AS s SET message_count = {_LAST}",
    "DELETE FROM sessions WHERE message_count = 0",
    "DELETE FROM session_totals",
    "INSERT INTO session_totals (scope, sessions, messages, stored_bytes) "
    "SELECT client_id, count(*), sum(message_count), sum(stored_bytes) FROM sessions GROUP BY client_id",
    "INSERT INTO session_totals (scope, sessions, messages, stored_bytes) "
    "SELECT '', count(*), sum(message_count), sum(stored_bytes) FROM sessions HAVING count(*) > 0",
)


def wrong_clients(catalog: Path) -> int:
    """Return how many clients have other counters than documents."""
    return _number(catalog, _CLIENTS_WRONG)


def wrong_sessions(sessions: Path) -> int:
    """Return how many conversations miscount their messages, plus the messages that lack their turn's other half."""
    return _number(sessions, _SESSIONS_WRONG)


def count_clients_again(catalog: Path) -> None:
    """Set the counters to what is counted, after rows whose client was lost are gone."""
    _change(catalog, _CLIENTS_RIGHT)


def count_sessions_again(sessions: Path) -> None:
    """Remove halves of turns, and set the counts to what is counted."""
    _change(sessions, _SESSIONS_RIGHT)


def _number(path: Path, query: str) -> int:
    with closing(open_readonly(path)) as connection:
        return int(connection.execute(query).fetchone()[0])


def _change(path: Path, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        while lost := connection.execute("PRAGMA foreign_key_check").fetchall():
            for table, row_id, *_ in lost:
                connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row_id,))
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")
