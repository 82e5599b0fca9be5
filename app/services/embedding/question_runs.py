"""Questions that arrive together are embedded together, in the threads that ask.

A run over four questions takes little more than twice as long as a run over one. So only few runs go on at one time:
who arrives meanwhile waits, and the next run takes along all who wait and fit.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from app.common.errors import shutting_down
from app.common.fair_turns import Turns
from app.common.locks import Rank, RankedLock
from app.common.vectors import Vectors

TokenIds = list[int]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question that waits in a thread. `answer` gets its vector, or None to wake the thread for the next run."""

    tokens: TokenIds
    answer: "Future[Vectors | None]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class RunStats:
    """Questions at this moment: runs that go on, and questions that wait for the next one."""

    running: int
    waiting: int


class QuestionRuns:
    """Runs a model over single questions; safe to use from many threads. Whose run is next is said by `Turns`."""

    def __init__(
        self,
        run: Callable[[Sequence[TokenIds]], Vectors],
        *,
        at_once: int,
        each: int | None = None,
        fits: Callable[[int, int], bool],
    ) -> None:
        """`run` gives one row per question. At most `at_once` runs go on at one time, `each` of one owner, of as many
        questions as `fits` allows: it is told their number and the tokens of the longest.
        """
        self._run = run
        self._fits = fits
        self._lock = RankedLock(Rank.LEAF)
        self._turns: Turns[_Waiting] = Turns(places=at_once, each=each)
        self._closed = False

    def vector(self, tokens: TokenIds, owner: str = "") -> Vectors:
        """Return the row of one question. Raises what the run raises, and Unavailable once closed."""
        waiting = _Waiting(tokens)
        with self._lock:
            if self._closed:
                raise shutting_down()
            self._turns.add(owner, waiting)
            called = self._next()
        _call(called)
        if (vector := waiting.answer.result()) is not None:
            return vector
        try:
            return self._run_along(tokens)
        finally:
            with self._lock:
                self._turns.end(owner)
                called = self._next()
            _call(called)

    def stats(self) -> RunStats:
        """Return how things stand."""
        with self._lock:
            turns = self._turns.stats()
        return RunStats(turns.at_work, turns.waiting)

    def close(self) -> None:
        """Take no more questions; those that wait are answered."""
        with self._lock:
            self._closed = True

    def _next(self) -> list[_Waiting]:
        """Return the questions whose threads are to do a run now. Called with the lock held."""
        called: list[_Waiting] = []
        while (served := self._turns.next()) is not None:
            called.append(served[1])
        return called

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
        # As many as one run holds: a long question does not hold up many short ones.
        count = 1

        def fits(waiting: _Waiting) -> bool:
            nonlocal count, longest
            count, longest = count + 1, max(longest, len(waiting.tokens))
            return self._fits(count, longest)

        with self._lock:
            return self._turns.take_along(fits)


def _call(questions: Sequence[_Waiting]) -> None:
    """Let the threads of these questions do a run each."""
    for waiting in questions:
        waiting.answer.set_result(None)
