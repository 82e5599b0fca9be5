"""How far jobs are, and which of them are to stop: kept in memory, because it concerns only work that runs."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from app.common.errors import AppError
from app.common.locks import Rank, RankedLock
from app.services.ingestion.ingest import Stage

_REMEMBERED = 10_000

FilePlace = tuple[str, int]
"""A job's id and the position of a file in it, from 0."""


class Stopped(AppError):
    """The work on a file was given up: its job was cancelled, or the service is shutting down."""

    status = 409
    default_code = "cancelled"


@dataclass(frozen=True, slots=True)
class RunningFile:
    """A file that is being worked on; `progress` is 0 to 1."""

    stage: Stage
    progress: float


@dataclass(slots=True)
class _State:
    version: int = 0
    running: dict[int, RunningFile] = field(default_factory=dict)
    cancelled: bool = False


class JobProgress:
    """Written by the workers, read by status requests. Safe to use from many threads."""

    def __init__(self) -> None:
        self._guard = RankedLock(Rank.LEAF)
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._closing = False

    def report(self, place: FilePlace, stage: Stage, progress: float) -> None:
        """Note how far a file is. Raises Stopped when its job was cancelled or the service is shutting down."""
        with self._guard:
            state = self._state(place[0])
            if self._closing or state.cancelled:
                raise _stopped()
            state.running[place[1]] = RunningFile(stage, progress)
            state.version += 1

    def require(self, place: FilePlace) -> None:
        """Raise Stopped when the file's job was cancelled or the service is shutting down."""
        with self._guard:
            state = self._states.get(place[0])
            if self._closing or (state is not None and state.cancelled):
                raise _stopped()

    def settled(self, place: FilePlace) -> None:
        """Note that work on a file has ended; called after its result is stored."""
        with self._guard:
            state = self._state(place[0])
            state.running.pop(place[1], None)
            state.version += 1

    def changed(self, job_id: str, *, cancelled: bool | None = None) -> None:
        """Note that the job's rows changed; `cancelled` says whether its running files are to stop."""
        with self._guard:
            state = self._state(job_id)
            state.version += 1
            if cancelled is not None:
                state.cancelled = cancelled

    def is_cancelled(self, job_id: str) -> bool:
        """Whether the job's running files are to stop."""
        with self._guard:
            state = self._states.get(job_id)
            return state is not None and state.cancelled

    def version(self, job_id: str) -> int:
        """Return a number that grows with everything that happens to the job."""
        with self._guard:
            state = self._states.get(job_id)
            return state.version if state else 0

    def running(self, job_id: str) -> dict[int, RunningFile]:
        """Return the job's files that are being worked on, by position."""
        with self._guard:
            state = self._states.get(job_id)
            return dict(state.running) if state else {}

    def running_count(self) -> int:
        """Return how many files are being worked on, of all jobs."""
        with self._guard:
            return sum(len(state.running) for state in self._states.values())

    def close(self) -> None:
        """Stop all work at its next report."""
        with self._guard:
            self._closing = True

    @property
    def closing(self) -> bool:
        """Whether all work is to stop."""
        return self._closing

    def _state(self, job_id: str) -> _State:
        """Return the job's state; those that nothing happened to for longest are forgotten when there are many."""
        state = self._states.setdefault(job_id, _State())
        self._states.move_to_end(job_id)
        if len(self._states) > _REMEMBERED:
            oldest = next(iter(self._states))
            if not self._states[oldest].running:
                del self._states[oldest]
        return state


def _stopped() -> Stopped:
    return Stopped("The upload was cancelled.")


JobStage = Literal["waiting", "parsing", "chunking", "embedding", "storing", "cancelling", "done"]
