"""Whose turn it is: a queue that serves its owners in rotation, so that many things of one hold up nobody else's."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for one owner; owners take turns. Safe to use from many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Hashable, deque[T]] = OrderedDict()
        self._closed = False

    def put(self, owner: Hashable, items: Iterable[T]) -> None:
        """Append the owner's items; an owner who had none is served after those who have some."""
        with self._changed:
            waiting = self._waiting.setdefault(owner, deque())
            waiting.extend(items)
            if not waiting:
                del self._waiting[owner]
            self._changed.notify_all()

    def take(self) -> T | None:
        """Return the next item, waiting for one; None once the queue is closed."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            owner, waiting = self._waiting.popitem(last=False)
            item = waiting.popleft()
            if waiting:
                self._waiting[owner] = waiting
            return item

    def discard(self, owner: Hashable, unwanted: Callable[[T], bool]) -> None:
        """Remove those of the owner's items that are unwanted."""
        with self._changed:
            waiting = deque(item for item in self._waiting.get(owner, ()) if not unwanted(item))
            if waiting:
                self._waiting[owner] = waiting
            else:
                self._waiting.pop(owner, None)

    def count(self, owner: Hashable | None = None) -> int:
        """Return how many items wait, of the owner or in all."""
        with self._changed:
            if owner is not None:
                return len(self._waiting.get(owner, ()))
            return sum(map(len, self._waiting.values()))

    def close(self) -> None:
        """Let everyone who waits go; what is queued is served no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
