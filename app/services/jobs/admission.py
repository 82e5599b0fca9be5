"""Whether more files may wait to be taken in: bounded in number for all clients, in number and bytes for each."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.common.errors import LimitReached, Unavailable
from app.common.fair_queue import FairQueue
from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.services.ingestion.spool import UploadSpool
from app.services.jobs.kept import KeptFiles
from app.services.jobs.progress import FilePlace
from app.services.jobs.types import JobSettings

_RETRY_AFTER_SECONDS = 30


class Admission:
    """The door to the queue. Safe to use from many threads."""

    def __init__(
        self, *, queue: FairQueue[FilePlace], kept: KeptFiles, spool: UploadSpool, settings: JobSettings
    ) -> None:
        self._queue = queue
        self._kept = kept
        self._spool = spool
        self._settings = settings
        self._lock = RankedLock(Rank.ADMISSION)

    @contextmanager
    def one_by_one(self) -> Iterator[None]:
        """Let nobody else in during the block: from the look for room to the entry."""
        with self._lock:
            yield

    def require_room(self, client_id: ClientId, *, files: int, size: int = 1) -> None:
        """Raise Unavailable when so many files more would be too many, LimitReached when `size` bytes more would be.

        Files that are kept for another try give way to new ones: the oldest are given up.
        """
        limit = self._settings.queue_limit
        if self._queue.count() + files > limit or self._queue.count(client_id) + files > max(1, limit // 2):
            raise Unavailable(
                "Too many files are waiting to be taken in; try again later, or send fewer at once.",
                code="queue_full",
                retry_after=_RETRY_AFTER_SECONDS,
            )
        self._require_bytes(client_id, size)

    def _require_bytes(self, client_id: ClientId, size: int) -> None:
        limit = self._settings.client_bytes
        if self._kept.size_bytes(client_id, unfinished=True) + size > limit:
            raise LimitReached(
                f"This client may have {limit >> 20} MB waiting to be taken in; wait until some is done, or send less.",
                code="limit_waiting_bytes",
                retry_after=_RETRY_AFTER_SECONDS,
            )
        over = self._kept.size_bytes(client_id) + size - limit
        if over > 0:
            self._spool.discard(self._kept.make_room(client_id, needed=over))
