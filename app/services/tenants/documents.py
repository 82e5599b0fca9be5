"""What a client has: listing, statistics, deleting. The catalog answers; the vector store is only changed."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.common.absent import no_documents, no_such_document
from app.common.cursors import decode_offset, decode_place, encode_offset, encode_place
from app.common.errors import Conflict
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.labels import LabelPatch
from app.common.lives import ClientLives
from app.common.passages import Chunk, run_of
from app.services.catalog.records import ClientRecord, DocumentRecord, DocumentStatus
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.jobs.service import JobService
from app.services.library import Library
from app.services.library.stores import VectorStore
from app.services.tenants.reading import Reading, Stretch, listed_chunk, read_stretch
from app.services.vector_store import collection_name

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """Some of the clients that have documents; `total` counts all of them."""

    records: Sequence[ClientRecord]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class CollectionStatistics:
    """One client's counts; `last_modified` in seconds since the epoch, None when nothing was ever stored.

    `older_documents` are those that an earlier version stored: they answer, but are found less well.
    `outdated_model`: the documents were embedded with another model than the one in use.
    """

    collection_name: str
    exists: bool
    document_count: int = 0
    chunk_count: int = 0
    older_documents: int = 0
    outdated_model: bool = False
    last_modified: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Some of a client's documents, newest first; `total` counts all that were asked for."""

    records: Sequence[DocumentRecord]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ChunkPage:
    """Some of a document's chunks in order; `total` counts all of them."""

    chunks: Sequence[Chunk]
    total: int
    next_cursor: str | None


class DocumentService:
    """Reads and deletes documents. Deleting waits for a write of the same client that is under way."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStore,
        library: Library,
        compactor: Compactor,
        jobs: JobService,
        lives: ClientLives,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._library = library
        self._compactor = compactor
        self._jobs = jobs
        self._lives = lives

    def collections(self, owner: ClientId | None, *, after: str = "", limit: int | None = None) -> CollectionPage:
        """Return clients with documents, all of them or `owner` alone, in the order of their ids."""
        if owner is not None:
            record = self._catalog.client(owner)
            mine = [record] if record and record.document_count else []
            return CollectionPage(mine, len(mine), None)
        # One more than asked for tells whether there is a next page.
        records = self._catalog.list_clients(
            after=after, limit=None if limit is None else limit + 1, with_documents=True
        )
        more = limit is not None and len(records) > limit
        shown = records[:limit] if more else records
        total = self._catalog.count_clients(with_documents=True) if more or after else len(shown)
        return CollectionPage(shown, total, shown[-1].client_id if more else None)

    def stats(self, client_id: ClientId) -> CollectionStatistics:
        """Return the counts of one client; zero for one that is not known."""
        record, name = self._catalog.client(client_id), collection_name(client_id)
        if record is None:
            return CollectionStatistics(name, exists=False)
        return CollectionStatistics(
            name,
            exists=record.document_count > 0,
            document_count=record.document_count,
            chunk_count=record.chunk_count,
            older_documents=self._catalog.count_older_documents(client_id),
            outdated_model=client_id in self._library.outdated(),
            last_modified=record.last_modified,
        )

    def page(
        self,
        client_id: ClientId,
        *,
        status: DocumentStatus | None = None,
        where: PassageFilter | None = None,
        cursor: str = "",
        limit: int = 100,
    ) -> DocumentPage:
        """Return the client's documents after `cursor`, newest first; raises InvalidInput for a bad cursor.

        Only those that `where` lets through, a checked filter about documents.
        """
        before = decode_place(cursor)
        records = self._catalog.list_documents(client_id, status=status, where=where, before=before, limit=limit + 1)
        shown, more = records[:limit], len(records) > limit
        total = self._catalog.count_documents(client_id, status=status, where=where) if more or before else len(shown)
        next_cursor = encode_place(shown[-1].created_at, shown[-1].document_id) if more else None
        return DocumentPage(shown, total, next_cursor)

    def owner_of(self, document_id: str) -> ClientId:
        """Return whose document it is, for a caller who may reach every client; raises NotFound."""
        owner = self._catalog.document_owner(document_id)
        if owner is None:
            raise no_such_document()
        return owner

    def get(self, client_id: ClientId, document_id: str) -> DocumentRecord:
        """Return the client's document, also while it is being written or deleted; raises NotFound."""
        record = self._catalog.any_document(client_id, document_id)
        if record is None:
            raise no_such_document()
        return record

    def summary(self, client_id: ClientId, document_id: str) -> str:
        """Return the document's summary as it was written, with its citations; empty if there is none."""
        return self._catalog.digests.summaries(client_id, [document_id]).get(document_id, "")

    def chunks(self, client_id: ClientId, document_id: str, *, cursor: str = "", limit: int = 100) -> ChunkPage:
        """Return the document's chunks after `cursor`, in order; raises as `text` does, InvalidInput for a bad one."""
        record = self._ready(client_id, document_id)
        offset = decode_offset(cursor)
        chunks = self._chunks(record, offset, min(limit, record.chunk_count))
        end = offset + limit
        return ChunkPage(chunks, record.chunk_count, encode_offset(end) if end < record.chunk_count else None)

    def text(self, client_id: ClientId, document_id: str) -> str:
        """Return the text that was read from the file; raises NotFound, and Conflict while it is not ready."""
        record = self._ready(client_id, document_id)
        parts = self._store.chunks(client_id, document_id, limit=record.stored_parts)
        return run_of(parts).text if parts else ""

    def read(self, client_id: ClientId, document_id: str, wanted: Stretch) -> Reading:
        """Return a stretch of the document's text. Raises NotFound, and Conflict while the document is not ready."""
        return read_stretch(self._store, self._ready(client_id, document_id), wanted)

    def _ready(self, client_id: ClientId, document_id: str) -> DocumentRecord:
        record = self.get(client_id, document_id)
        if record.status != "ready":
            raise Conflict("This document is being written or deleted; look again shortly.", code="document_not_ready")
        return record

    def _chunks(self, record: DocumentRecord, offset: int, limit: int) -> list[Chunk]:
        """Return chunks of a document's list, made of the parts that are stored."""
        spans = self._catalog.chunk_spans(record.document_id)[offset : offset + limit]
        if not spans:
            return self._store.chunks(record.client_id, record.document_id, offset=offset, limit=limit)
        first = spans[0].first
        stop = max(span.after for span in spans)
        parts = self._store.chunks(record.client_id, record.document_id, offset=first, limit=stop - first)
        listed = (listed_chunk(number, span, parts) for number, span in enumerate(spans, start=offset))
        return [chunk for chunk in listed if chunk is not None]

    def relabel(self, client_id: ClientId, document_id: str, patch: LabelPatch) -> DocumentRecord:
        """Change the document's metadata and tags and return what it is then.

        Raises NotFound, Conflict while the document is not ready, and InvalidInput when it would have too many labels.
        """
        record = self._library.relabel(client_id, document_id, patch.applied_to)
        logger.info("document labelled", extra={"client": client_id, "document": document_id})
        return record

    def delete(self, client_id: ClientId, document_id: str) -> DocumentRecord:
        """Delete one document and return what it was; raises NotFound when the client has none of that id.

        No question finds it from the moment the catalog notes that it goes. Its traces on disk are compacted away
        soon after.
        """
        record = self._library.remove(client_id, document_id)
        logger.info("document deleted", extra={"client": client_id, "document": document_id})
        return record

    def delete_collection(self, client_id: ClientId) -> int:
        """Delete all documents of the client and return how many; raises NotFound when there are none.

        Uploads of the client that are under way are cancelled. Their traces on disk are compacted away soon after.
        """
        count = self.delete_all(client_id)
        if count == 0:
            raise no_documents()
        self._compactor.request()
        return count

    def delete_all(self, client_id: ClientId, *, forget_client: bool = False) -> int:
        """Delete all documents of the client, if there are any, and return how many; compacts nothing.

        Its jobs are cancelled first and their files removed, and uploads that are under way fail, so that nothing
        comes after. With `forget_client` its record and keys are removed in the last step too.
        The catalog notes first what is going, so that a crash in between is finished at the next start.
        """
        started = time.perf_counter()
        self._compactor.note()
        self._lives.documents.end(client_id)  # before its jobs are cancelled, so that no other one comes after
        if forget_client:
            self._lives.clients.end(client_id)
        self._jobs.abandon(client_id)
        count = self._library.remove_all(client_id, forget_client=forget_client)
        logger.info(
            "documents deleted",
            extra={"client": client_id, "documents": count, "ms": round((time.perf_counter() - started) * 1000)},
        )
        return count
