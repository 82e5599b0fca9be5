"""Keeping the indexes of words in step with the catalog and the vectors.

An index is never the only copy of anything. So a document is there although its words could not be indexed, and a
client's index that lacks something, or is damaged, is remembered and mended in the background.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from app.common.ids import ClientId
from app.common.passages import Chunk, embedded_text
from app.common.vectors import Vectors
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.library.facts import facts_of
from app.services.vector_store import VectorStoreService
from app.services.words.store import WordStore, WordStoreFailed

logger = logging.getLogger(__name__)

_ALL = 2**31 - 1


class WordIndexing:
    """Adds, forgets and mends; the caller holds the client's lock, except for `note_stale`."""

    def __init__(self, *, catalog: Catalog, store: VectorStoreService, words: WordStore) -> None:
        self._catalog = catalog
        self._store = store
        self._words = words
        self._stale: dict[ClientId, object] = {}

    def note_stale(self, client_id: ClientId) -> None:
        """Remember that the client's index lacks documents or is damaged."""
        self._stale[client_id] = object()

    def stale(self) -> list[ClientId]:
        """Return the clients whose indexes wait for `mend`."""
        return list(self._stale)

    def add(self, record: DocumentRecord, parts: Sequence[Chunk], vectors: Vectors) -> None:
        """Index a document's parts, with a vector for each."""
        facts = facts_of(parts, vectors, chunk_size=record.chunk_size)
        try:
            self._words.add(record.client_id, record.document_id, [embedded_text(part) for part in parts], facts)
        except WordStoreFailed as exc:
            logger.error("index of words failed", extra={"client": record.client_id, "code": exc.code})
            self.note_stale(record.client_id)

    def forget(self, client_id: ClientId, document_id: str) -> None:
        """Take a document out; if that fails, the whole index goes. Raises WordStoreFailed when even that fails."""
        try:
            self._words.delete_document(client_id, document_id)
        except WordStoreFailed:
            self._words.delete_client(client_id)
            self.note_stale(client_id)

    def forget_client(self, client_id: ClientId) -> None:
        """Remove the client's index."""
        self._words.delete_client(client_id)

    def mend_stale(self, client_id: ClientId) -> None:
        """Mend the client's index if that was noted."""
        noted = self._stale.get(client_id)
        if noted is not None:
            self._mend(client_id)
            # What was noted while this worked is looked at once more.
            if self._stale.get(client_id) is noted:
                del self._stale[client_id]

    def revalue(
        self, client_id: ClientId, new_vectors: Callable[[ClientId, Sequence[str]], Mapping[str, Vectors]]
    ) -> None:
        """Note of all parts what follows from their vectors, which are about to be `new_vectors`."""
        try:
            for record in self._catalog.list_documents(client_id, status="ready", limit=_ALL):
                parts = self._store.chunks(client_id, record.document_id, limit=record.stored_parts)
                vectors = new_vectors(client_id, [part.id for part in parts])
                if parts and len(vectors) == len(parts):
                    rows = np.stack([vectors[part.id] for part in parts])
                    facts = facts_of(parts, rows, chunk_size=record.chunk_size)
                    self._words.revalue(client_id, record.document_id, facts)
        except WordStoreFailed:
            self._words.delete_client(client_id)
            self.note_stale(client_id)

    def _mend(self, client_id: ClientId) -> None:
        """Add what the catalog has and the index lacks, and the other way round; make a damaged index again."""
        report = self._words.examine(client_id)
        if report.state != "ok":
            self._words.delete_client(client_id)
        ready = {
            record.document_id: record for record in self._catalog.list_documents(client_id, status="ready", limit=_ALL)
        }
        unknown = report.parts.keys() - ready.keys()
        missing = [record for name, record in ready.items() if report.parts.get(name) != record.stored_parts]
        for document_id in unknown:
            self._words.delete_document(client_id, document_id)
        for record in missing:
            self._add_stored(record)
        if missing or unknown:
            extra = {"client": client_id, "documents": len(missing), "removed": len(unknown)}
            logger.info("words indexed again", extra=extra)

    def _add_stored(self, record: DocumentRecord) -> None:
        client_id = record.client_id
        parts = self._store.chunks(client_id, record.document_id, limit=record.stored_parts)
        vectors = self._store.vectors(client_id, [part.id for part in parts])
        if parts and len(vectors) == len(parts):
            self.add(record, parts, np.stack([vectors[part.id] for part in parts]))
