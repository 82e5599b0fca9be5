"""Reading a client's collection: the first use checks its index, and what met a writer half-way is read again."""

import logging
from collections.abc import Callable
from typing import TypeVar

from app.common.errors import NotFound, Unavailable
from app.common.ids import ClientId
from app.common.locks import KeyedLocks
from app.services.chroma.clients import collection_name
from app.services.chroma.collections import ChromaCollections, VectorStoreFailed
from app.services.chroma.health import IndexHealth
from app.services.chroma.reindexing import Reindexing, maintenance

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 10

_T = TypeVar("_T")


class Reading:
    """Reads that take no lock, except a client's first one and one that was disturbed."""

    def __init__(
        self, chroma: ChromaCollections, health: IndexHealth, reindexing: Reindexing, locks: KeyedLocks
    ) -> None:
        """`locks` are those of the clients' collections."""
        self._chroma = chroma
        self._health = health
        self._reindexing = reindexing
        self._locks = locks

    def read(self, client_id: ClientId, ask: Callable[[str], _T]) -> _T:
        """Return what `ask` returns for the name of the client's collection."""
        name = collection_name(client_id)
        self._first_use(client_id, name)
        try:
            return ask(name)
        except NotFound:
            # In this order: it may have been replaced since it was not found.
            if not self._reindexing.is_under_way(name) and not self._chroma.exists(name):
                raise
        except VectorStoreFailed:
            # Chroma deletes in several steps: a reader between two of them meets half a collection.
            logger.info("reading again", extra={"client": client_id})
        with self._locks.hold(client_id):  # until the writer is done
            with self._chroma.no_writes():
                pass  # until Chroma is open again, if that is what was in the way
            return ask(name)

    def search(self, client_id: ClientId, ask: Callable[[str], _T]) -> _T:
        """Return the same of what needs the index. Raises Unavailable while that is damaged and not yet rebuilt."""
        name = collection_name(client_id)
        if not self._health.is_damaged(name):
            self._first_use(client_id, name)
        if self._health.is_damaged(name):
            raise Unavailable(
                "This client's search index is being repaired; try again shortly.",
                code="index_damaged",
                retry_after=_RETRY_SECONDS,
            )
        return self.read(client_id, ask)

    def _first_use(self, client_id: ClientId, name: str) -> None:
        if self._health.is_unused(name):
            with self._locks.hold(client_id), maintenance():
                self._health.first_use(name)
