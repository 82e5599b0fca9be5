"""The catalog: which clients there are, which documents they have, and which writes have not finished.

It is also the journal of the vector store: a document is `indexing` before its first chunk is written and `ready`
when all of them are, so that a restart knows what a crash left half-written.
"""

import json
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, or_, select, tuple_, update

from app.common.database import Database
from app.common.errors import Conflict
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.lives import always
from app.common.passages import ChunkSpan
from app.common.space import DiskSpace
from app.services.catalog.labels import DocumentLabels, insert_values, label_columns, labels_of
from app.services.catalog.records import ClientRecord, DocumentRecord, DocumentStatus
from app.services.catalog.schema import UNFINISHED, api_keys, clients, document_chunks, documents, jobs
from app.services.catalog.selecting import condition

MIGRATIONS = Path(__file__).with_name("migrations")

# Built once, as every chat runs them.
_CLIENT = select(clients).where(clients.c.client_id == bindparam("client"))
_UNACKNOWLEDGED = select(documents.c.document_id).where(documents.c.client_id == bindparam("client"), UNFINISHED)
_ACKNOWLEDGED = select(documents.c.document_id).where(
    documents.c.client_id == bindparam("client"), documents.c.status == "ready"
)


class Catalog:
    """Clients and documents in SQL. Every method is one short transaction; all are safe to call from any thread."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock
        self.labels = DocumentLabels(database, clock=clock)
        """Metadata and tags of documents, and which documents they select."""

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.time, space: DiskSpace | None = None) -> "Catalog":
        """Open or create the SQLite file at `path` and bring its schema up to date."""
        database = Database.open_sqlite(path, space=space)
        database.migrate(MIGRATIONS)
        return cls(database, clock=clock)

    @property
    def database(self) -> Database:
        """The database itself, for the other stores that live in the same file."""
        return self._db

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def compact(self) -> bool:
        """Rewrite the database without what was deleted; see Database.compact."""
        return self._db.compact()

    # Clients

    def client(self, client_id: ClientId) -> ClientRecord | None:
        """Return the client's record, or None when nobody of that name is known."""
        rows = self._db.rows(_CLIENT, {"client": client_id})
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

    def register_client(self, client_id: ClientId, *, require: Callable[[], None] = always) -> bool:
        """Make a client that stays without documents; False when the name is registered or in use.

        `require` is called when nobody else can write; what it raises comes out of here.
        """
        with self._db.write() as connection:
            require()
            if connection.execute(select(clients.c.client_id).where(clients.c.client_id == client_id)).first():
                return False
            ensure_client(connection, client_id, self._clock(), registered=True)
            return True

    def begin_delete_all(self, client_id: ClientId) -> int:
        """Note, before anything is removed elsewhere, that all documents of the client go; return how many."""
        with self._db.write(removing=True) as connection:
            marked = connection.execute(
                update(documents)
                .where(documents.c.client_id == client_id, documents.c.status == "ready")
                .values(status="deleting", updated_at=self._clock())
            ).rowcount
            connection.execute(
                update(clients)
                .where(clients.c.client_id == client_id)
                .values(document_count=0, chunk_count=0, byte_count=0, last_modified=self._clock())
            )
        return marked

    def drop_deleted(self, client_id: ClientId) -> None:
        """Remove the records of the client's documents that are gone, and the client when nothing is left of it."""
        with self._db.write(removing=True) as connection:
            connection.execute(
                delete(documents).where(documents.c.client_id == client_id, documents.c.status == "deleting")
            )
            drop_if_empty(connection, client_id)

    def forget_client(self, client_id: ClientId) -> bool:
        """Remove the client with all its records; False when there was none."""
        with self._db.write(removing=True) as connection:
            return connection.execute(delete(clients).where(clients.c.client_id == client_id)).rowcount > 0

    # Documents

    def begin_document(self, record: DocumentRecord, spans: Sequence[ChunkSpan] = ()) -> None:
        """Note, before anything is written elsewhere, that this document is being written; `spans` are its chunks."""
        with self._db.write() as connection:
            ensure_client(connection, record.client_id, self._clock())
            connection.execute(insert(documents).values(**_values(record), status="indexing"))
            insert_values(connection, record.client_id, record.document_id, record.labels)
            if spans:
                packed = zlib.compress(json.dumps(spans, separators=(",", ":")).encode())
                connection.execute(insert(document_chunks).values(document_id=record.document_id, spans=packed))

    def chunk_spans(self, document_id: str) -> list[ChunkSpan]:
        """Return the chunks of a document's list; none for one of which the chunks themselves are stored."""
        query = select(document_chunks.c.spans).where(document_chunks.c.document_id == document_id)
        with self._db.read() as connection:
            packed = connection.execute(query).scalar_one_or_none()
        return [ChunkSpan(*span) for span in json.loads(zlib.decompress(packed))] if packed else []

    def finish_document(self, client_id: ClientId, document_id: str, *, replaces: Collection[str] = ()) -> None:
        """Acknowledge the document, in one step with marking those it replaces for deletion.

        Raises Conflict when its record is gone: the client was deleted while the document was being written.
        """
        with self._db.write() as connection:
            if not self._move(connection, client_id, document_id, "indexing", "ready"):
                raise Conflict(
                    "The client's documents were deleted while this upload was running; upload the file again.",
                    code="deleted_meanwhile",
                )
            for old in replaces:
                self._move(connection, client_id, old, "ready", "deleting")

    def begin_delete(self, client_id: ClientId, document_id: str) -> bool:
        """Note, before anything is removed elsewhere, that this document goes; False when it is not there.

        One whose removal was begun before and did not succeed is there until it does.
        """
        with self._db.write(removing=True) as connection:
            if self._move(connection, client_id, document_id, "ready", "deleting"):
                return True
            this = (documents.c.client_id == client_id) & (documents.c.document_id == document_id)
            found = connection.execute(select(documents.c.status).where(this, documents.c.status == "deleting"))
            return found.first() is not None

    def drop_document(self, client_id: ClientId, document_id: str) -> None:
        """Remove the record of a document whose chunks are gone, and its client when nothing is left of it."""
        with self._db.write(removing=True) as connection:
            connection.execute(
                delete(documents).where(documents.c.client_id == client_id, documents.c.document_id == document_id)
            )
            drop_if_empty(connection, client_id)

    def document(self, client_id: ClientId, document_id: str) -> DocumentRecord | None:
        """Return the client's document if it is ready."""
        query = select(documents).where(
            documents.c.client_id == client_id,
            documents.c.document_id == document_id,
            documents.c.status == "ready",
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return _document(row) if row else None

    def any_document(self, client_id: ClientId, document_id: str) -> DocumentRecord | None:
        """Return the client's document whatever its status."""
        query = select(documents).where(documents.c.client_id == client_id, documents.c.document_id == document_id)
        with self._db.read() as connection:
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
        with self._db.read() as connection:
            return [_document(row) for row in connection.execute(query)]

    def count_documents(
        self, client_id: ClientId, *, status: DocumentStatus | None = None, where: PassageFilter | None = None
    ) -> int:
        """Return how many documents the client has, of those that `where` lets through."""
        query = select(func.count()).select_from(documents).where(*_selection(client_id, status, where))
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def count_older_documents(self, client_id: ClientId) -> int:
        """Return how many of the client's documents an earlier version stored, in chunks instead of parts."""
        mine = _selection(client_id, "ready", None)
        query = select(func.count()).select_from(documents).where(*mine, documents.c.part_count.is_(None))
        with self._db.read() as connection:
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
        with self._db.read() as connection:
            return [_document(row) for row in connection.execute(query)]

    def unacknowledged(self, client_id: ClientId) -> frozenset[str]:
        """Return the ids of the client's documents that are being written or deleted."""
        return frozenset(row.document_id for row in self._db.rows(_UNACKNOWLEDGED, {"client": client_id}))

    def acknowledged(self, client_id: ClientId) -> frozenset[str]:
        """Return the ids of the client's documents that are ready."""
        return frozenset(row.document_id for row in self._db.rows(_ACKNOWLEDGED, {"client": client_id}))

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
        with self._db.read() as connection:
            row = connection.execute(query.limit(1)).first()
        return _document(row) if row else None

    def unfinished(self, client_id: ClientId | None = None) -> list[DocumentRecord]:
        """Return the documents, of one client or of all, that are being written or deleted.

        While nobody writes they are those whose writing or deleting never finished.
        """
        query = select(documents).where(UNFINISHED)
        if client_id is not None:
            query = query.where(documents.c.client_id == client_id)
        with self._db.read() as connection:
            return [_document(row) for row in connection.execute(query)]

    def _move(
        self, connection: Connection, client_id: ClientId, document_id: str, old: str, new: DocumentStatus
    ) -> bool:
        """Change a document's status and its client's counters together; False when it was not in `old`."""
        this = (documents.c.client_id == client_id) & (documents.c.document_id == document_id)
        row = connection.execute(select(documents).where(this, documents.c.status == old)).first()
        if row is None:
            return False
        now, sign = self._clock(), 1 if new == "ready" else -1
        connection.execute(update(documents).where(this).values(status=new, updated_at=now))
        connection.execute(
            update(clients)
            .where(clients.c.client_id == client_id)
            .values(
                document_count=clients.c.document_count + sign,
                chunk_count=clients.c.chunk_count + sign * row.chunk_count,
                byte_count=clients.c.byte_count + sign * row.size_bytes,
                last_modified=now,
            )
        )
        return True


def ensure_client(connection: Connection, client_id: ClientId, now: float, *, registered: bool = False) -> None:
    """Make the client's record if there is none."""
    if not connection.execute(select(clients.c.client_id).where(clients.c.client_id == client_id)).first():
        connection.execute(
            insert(clients).values(
                client_id=client_id, created_at=now, last_modified=now, registered=1 if registered else 0
            )
        )


def drop_if_empty(connection: Connection, client_id: ClientId) -> None:
    """Forget a client that came into being by an upload and has no document, job and key left."""
    has_documents = select(documents.c.document_id).where(documents.c.client_id == client_id).exists()
    has_jobs = select(jobs.c.job_id).where(jobs.c.client_id == client_id).exists()
    has_keys = select(api_keys.c.key_id).where(api_keys.c.client_id == client_id).exists()
    mine = (clients.c.client_id == client_id) & (clients.c.registered == 0)
    connection.execute(delete(clients).where(mine, ~has_documents, ~has_jobs, ~has_keys))


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


def _values(record: DocumentRecord) -> dict[str, object]:
    names = DocumentRecord.__dataclass_fields__.keys() - {"status", "labels"}
    values = {name: getattr(record, name) for name in names}
    return {**values, "warnings": list(record.warnings), **label_columns(record.labels)}
