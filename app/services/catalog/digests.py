"""What models wrote about documents, kept with them: it goes with its document, in the same transaction."""

import json
import time
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import Connection, delete, func, insert, select

from app.common.ids import ClientId
from app.common.sql import SqlDatabase
from app.services.catalog.schema import document_digests, documents

MOST_KEPT = 20
"""Of one document; the oldest goes first, but never the summary."""
SUMMARY = ""
OUTLINE = "outline"
"""The topics of a document's summary, by a model or without one; other topics are questions."""
_SUMMARIES = (OUTLINE, SUMMARY)
MEANING = "meaning"
"""The vector of the summary."""


class DocumentDigests:
    """Digests of ready documents by topic. Every method is one short transaction; safe to call from any thread."""

    def __init__(self, database: SqlDatabase, *, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock

    def get(self, client_id: ClientId, document_id: str, topic: str) -> Mapping[str, object] | None:
        """Return what is kept of the client's document on a topic, None if there is nothing."""
        query = (
            select(document_digests.c.digest)
            .join(documents, documents.c.document_id == document_digests.c.document_id)
            .where(documents.c.client_id == client_id, documents.c.status == "ready")
            .where(document_digests.c.document_id == document_id, document_digests.c.topic == topic)
        )
        rows = self._db.rows(query, {}, client_id)
        found: Mapping[str, object] | None = json.loads(rows[0].digest) if rows else None
        return found

    def summaries(self, client_id: ClientId, document_ids: Collection[str]) -> dict[str, str]:
        """Return the summaries of those of the client's documents that have one: a model's rather than another."""
        columns = document_digests.c
        query = (
            select(columns.document_id, columns.digest)
            .join(documents, documents.c.document_id == columns.document_id)
            .where(documents.c.client_id == client_id, columns.document_id.in_(list(document_ids)))
            .where(columns.topic.in_(_SUMMARIES))
            .order_by(columns.topic.desc())
        )
        return {row.document_id: str(json.loads(row.digest)["text"]) for row in self._db.rows(query, {}, client_id)}

    def of_all(self, client_id: ClientId, topic: str, *, newest: int) -> dict[str, Mapping[str, object]]:
        """Return what is kept on a topic of the client's ready documents, at most so many, the newest first."""
        query = (
            select(document_digests.c.document_id, document_digests.c.digest)
            .join(documents, documents.c.document_id == document_digests.c.document_id)
            .where(documents.c.client_id == client_id, documents.c.status == "ready")
            .where(document_digests.c.topic == topic)
            .order_by(documents.c.created_at.desc())
            .limit(newest)
        )
        return {row.document_id: json.loads(row.digest) for row in self._db.rows(query, {}, client_id)}

    def lacking(self, topic: str, *, beside: Collection[str] = (), beginning: str = "") -> list[tuple[ClientId, str]]:
        """Return of each client the oldest ready document without a digest on a topic, except for these documents.

        One whose text, see `as_text`, does not begin with `beginning` is as good as none.
        """
        there = select(document_digests.c.document_id).where(document_digests.c.topic == topic)
        if beginning:
            there = there.where(func.substr(document_digests.c.digest, 1, len(beginning)) == beginning)
        oldest_first = func.row_number().over(
            partition_by=documents.c.client_id, order_by=(documents.c.created_at, documents.c.document_id)
        )
        waiting = (
            select(documents.c.client_id, documents.c.document_id, oldest_first.label("turn"))
            .where(documents.c.status == "ready", documents.c.document_id.not_in(there))
            .where(documents.c.document_id.not_in(list(beside)))
            .subquery()
        )
        query = select(waiting.c.client_id, waiting.c.document_id).where(waiting.c.turn == 1)
        return [(ClientId(row[0]), str(row[1])) for row in self._db.rows(query, {})]

    def put(self, client_id: ClientId, document_id: str, topic: str, digest: Mapping[str, object]) -> bool:
        """Keep a digest; False, and nothing is kept, when the client's document is not there any more."""
        this = documents.c.client_id == client_id, documents.c.document_id == document_id
        with self._db.write(client_id) as connection:
            if connection.execute(select(documents.c.status).where(*this)).scalar_one_or_none() != "ready":
                return False
            same = document_digests.c.document_id == document_id, document_digests.c.topic == topic
            connection.execute(delete(document_digests).where(*same))
            values = {"document_id": document_id, "topic": topic, "created_at": self._clock()}
            connection.execute(insert(document_digests).values(**values, digest=as_text(digest)))
            _drop_oldest(connection, document_id)
        return True


def as_text(digest: Mapping[str, object]) -> str:
    """Return a digest as it is stored."""
    return json.dumps(digest, ensure_ascii=False, separators=(",", ":"))


def _drop_oldest(connection: Connection, document_id: str) -> None:
    columns = document_digests.c
    mine = columns.document_id == document_id, columns.topic.not_in((*_SUMMARIES, MEANING))
    newest_first = columns.created_at.desc(), columns.topic
    query = select(columns.topic).where(*mine).order_by(*newest_first).offset(MOST_KEPT).limit(MOST_KEPT)
    if oldest := list(connection.execute(query).scalars()):
        connection.execute(delete(document_digests).where(*mine, columns.topic.in_(oldest)))
