"""What the catalog says of clients and documents: reading alone."""

import json
import zlib

from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select, tuple_

from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import ChunkSpan
from app.common.sql import SqlDatabase
from app.services.catalog.labels import labels_of
from app.services.catalog.records import CatalogTotals, ClientRecord, DocumentRecord, DocumentStatus
from app.services.catalog.schema import UNFINISHED, clients, document_chunks, documents
from app.services.catalog.selecting import condition

# Built once, as every chat runs them.
_CLIENT = select(clients).where(clients.c.client_id == bindparam("client"))
_UNACKNOWLEDGED = select(documents.c.document_id).where(documents.c.client_id == bindparam("client"), UNFINISHED)
_ACKNOWLEDGED = select(documents.c.document_id).where(
    documents.c.client_id == bindparam("client"), documents.c.status == "ready"
)


class CatalogReader:
    """Reads clients and documents. Every method is one short transaction; all are safe to call from any thread."""

    def __init__(self, database: SqlDatabase) -> None:
        self._db = database

    def client(self, client_id: ClientId) -> ClientRecord | None:
        """Return the client's record, or None when nobody of that name is known."""
        rows = self._db.rows(_CLIENT, {"client": client_id}, client_id)
        return _client(rows[0]) if rows else None

    def list_clients(
        self, *, after: str = "", limit: int | None = None, with_documents: bool = False
    ) -> list[ClientRecord]:
        """Return clients with ids after `after`, in the order of their ids, at most `limit`."""
        query = select(clients).where(clients.c.client_id > after).order_by(clients.c.client_id)
        if with_documents:
            query = query.where(clients.c.document_count > 0)
        with self._db.read() as connection:
            return [_client(row) for row in connection.execute(query.limit(limit))]

    def count_clients(self, *, with_documents: bool = False) -> int:
        """Return how many clients there are."""
        query = select(func.count()).select_from(clients)
        if with_documents:
            query = query.where(clients.c.document_count > 0)
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def totals(self) -> CatalogTotals:
        """Return what all clients have together."""
        documents_, chunks = func.sum(clients.c.document_count), func.sum(clients.c.chunk_count)
        with self._db.read() as connection:
            row = connection.execute(select(func.count(), documents_, chunks).select_from(clients)).one()
        return CatalogTotals(*(int(count or 0) for count in row))

    def chunk_spans(self, document_id: str) -> list[ChunkSpan]:
        """Return the chunks of a document's list; none for one of which the chunks themselves are stored."""
        query = select(document_chunks.c.spans).where(document_chunks.c.document_id == document_id)
        with self._db.read() as connection:
            packed = connection.execute(query).scalar_one_or_none()
        return [ChunkSpan(*span) for span in json.loads(zlib.decompress(packed))] if packed else []

    def document(self, client_id: ClientId, document_id: str) -> DocumentRecord | None:
        """Return the client's document if it is ready."""
        query = select(documents).where(
            documents.c.client_id == client_id,
            documents.c.document_id == document_id,
            documents.c.status == "ready",
        )
        with self._db.read(client_id) as connection:
            row = connection.execute(query).first()
        return _document(row) if row else None

    def any_document(self, client_id: ClientId, document_id: str) -> DocumentRecord | None:
        """Return the client's document whatever its status."""
        query = select(documents).where(documents.c.client_id == client_id, documents.c.document_id == document_id)
        with self._db.read(client_id) as connection:
            row = connection.execute(query).first()
        return _document(row) if row else None

    def document_owner(self, document_id: str) -> ClientId | None:
        """Return whose document it is; for callers who may reach every client."""
        query = select(documents.c.client_id).where(documents.c.document_id == document_id)
        with self._db.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else ClientId(found)

    def list_documents(
        self,
        client_id: ClientId,
        *,
        status: DocumentStatus | None = None,
        where: PassageFilter | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> list[DocumentRecord]:
        """Return the client's documents older than `before` (created_at, document_id), newest first.

        Only those that `where` lets through, a checked filter about documents.
        """
        query = select(documents).where(*_selection(client_id, status, where))
        place = tuple_(documents.c.created_at, documents.c.document_id)
        if before is not None:
            query = query.where(place < before)
        query = query.order_by(documents.c.created_at.desc(), documents.c.document_id.desc()).limit(limit)
        with self._db.read(client_id) as connection:
            return [_document(row) for row in connection.execute(query)]

    def every_document(self) -> list[tuple[ClientId, str]]:
        """Return owner and id of all clients' documents, whatever their status."""
        with self._db.read() as connection:
            rows = connection.execute(select(documents.c.client_id, documents.c.document_id))
            return [(ClientId(client_id), document_id) for client_id, document_id in rows]

    def count_documents(
        self, client_id: ClientId, *, status: DocumentStatus | None = None, where: PassageFilter | None = None
    ) -> int:
        """Return how many documents the client has, of those that `where` lets through."""
        query = select(func.count()).select_from(documents).where(*_selection(client_id, status, where))
        with self._db.read(client_id) as connection:
            return connection.execute(query).scalar_one()

    def count_older_documents(self, client_id: ClientId | None = None) -> int:
        """Return how many documents, of one client or in all, an earlier version stored: in chunks instead of parts."""
        older = documents.c.status == "ready", documents.c.part_count.is_(None)
        query = select(func.count()).select_from(documents).where(*older)
        if client_id is not None:
            query = query.where(documents.c.client_id == client_id)
        with self._db.read(client_id) as connection:
            return connection.execute(query).scalar_one()

    def superseded(
        self, client_id: ClientId, sha256: str, *, filename: str | None, document_id: str | None
    ) -> list[DocumentRecord]:
        """Return the ready documents that a new one would take the place of.

        Those of the same bytes (cut otherwise, or there would be no new one), those of the name `filename` and the
        one of the id, where given.
        """
        same: list[ColumnElement[bool]] = [documents.c.sha256 == sha256]
        if filename is not None:
            same.append(documents.c.filename == filename)
        if document_id is not None:
            same.append(documents.c.document_id == document_id)
        query = select(documents).where(documents.c.client_id == client_id, documents.c.status == "ready", or_(*same))
        with self._db.read(client_id) as connection:
            return [_document(row) for row in connection.execute(query)]

    def unacknowledged(self, client_id: ClientId) -> frozenset[str]:
        """Return the ids of the client's documents that are being written or deleted."""
        return frozenset(row.document_id for row in self._db.rows(_UNACKNOWLEDGED, {"client": client_id}, client_id))

    def acknowledged(self, client_id: ClientId) -> frozenset[str]:
        """Return the ids of the client's documents that are ready."""
        return frozenset(row.document_id for row in self._db.rows(_ACKNOWLEDGED, {"client": client_id}, client_id))

    def same_content(
        self, client_id: ClientId, sha256: str, *, chunk_size: int, chunk_overlap: int
    ) -> DocumentRecord | None:
        """Return the client's ready document of the same bytes cut in the same way, if there is one."""
        query = select(documents).where(
            documents.c.client_id == client_id,
            documents.c.sha256 == sha256,
            documents.c.chunk_size == chunk_size,
            documents.c.chunk_overlap == chunk_overlap,
            documents.c.status == "ready",
        )
        with self._db.read(client_id) as connection:
            row = connection.execute(query.limit(1)).first()
        return _document(row) if row else None

    def unfinished(self, client_id: ClientId | None = None) -> list[DocumentRecord]:
        """Return the documents, of one client or of all, that are being written or deleted.

        While nobody writes they are those whose writing or deleting never finished.
        """
        query = select(documents).where(UNFINISHED)
        if client_id is not None:
            query = query.where(documents.c.client_id == client_id)
        with self._db.read(client_id) as connection:
            return [_document(row) for row in connection.execute(query)]


def _selection(
    client_id: ClientId, status: DocumentStatus | None, where: PassageFilter | None
) -> list[ColumnElement[bool]]:
    wanted = [documents.c.client_id == client_id]
    if status is not None:
        wanted.append(documents.c.status == status)
    if where is not None:
        wanted.append(condition(client_id, where))
    return wanted


def _client(row: Row[tuple[object, ...]]) -> ClientRecord:
    fields = dict(row._mapping)
    return ClientRecord(**{**fields, "registered": bool(fields["registered"])})


def _document(row: Row[tuple[object, ...]]) -> DocumentRecord:
    fields = dict(row._mapping)
    labels = labels_of(fields.pop("metadata"), fields.pop("tags"))
    return DocumentRecord(**{**fields, "warnings": tuple(fields["warnings"]), "labels": labels})
