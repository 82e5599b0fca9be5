"""Taking documents out of all stores: with the disk's reserve at hand, and never forgetting what could not be done."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.space import DiskSpace
from app.common.undo import on_failure
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.library.indexing import WordIndexing
from app.services.tables import TableStore
from app.services.vector_store import VectorStoreService

logger = logging.getLogger(__name__)


class Removal:
    """Removes what the catalog calls unfinished. The caller holds the client's lock, except for `unresumed`."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStoreService,
        words: WordIndexing,
        tables: TableStore,
        space: DiskSpace,
    ) -> None:
        """What is removed may use the reserve of `space`."""
        self._catalog = catalog
        self._store = store
        self._words = words
        self._tables = tables
        self._space = space
        self._unresumed: set[ClientId] = set()

    @contextmanager
    def under_way(self, client_id: ClientId) -> Iterator[None]:
        """While something is removed, for which the reserve may be used. After a failure `resume` goes on."""
        with self._space.lent(), on_failure(lambda: self._unresumed.add(client_id)):
            yield

    def erase(self, client_id: ClientId, *document_ids: str) -> None:
        """Remove what there is of documents that are not ready, and the client when nothing is left of it."""
        with self.under_way(client_id):
            for document_id in document_ids:
                self._erase(client_id, document_id)

    def taken_back(self, record: DocumentRecord) -> bool:
        """Remove a document that is not ready; when that fails it stays in the journal, and False is returned."""
        try:
            self.erase(record.client_id, record.document_id)
        except AppError as exc:
            logger.error(
                "unfinished document could not be removed",
                extra={"client": record.client_id, "document": record.document_id, "code": exc.code},
            )
            return False
        return True

    def unresumed(self) -> Sequence[ClientId]:
        """Return the clients of whom something could not be removed."""
        return list(self._unresumed)

    def resume(self, client_id: ClientId) -> bool:
        """Remove what could not be removed before; whether there was anything."""
        left = self._catalog.unfinished(client_id) if client_id in self._unresumed else []
        self.erase(client_id, *(record.document_id for record in left))
        self._unresumed.discard(client_id)
        return bool(left)

    def _erase(self, client_id: ClientId, document_id: str) -> None:
        self._words.forget(client_id, document_id)
        self._tables.delete_document(client_id, document_id)
        if self._store.exists(client_id):
            self._store.delete_document(client_id, document_id)
        known = self._catalog.client(client_id)
        if known is None or known.document_count == 0:
            self._words.forget_client(client_id)
            self._tables.delete_client(client_id)
            if self._is_empty(client_id):
                self._store.delete_collection(client_id)
        self._catalog.drop_document(client_id, document_id)

    def _is_empty(self, client_id: ClientId) -> bool:
        """Whether the client's collection has no text, also none that the catalog does not know."""
        return self._store.exists(client_id) and not self._store.count(client_id)
