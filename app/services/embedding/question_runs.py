"""Questions that arrive together are embedded together, in the threads that ask.

A run over four questions takes little more than twice as long as a run over one. So only few runs go on at one time:
who arrives meanwhile waits, and the next run takes along all who wait and fit.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from app.common.errors import shutting_down
from app.common.locks import Rank, RankedLock
from app.common.vectors import Vectors

TokenIds = list[int]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question that waits. Its answer is its vector, or None: then its thread is to do the next run."""

    tokens: TokenIds
    answer: "Future[Vectors | None]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class RunStats:
    """Questions at this moment: runs that go on, and questions that wait for the next one."""

    running: int
    waiting: int


class QuestionRuns:
    """Runs a model over single questions; safe to use from many threads."""

    def __init__(
        self, run: Callable[[Sequence[TokenIds]], Vectors], *, at_once: int, fits: Callable[[int, int], bool]
    ) -> None:
        """`run` gives one row per question. At most `at_once` runs go on at one time, of as many questions as
        `fits` allows: it is told their number and the tokens of the longest.
        """
        self._run = run
        self._fits = fits
        self._lock = RankedLock(Rank.LEAF)
        self._at_once = self._free = at_once
        self._waiting: deque[_Waiting] = deque()
        self._closed = False

    def vector(self, tokens: TokenIds) -> Vectors:
        """Return the row of one question. Raises what the run raises, and Unavailable once closed."""
        waiting = self._enter(tokens)
        if waiting is not None and (vector := waiting.answer.result()) is not None:
            return vector
        try:
            return self._run_along(tokens)
        finally:
            self._hand_over()

    def stats(self) -> RunStats:
        """Return how things stand."""
        with self._lock:
            return RunStats(self._at_once - self._free, len(self._waiting))

    def close(self) -> None:
        """Take no more questions; those that wait are answered."""
        with self._lock:
            self._closed = True

    def _enter(self, tokens: TokenIds) -> _Waiting | None:
        """Queue up; None if there is no need to, because the caller can run at once."""
        with self._lock:
            if self._closed:
                raise shutting_down()
            if self._free:
                self._free -= 1
                return None
            waiting = _Waiting(tokens)
            self._waiting.append(waiting)
            return waiting

    def _run_along(self, tokens: TokenIds) -> Vectors:
        """Run the caller's question, and with it others that wait."""
        others = self._take_others(len(tokens))
        try:
            vectors = self._run([tokens, *(other.tokens for other in others)])
        except BaseException as exc:
            for other in others:
                other.answer.set_exception(exc)
            raise
        for other, vector in zip(others, vectors[1:], strict=True):
            other.answer.set_result(vector)
        first: Vectors = vectors[0]
        return first

    def _take_others(self, longest: int) -> list[_Waiting]:
        # Oldest first, as many as one run holds: a long question does not hold up many short ones.
        taken: list[_Waiting] = []
        with self._lock:
            while self._waiting:
                longest = max(longest, len(self._waiting[0].tokens))
                if not self._fits(len(taken) + 2, longest):
                    break
                taken.append(self._waiting.popleft())
        return taken

    def _hand_over(self) -> None:
        """Let the thread of the oldest question that waits do the next run."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            following = self._waiting.popleft()
        following.answer.set_result(None)
