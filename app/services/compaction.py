"""Leaving no trace: deleted text is still in free pages, logs and index tables until the files are compacted."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from app.common.background import Background, Running
from app.common.disk import disk_errors, size_of
from app.common.errors import AppError, Unavailable
from app.common.locks import Rank, RankedLock
from app.common.space import DiskSpace
from app.telemetry.counting import compaction

logger = logging.getLogger(__name__)

PAUSE_FACTOR = 9
"""Background compaction uses at most a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: `gather` before a compaction, which then serves all deletions of a group; `retry` after a failed one."""

    gather: float = 2.0
    retry: float = 60.0


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """What one compaction took, and what all data took on disk before and after it, in bytes."""

    seconds: float
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True)
class CompactionStats:
    """Since the start: compactions that were asked for, and how many of these have been served."""

    asked: int
    served: int


class Compactor(Running):
    """Compacts all stores. Requests that come while one runs share the next one.

    A request is noted in a file before anything is deleted, so a crash in between does not forget it.
    """

    def __init__(
        self,
        *,
        steps: Sequence[Callable[[], object]],
        folders: Sequence[Path],
        marker: Path,
        space: DiskSpace | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`steps` compact one store each; `folders` are measured; `marker` exists while a compaction is due.

        A step returns False when a reader was in the way, so that it has to be done again. On a full disk the reserve
        of `space` has room for the marker. `clock` gives seconds that only grow.
        """
        self._space = space or DiskSpace()
        pace = pace or Pace()
        self._steps = steps
        self._folders = folders
        self._marker = marker
        self._running = RankedLock(Rank.UPKEEP)
        self._guard = RankedLock(Rank.LEAF)
        self._asked = 0
        self._served = 0
        self._last: CompactionReport | None = None
        self._gather = pace.gather
        self._clock = clock
        self._background = Background("compactor", self._serve_soon, every=pace.retry)

    @override
    def start(self) -> None:
        """Begin to serve requests made with `request`, one from before a crash included."""
        if self._marker.exists():
            self.request()
        self._background.start()

    @override
    def close(self) -> None:
        """End the thread after the compaction that may be under way; what is still due is done at the next start."""
        self._background.close()

    @property
    def due(self) -> bool:
        """Whether something was deleted that is not compacted away yet."""
        return self._marker.exists()

    def stats(self) -> CompactionStats:
        """Return how things stand."""
        with self._guard:
            return CompactionStats(self._asked, self._served)

    def note(self) -> None:
        """Remember across a crash that a compaction will be due; called before something is deleted."""
        if self._marker.exists():
            return
        with self._space.lent(), disk_errors():
            self._marker.touch()

    def request(self) -> None:
        """Schedule a compaction of all stores in the background."""
        with self._guard:
            self._asked += 1
        self.note()
        self._background.wake()

    def run(self) -> CompactionReport:
        """Compact all stores now; what was deleted before this call has left no trace when it returns.

        Raises Unavailable when that fails; then the background tries again until it succeeds.
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
                self._background.wake()
                raise Unavailable(
                    "All is deleted, but its traces on disk are not gone yet; that goes on by itself.",
                    code="compaction_unfinished",
                ) from exc

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Keep compactions from running during the block: those that are asked for wait."""
        with self._running:
            yield

    def _compact(self) -> CompactionReport:
        with self._guard:
            serving = self._asked
        started, before = self._clock(), size_of(*self._folders)
        with compaction():
            for step in self._steps:
                if step() is False:
                    raise Unavailable("A store cannot be compacted while it is being read; try again later.")
        report = CompactionReport(round(self._clock() - started, 3), before, size_of(*self._folders))
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

    def _serve_soon(self) -> None:
        if self._served >= self._asked:
            return
        # Deletions tend to come in groups: one compaction for all of them, and never one after the other without
        # pause, since writers wait for each.
        last = self._last.seconds if self._last else 0.0
        if not self._background.pause(max(self._gather, PAUSE_FACTOR * last)):
            self._serve()

    def _serve(self) -> None:
        with self._running:
            if self._served >= self._asked:
                return
            try:
                self._compact()
            except (AppError, OSError) as exc:
                logger.warning("compaction failed, will be tried again", extra={"error": type(exc).__name__})
