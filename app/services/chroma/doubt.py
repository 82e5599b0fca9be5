"""After a write that failed half-way, as on a full disk: Chroma is opened again, and so back to what is on the disk."""

import logging
from collections.abc import Callable
from typing import TypeVar

from app.common.errors import InsufficientStorage
from app.common.locks import Rank, RankedLock
from app.common.space import DiskSpace
from app.services.chroma.collections import ChromaCollections
from app.services.chroma.health import IndexHealth
from app.services.chroma.reindexing import maintenance
from app.services.chroma.sql import SegmentFacts

logger = logging.getLogger(__name__)

_T = TypeVar("_T")


class Doubt:
    """Ends what a failed write leaves behind: its log is replayed, and its index checked, as after a crash."""

    def __init__(
        self,
        chroma: ChromaCollections,
        health: IndexHealth,
        space: DiskSpace,
        read_known: Callable[[], list[SegmentFacts]],
    ) -> None:
        """`read_known` says which collections of ours there are."""
        self._chroma = chroma
        self._health = health
        self._space = space
        self._read_known = read_known
        self._lock = RankedLock(Rank.COLLECTION)  # all of them

    def remove(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, which removes something and may use the reserve.

        When there was no room it is done once more: opening Chroma again gives back what its log took of the reserve.
        """
        try:
            return self._remove(work)
        except InsufficientStorage:
            return self._remove(work)

    def _remove(self, work: Callable[[], _T]) -> _T:
        with self._space.lent():
            self.settle()
            return work()

    def settle(self) -> None:
        """Before anything is written: open Chroma again if a write has failed. Raises what that raises.

        Costs some 50 ms then. The reserve may be used for it, since deletions come here too.
        """
        if not self._chroma.is_in_doubt():
            return
        with self._lock, self._space.lent():
            if not self._chroma.is_in_doubt():
                return
            with maintenance():
                known = self._read_known()
            self._chroma.reopen()
            self._health.restart(known)
        logger.warning("vector store opened again after a write that failed")
