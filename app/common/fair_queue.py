"""A queue for workers that serves its owners in turns, so that many things of one hold up nobody else's."""

import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from app.common.fair_turns import Turns, TurnStats

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for one owner; whose item is next is said by `Turns`. Safe to use from many threads."""

    def __init__(self, *, each: int | None = None) -> None:
        """At most `each` items of one owner are worked on at a time; None is no limit."""
        self._changed = threading.Condition()
        self._turns: Turns[T] = Turns(each=each)
        self._closed = False

    def put(self, owner: Hashable, items: Iterable[T]) -> None:
        """Append the owner's items; an owner who had none is served after those who have some."""
        with self._changed:
            for item in items:
                self._turns.add(owner, item)
            self._changed.notify_all()

    def take(self) -> tuple[Hashable, T] | None:
        """Return the next item with its owner, waiting for one; None once the queue is closed.

        Whoever takes an item says `done` when the work on it is over.
        """
        with self._changed:
            while not self._closed:
                served = self._turns.next()
                if served is not None:
                    return served
                self._changed.wait()
            return None

    def done(self, owner: Hashable) -> None:
        """Say that the work on an item of the owner is over."""
        with self._changed:
            self._turns.end(owner)
            self._changed.notify_all()

    def discard(self, owner: Hashable, unwanted: Callable[[T], bool]) -> None:
        """Remove those of the owner's items that are unwanted."""
        with self._changed:
            self._turns.discard(owner, unwanted)

    def count(self, owner: Hashable | None = None) -> int:
        """Return how many items wait, of the owner or in all."""
        with self._changed:
            return self._turns.waiting(owner)

    def stats(self) -> TurnStats:
        """Return how things stand."""
        with self._changed:
            return self._turns.stats()

    def close(self) -> None:
        """Let everyone who waits go; what is queued is served no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
