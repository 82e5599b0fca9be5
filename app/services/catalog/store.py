"""The catalog: which clients there are, which documents they have, and which writes have not finished.

It is also the journal of the vector store: a document is `indexing` before its first chunk is written and `ready`
when all of them are, so that a restart knows what a crash left half-written.
"""

import json
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, text, update

from app.common.database import Database
from app.common.errors import Conflict
from app.common.ids import ClientId
from app.common.lives import always
from app.common.passages import ChunkSpan
from app.common.space import DiskSpace
from app.common.sql import SqlDatabase
from app.services.catalog.digests import DocumentDigests
from app.services.catalog.labels import DocumentLabels, insert_values, label_columns
from app.services.catalog.reader import CatalogReader
from app.services.catalog.records import DocumentRecord, DocumentStatus
from app.services.catalog.schema import api_keys, clients, document_chunks, documents, jobs

MIGRATIONS = Path(__file__).with_name("migrations")

_INSERT = (
    "INSERT INTO clients AS known (client_id, created_at, last_modified, registered) VALUES (:client, :now, :now, {}) "
)
_REGISTER = text(f"{_INSERT.format(1)} ON CONFLICT (client_id) DO NOTHING")
_ENSURE = text(f"{_INSERT.format(0)} ON CONFLICT (client_id) DO UPDATE SET last_modified = known.last_modified")


class Catalog(CatalogReader):
    """Clients and documents in SQL. Every method is one short transaction; all are safe to call from any thread."""

    def __init__(self, database: SqlDatabase, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(database)
        self._clock = clock
        self.labels = DocumentLabels(database, clock=clock)
        """Metadata and tags of documents, and which documents they select."""
        self.digests = DocumentDigests(database, clock=clock)
        """What models wrote about documents."""
        self._told_of_ready: list[Callable[[], None]] = []

    def when_ready(self, tell: Callable[[], None]) -> None:
        """Have `tell` called after this process acknowledged a document; it must neither block nor raise."""
        self._told_of_ready.append(tell)

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.time, space: DiskSpace | None = None) -> "Catalog":
        """Open or create the SQLite file at `path` and bring its schema up to date."""
        database = Database.open_sqlite(path, space=space)
        database.migrate(MIGRATIONS)
        return cls(database, clock=clock)

    @property
    def database(self) -> SqlDatabase:
        """The database itself, for the other stores that live in the same file."""
        return self._db

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def compact(self) -> bool:
        """Rewrite the database without what was deleted; see Database.compact."""
        return self._db.compact()

    # Clients

    def register_client(self, client_id: ClientId, *, require: Callable[[], None] = always) -> bool:
        """Make a client that stays without documents; False when the name is registered or in use.

        `require` is called when nobody else can write; what it raises comes out of here.
        """
        with self._db.write(client_id) as connection:
            require()
            return connection.execute(_REGISTER, {"client": client_id, "now": self._clock()}).rowcount > 0

    def begin_delete_all(self, client_id: ClientId) -> int:
        """Note, before anything is removed elsewhere, that all documents of the client go; return how many."""
        with self._db.write(client_id, removing=True) as connection:
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
        with self._db.write(client_id, removing=True) as connection:
            connection.execute(
                delete(documents).where(documents.c.client_id == client_id, documents.c.status == "deleting")
            )
            drop_if_empty(connection, client_id)

    def forget_client(self, client_id: ClientId) -> bool:
        """Remove the client with all its records; False when there was none."""
        with self._db.write(client_id, removing=True) as connection:
            return connection.execute(delete(clients).where(clients.c.client_id == client_id)).rowcount > 0

    # Documents

    def begin_document(self, record: DocumentRecord, spans: Sequence[ChunkSpan] = ()) -> None:
        """Note, before anything is written elsewhere, that this document is being written; `spans` are its chunks."""
        with self._db.write(record.client_id) as connection:
            ensure_client(connection, record.client_id, self._clock())
            connection.execute(insert(documents).values(**_values(record), status="indexing"))
            insert_values(connection, record.client_id, record.document_id, record.labels)
            if spans:
                packed = zlib.compress(json.dumps(spans, separators=(",", ":")).encode())
                connection.execute(insert(document_chunks).values(document_id=record.document_id, spans=packed))

    def finish_document(self, client_id: ClientId, document_id: str, *, replaces: Collection[str] = ()) -> None:
        """Acknowledge the document, in one step with marking those it replaces for deletion.

        Raises Conflict when its record is gone: the client was deleted while the document was being written.
        """
        with self._db.write(client_id) as connection:
            if not self._move(connection, client_id, document_id, "indexing", "ready"):
                raise Conflict(
                    "The client's documents were deleted while this upload was running; upload the file again.",
                    code="deleted_meanwhile",
                )
            for old in replaces:
                self._move(connection, client_id, old, "ready", "deleting")
        for tell in self._told_of_ready:
            tell()

    def begin_delete(self, client_id: ClientId, document_id: str) -> bool:
        """Note, before anything is removed elsewhere, that this document goes; False when it is not there.

        One whose removal was begun before and did not succeed is there until it does.
        """
        with self._db.write(client_id, removing=True) as connection:
            if self._move(connection, client_id, document_id, "ready", "deleting"):
                return True
            this = (documents.c.client_id == client_id) & (documents.c.document_id == document_id)
            found = connection.execute(select(documents.c.status).where(this, documents.c.status == "deleting"))
            return found.first() is not None

    def drop_document(self, client_id: ClientId, document_id: str) -> None:
        """Remove the record of a document whose chunks are gone, and its client when nothing is left of it."""
        with self._db.write(client_id, removing=True) as connection:
            connection.execute(
                delete(documents).where(documents.c.client_id == client_id, documents.c.document_id == document_id)
            )
            drop_if_empty(connection, client_id)

    def _move(
        self, connection: Connection, client_id: ClientId, document_id: str, old: str, new: DocumentStatus
    ) -> bool:
        """Change a document's status and its client's counters together; False when it was not in `old`."""
        this = (documents.c.client_id == client_id) & (documents.c.document_id == document_id)
        row = connection.execute(select(documents).where(this, documents.c.status == old).with_for_update()).first()
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


def ensure_client(connection: Connection, client_id: ClientId, now: float) -> None:
    """Make the client's record if there is none; whoever would drop it waits for the end of this transaction."""
    connection.execute(_ENSURE, {"client": client_id, "now": now})


def drop_if_empty(connection: Connection, client_id: ClientId) -> None:
    """Forget a client that came into being by an upload and has no document, job and key left."""
    mine = (clients.c.client_id == client_id) & (clients.c.registered == 0)
    # First its lock, then the look at what it has: what another process gave it meanwhile is seen.
    connection.execute(select(clients.c.client_id).where(mine).with_for_update())
    has_documents = select(documents.c.document_id).where(documents.c.client_id == client_id).exists()
    has_jobs = select(jobs.c.job_id).where(jobs.c.client_id == client_id).exists()
    has_keys = select(api_keys.c.key_id).where(api_keys.c.client_id == client_id).exists()
    connection.execute(delete(clients).where(mine, ~has_documents, ~has_jobs, ~has_keys))


def _values(record: DocumentRecord) -> dict[str, object]:
    names = DocumentRecord.__dataclass_fields__.keys() - {"status", "labels"}
    values = {name: getattr(record, name) for name in names}
    return {**values, "warnings": list(record.warnings), **label_columns(record.labels)}
