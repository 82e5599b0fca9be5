"""Reading documents by their names and places, where nothing is searched for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.common.filters import PassageFilter, within_document
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage, header_of, joined
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.library.stores import VectorStore

MOST_PARTS = 200
"""Parts of a document that are read for one passage."""


class LibraryReader:
    """One client's documents, those that are ready. Safe to call from many threads."""

    def __init__(self, *, catalog: Catalog, store: VectorStore) -> None:
        self._catalog = catalog
        self._store = store

    def knows(self, client_id: ClientId) -> bool:
        """Whether there is such a client, with documents or without."""
        return self._catalog.client(client_id) is not None

    def count(self, client_id: ClientId, *, where: PassageFilter | None = None) -> int:
        """Return how many documents `where`, a filter on documents, lets through."""
        return self._catalog.count_documents(client_id, status="ready", where=where)

    def documents(self, client_id: ClientId, *, limit: int, where: PassageFilter | None = None) -> list[DocumentRecord]:
        """Return the client's documents, newest first, of those that `where`, a filter on documents, lets through."""
        return self._catalog.list_documents(client_id, status="ready", where=where, limit=limit)

    def document(self, client_id: ClientId, document_id: str) -> DocumentRecord | None:
        """Return one document, None if the client has none of that id."""
        return self._catalog.document(client_id, document_id)

    def summaries(self, records: Sequence[DocumentRecord]) -> dict[str, str]:
        """Return the summaries of those of a client's documents that have one, by their ids."""
        ids = [record.document_id for record in records]
        return self._catalog.digests.summaries(records[0].client_id, ids) if records else {}

    def opening(self, client_id: ClientId, document_id: str) -> Passage | None:
        """Return the first part of a document as a passage; None if the document is gone."""
        parts = self._store.chunks(client_id, document_id, offset=0, limit=1)
        return Passage(parts[0], 0.0) if parts else None

    def passage(
        self, client_id: ClientId, reference: Mapping[str, object], where: PassageFilter | None = None
    ) -> Passage | None:
        """Return the passage that was kept with an answer (see Passage.reference).

        None if its document is gone, or `where`, a filter on documents, does not let it through.
        """
        document_id, start, end = (reference.get(name) for name in ("document_id", "start", "end"))
        if not (isinstance(document_id, str) and isinstance(start, int) and isinstance(end, int)):
            return None
        if not self.count(client_id, where=within_document(document_id, where)):
            return None
        parts = [
            part for part in self._parts(client_id, document_id, start, end) if part.start < end and part.end > start
        ]
        return _passage(parts, start, end, reference) if parts else None

    def _parts(self, client_id: ClientId, document_id: str, start: int, end: int) -> Sequence[Chunk]:
        spans = [span for span in self._catalog.chunk_spans(document_id) if span.start < end and span.end > start]
        if not spans:  # a document of which the chunks themselves are stored
            return self._store.chunks(client_id, document_id, offset=0, limit=MOST_PARTS)
        first, after = min(span.first for span in spans), max(span.after for span in spans)
        return self._store.chunks(client_id, document_id, offset=first, limit=min(after - first, MOST_PARTS))


def _passage(parts: Sequence[Chunk], start: int, end: int, reference: Mapping[str, object]) -> Passage:
    sections, score = reference.get("sections"), reference.get("score")
    chunk = replace(
        parts[0],
        text=joined(parts, start, end, header_of(parts[0])),
        start=start,
        end=end,
        sections=tuple(map(str, sections)) if isinstance(sections, list) else (),
    )
    return Passage(chunk, float(score) if isinstance(score, int | float) else 0.0, parts=len(parts))
