"""Searching what is acknowledged: passages of documents that are half-written or on their way out do not show."""

from typing import Protocol

from app.common.absent import no_collection
from app.common.filters import Comparison, Compound, PassageFilter
from app.common.ids import ClientId
from app.common.passages import Passage
from app.common.vectors import Vectors
from app.services.catalog.store import Catalog

_ATTEMPTS = 8


class PassageSearch(Protocol):
    """What finds passages: the vector store itself, or the store as a question may see it."""

    def exists(self, client_id: ClientId) -> bool:
        """Say whether the client has anything to search."""

    def search(
        self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None
    ) -> list[Passage]:
        """Return the `k` chunks nearest to `vector`, best first, of those that `where` lets through.

        Raises NotFound for a client without any.
        """


class DocumentSearch:
    """The vector store as a question may see it. The catalog decides, in one view, which documents there are.

    Chunks are written before their document is acknowledged and removed after it is given up. So the catalog is
    asked after each search; only when something found must not show is the search done again without it.
    """

    def __init__(self, *, catalog: Catalog, store: PassageSearch) -> None:
        self._catalog = catalog
        self._store = store

    def exists(self, client_id: ClientId) -> bool:
        """Say whether the client has a document that is ready."""
        record = self._catalog.client(client_id)
        return record is not None and bool(record.document_count)

    def search(
        self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None
    ) -> list[Passage]:
        """Return the `k` chunks of acknowledged documents nearest to `vector`, best first, of those that `where`
        lets through.

        While a document is replaced, either the old version or the new one is found, never both or neither.
        Raises what VectorStoreService.search raises; NotFound also when the client's first document is not ready.
        """
        found = self._acknowledged(client_id, vector, k, where)
        if not found and not self.exists(client_id):
            raise no_collection()
        return found

    def _acknowledged(self, client_id: ClientId, vector: Vectors, k: int, where: PassageFilter | None) -> list[Passage]:
        excluded: frozenset[str] = frozenset()
        found: list[Passage] = []
        for _ in range(_ATTEMPTS):
            found = self._store.search(client_id, vector, k, where=_without(where, excluded))
            hidden = self._catalog.unacknowledged(client_id)
            # What was left out may have been acknowledged meanwhile, in the place of something found or gone.
            if excluded <= hidden and not any(passage.chunk.document_id in hidden for passage in found):
                return found
            if not self.exists(client_id):
                return []
            excluded = hidden
        # So many documents come and go that no two looks agree: what is found is right, but may be less than all.
        return [passage for passage in found if passage.chunk.document_id not in excluded]


def _without(where: PassageFilter | None, excluded: frozenset[str]) -> PassageFilter | None:
    if not excluded:
        return where
    others = Comparison("document_id", "nin", sorted(excluded))
    return Compound("and", [where, others]) if where else others
