"""What a client has: listing, statistics, deleting. The catalog answers; the vector store is only changed."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.common.errors import NotFound
from app.common.ids import ClientId
from app.common.locks import KeyedLocks
from app.services.catalog import Catalog, ClientRecord
from app.services.erasure import Compactor
from app.services.vector_store import VectorStoreService, collection_name

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CollectionPage:
    """Some of the clients that have documents; `total` counts all of them."""

    records: Sequence[ClientRecord]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class CollectionStatistics:
    """One client's counts; `last_modified` in seconds since the epoch, None when nothing was ever stored."""

    collection_name: str
    exists: bool
    document_count: int
    chunk_count: int
    last_modified: float | None


class DocumentService:
    """Reads and deletes documents. Deleting waits for a write of the same client that is under way."""

    def __init__(
        self, *, catalog: Catalog, store: VectorStoreService, client_locks: KeyedLocks, compactor: Compactor
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._client_locks = client_locks
        self._compactor = compactor

    def collections(self, owner: ClientId | None, *, after: str = "", limit: int | None = None) -> CollectionPage:
        """Return clients with documents, all of them or `owner` alone, in the order of their ids."""
        if owner is not None:
            record = self._catalog.client(owner)
            mine = [record] if record and record.document_count else []
            return CollectionPage(mine, len(mine), None)
        # One more than asked for tells whether there is a next page.
        records = self._catalog.list_clients(after=after, limit=limit and limit + 1, with_documents=True)
        more = limit is not None and len(records) > limit
        shown = records[:limit] if more else records
        total = self._catalog.count_clients(with_documents=True) if more or after else len(shown)
        return CollectionPage(shown, total, shown[-1].client_id if more else None)

    def stats(self, client_id: ClientId) -> CollectionStatistics:
        """Return the counts of one client; zero for one that is not known."""
        record = self._catalog.client(client_id)
        if record is None:
            return CollectionStatistics(collection_name(client_id), False, 0, 0, None)  # noqa: FBT003 - `exists`
        return CollectionStatistics(
            collection_name(client_id),
            record.document_count > 0,
            record.document_count,
            record.chunk_count,
            record.last_modified,
        )

    def delete_collection(self, client_id: ClientId) -> int:
        """Delete all documents of the client and return how many; raises NotFound when there are none.

        Their traces on disk are compacted away soon after.
        """
        count = self.delete_all(client_id)
        if count == 0:
            raise no_documents()
        self._compactor.request()
        return count

    def delete_all(self, client_id: ClientId) -> int:
        """Delete all documents of the client, if there are any, and return how many; compacts nothing.

        The catalog notes first what is going, so that a crash in between is finished at the next start.
        """
        started = time.perf_counter()
        self._compactor.note()
        with self._client_locks.hold(client_id):
            count = self._catalog.begin_delete_all(client_id)
            self._store.delete_collection(client_id)
            self._catalog.drop_deleted(client_id)
        logger.info(
            "documents deleted",
            extra={
                "client": client_id,
                "documents": count,
                "ms": round((time.perf_counter() - started) * 1000),
            },
        )
        return count


def no_documents() -> NotFound:
    """The answer about a client that has nothing stored, known or not."""
    return NotFound("This client has no documents; upload some first.", code="collection_not_found")
