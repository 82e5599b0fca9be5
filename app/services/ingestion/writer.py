"""Putting a document among a client's documents: room for it, what it replaces, and all of it or nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.common.absent import no_such_document
from app.common.errors import AppError, LimitReached
from app.common.ids import ClientId
from app.common.locks import KeyedLocks
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.catalog.store import Catalog, DocumentRecord
from app.services.compaction import Compactor
from app.services.ingestion.deletions import Deletions
from app.services.upkeep.recovery import remove_document
from app.services.vector_store import VectorStoreService

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """How much one client may have; None is no limit."""

    documents: int | None = None
    chunks: int | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """What a new document of these bytes takes the place of.

    Always the documents of the same bytes, which would answer twice; those called `filename`, and the one of the id
    `document_id`, which has to be there, when they are given. `deletions_seen` is what `DocumentWriter.deletions_seen`
    said before the file was read.
    """

    sha256: str
    filename: str | None = None
    document_id: str | None = None
    deletions_seen: int = 0


class DocumentWriter:
    """Writes for one client happen one after the other; different clients do not wait for each other."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStoreService,
        client_locks: KeyedLocks,
        deletions: Deletions,
        compactor: Compactor,
        limits: ClientLimits,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._client_locks = client_locks
        self._deletions = deletions
        self._compactor = compactor
        self._limits = limits

    def deletions_seen(self, client_id: ClientId) -> int:
        """Return what goes into the Succession of a file that is about to be read."""
        return self._deletions.seen(client_id)

    def check(self, client_id: ClientId, succession: Succession, *, new_chunks: int = 0) -> None:
        """Raise what `write` would raise now: LimitReached, or NotFound when the document to replace is not there."""
        self._check_room(client_id, self._superseded(client_id, succession), new_chunks)

    def write(
        self,
        record: DocumentRecord,
        chunks: Sequence[Chunk],
        vectors: Vectors,
        succession: Succession,
        last_chance: Callable[[], None],
    ) -> tuple[str, ...]:
        """Store and acknowledge the document; return the ids of those it replaced.

        They answer until it is acknowledged, and stay when it is not: then nothing of it is left. `last_chance` is
        called when nothing is written yet; what it raises comes out of here. Raises LimitReached when the client
        has no room for it, NotFound when the document to replace is not there, Conflict when the client's documents
        were deleted since the file was begun, and the errors of the stores.
        """
        client_id = record.client_id
        with self._client_locks.hold(client_id):
            last_chance()
            self._deletions.require_none_since(client_id, succession.deletions_seen)
            going = self._superseded(client_id, succession)
            self._check_room(client_id, going, len(chunks))
            replaced = tuple(old.document_id for old in going)
            if going:
                self._compactor.note()
            self._catalog.begin_document(record)
            try:
                self._store.add(client_id, chunks, vectors)
                self._catalog.finish_document(client_id, record.document_id, replaces=replaced)
            except BaseException:
                # If even that fails, the next start does it from the journal.
                remove_document(self._catalog, self._store, client_id, record.document_id)
                raise
            self._remove(client_id, replaced)
        return replaced

    def remove_superseded(self, client_id: ClientId, succession: Succession, *, keep: str) -> tuple[str, ...]:
        """Remove what a document that is there already, `keep`, takes the place of; return the ids.

        Raises NotFound when the document to replace is not there.
        """
        with self._client_locks.hold(client_id):
            found = (old.document_id for old in self._superseded(client_id, succession))
            going = tuple(document_id for document_id in found if document_id != keep)
            if going:
                self._compactor.note()
            for document_id in going:
                self._catalog.begin_delete(client_id, document_id)
            self._remove(client_id, going)
        return going

    def _superseded(self, client_id: ClientId, succession: Succession) -> list[DocumentRecord]:
        found = self._catalog.superseded(
            client_id, succession.sha256, filename=succession.filename, document_id=succession.document_id
        )
        wanted = succession.document_id
        if wanted is not None and wanted not in {record.document_id for record in found}:
            raise no_such_document()
        return found

    def _check_room(self, client_id: ClientId, going: Sequence[DocumentRecord], new_chunks: int) -> None:
        record = self._catalog.client(client_id)
        documents = (record.document_count if record else 0) - len(going) + 1
        chunks = (record.chunk_count if record else 0) - sum(old.chunk_count for old in going) + new_chunks
        if self._limits.documents is not None and documents > self._limits.documents:
            raise LimitReached(
                f"This client may have {self._limits.documents} documents and has them; delete some first.",
                code="limit_documents",
            )
        if self._limits.chunks is not None and chunks > self._limits.chunks:
            raise LimitReached(
                f"This client may have {self._limits.chunks} chunks, and this document would make it more; "
                "delete documents first, or choose a larger chunk_size.",
                code="limit_chunks",
            )

    def _remove(self, client_id: ClientId, going: Sequence[str]) -> None:
        """Remove documents that are marked for it. What cannot be removed is hidden, and goes at the next start."""
        if not going:
            return
        try:
            for document_id in going:
                remove_document(self._catalog, self._store, client_id, document_id)
        except AppError as exc:
            logger.warning("replaced documents stay until the next start", extra={"code": exc.code})
        self._compactor.request()
