"""Leaving no trace: deleted text is still in free pages, logs and index tables until the files are compacted."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.common.disk import size_of
from app.common.errors import AppError, Unavailable

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 2.0
PAUSE_FACTOR = 9
"""Background compaction uses at most a tenth of the time."""
RETRY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """What one compaction took, and what all data took on disk before and after it, in bytes."""

    seconds: float
    bytes_before: int
    bytes_after: int


class Compactor:
    """Compacts all stores. Requests that come while one runs share the next one.

    A request is noted in a file before anything is deleted, so a crash in between does not forget it.
    """

    def __init__(self, *, steps: Sequence[Callable[[], object]], folders: Sequence[Path], marker: Path) -> None:
        """`steps` compact one store each; `folders` are measured; `marker` exists while a compaction is due.

        A step returns False when a reader was in the way, so that it has to be done again.
        """
        self._steps = steps
        self._folders = folders
        self._marker = marker
        self._running = threading.Lock()
        self._guard = threading.Lock()
        self._asked = 0
        self._served = 0
        self._last: CompactionReport | None = None
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="compactor", daemon=True)

    def start(self) -> None:
        """Begin to serve requests made with `request`, one from before a crash included."""
        if self._marker.exists():
            self.request()
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the compaction that may be under way; what is still due is done at the next start."""
        self._stopped.set()
        self._wake.set()
        self._thread.join()

    @property
    def due(self) -> bool:
        """Whether something was deleted that is not compacted away yet."""
        return self._marker.exists()

    def note(self) -> None:
        """Remember across a crash that a compaction will be due; called before something is deleted."""
        self._marker.touch()

    def request(self) -> None:
        """Schedule a compaction of all stores in the background."""
        with self._guard:
            self._asked += 1
        self.note()
        self._wake.set()

    def run(self) -> CompactionReport:
        """Compact all stores now; what was deleted before this call has left no trace when it returns.

        Raises Unavailable when that fails; then it is tried again in the background until it succeeds.
        """
        with self._guard:
            self._asked += 1
            mine = self._asked
        self.note()
        with self._running:
            if self._last is not None and self._served >= mine:
                return self._last
            try:
                return self._compact()
            except (AppError, OSError) as exc:
                self._wake.set()
                raise Unavailable(
                    "All is deleted, but its traces on disk are not gone yet; that goes on by itself.",
                    code="compaction_unfinished",
                ) from exc

    def _compact(self) -> CompactionReport:
        with self._guard:
            serving = self._asked
        started, before = time.perf_counter(), size_of(*self._folders)
        for step in self._steps:
            if step() is False:
                raise Unavailable("A store cannot be compacted while it is being read; try again later.")
        report = CompactionReport(round(time.perf_counter() - started, 3), before, size_of(*self._folders))
        self._last = report
        with self._guard:
            self._served = serving
            if self._asked == serving:
                self._marker.unlink(missing_ok=True)
        logger.info(
            "compacted",
            extra={"seconds": report.seconds, "bytes_before": before, "bytes_after": report.bytes_after},
        )
        return report

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(RETRY_SECONDS if self._served < self._asked else None)
            self._wake.clear()
            # Deletions tend to come in groups: one compaction for all of them, and never one after the other without
            # pause, since writers wait for each.
            last = self._last.seconds if self._last else 0.0
            if self._stopped.wait(max(SETTLE_SECONDS, PAUSE_FACTOR * last)):
                return
            self._serve()

    def _serve(self) -> None:
        with self._running:
            if self._served >= self._asked:
                return
            try:
                self._compact()
            except (AppError, OSError) as exc:
                logger.warning("compaction failed, will be tried again", extra={"error": type(exc).__name__})
