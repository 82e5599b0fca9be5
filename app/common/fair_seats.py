"""Seats for threads: bounded, and taken in turns by those who want them."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from app.common.fair_turns import Turns, TurnStats
from app.common.lives import always
from app.common.locks import Rank, RankedLock
from app.common.undo import on_failure

LOOK_SECONDS = 0.25
"""How often a thread that waits looks whether its work is still wanted."""


class FairSeats:
    """A semaphore for threads that knows its owners: who may sit down next is said by `Turns`. Safe to share."""

    def __init__(self, seats: int, *, each: int | None = None) -> None:
        """One owner has at most `each` of the `seats`; None is no limit."""
        self._lock = RankedLock(Rank.LEAF)
        self._turns: Turns[threading.Event] = Turns(places=seats, each=each)

    def stats(self) -> TurnStats:
        """Return how things stand."""
        with self._lock:
            return self._turns.stats()

    @contextmanager
    def hold(self, owner: Hashable, still: Callable[[], None] = always) -> Iterator[None]:
        """Hold one seat for the block, waiting for it. `still` is called while waiting; what it raises ends that."""
        called = threading.Event()
        with self._lock:
            self._turns.add(owner, called)
            self._call_next()
        with on_failure(lambda: self._give_up(owner, called)):
            while not called.wait(LOOK_SECONDS):
                still()
        try:
            yield
        finally:
            self._stand_up(owner)

    def _give_up(self, owner: Hashable, called: threading.Event) -> None:
        with self._lock:
            left = self._turns.discard(owner, lambda waiting: waiting is called)
        if not left:
            self._stand_up(owner)

    def _stand_up(self, owner: Hashable) -> None:
        with self._lock:
            self._turns.end(owner)
            self._call_next()

    def _call_next(self) -> None:
        while (served := self._turns.next()) is not None:
            served[1].set()
