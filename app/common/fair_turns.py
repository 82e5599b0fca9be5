"""Whose turn it is, when many clients want the same few places. Knows no thread and no event loop.

`fair_slots.py` is for tasks of an event loop, `fair_seats.py` for threads, `fair_queue.py` for workers with a queue.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TurnStats:
    """How many are at work at this moment, and how many wait for it."""

    at_work: int
    waiting: int


class Turns(Generic[T]):
    """A bounded number of places, and who waits for one. Not safe to share: whoever uses it brings the order.

    A free place goes to the owner that holds the fewest; among equals owners take turns, and an owner's own items
    go in their order. No owner ever holds more than its share, so another one finds a place even when the first
    never pauses.
    """

    def __init__(self, *, places: int | None = None, each: int | None = None) -> None:
        """`places` are there in all, and one owner gets no more while it has `each` of them; None is no limit.

        `each` may be changed at any time.
        """
        self._places = places
        self.each = each
        self._held: Counter[Hashable] = Counter()
        # In the order of their turns: who was served goes to the end.
        self._waiting: OrderedDict[Hashable, deque[T]] = OrderedDict()

    def add(self, owner: Hashable, item: T) -> None:
        """Let an item wait; an owner that had none waiting is served after those that have some."""
        self._waiting.setdefault(owner, deque()).append(item)

    def next(self) -> tuple[Hashable, T] | None:
        """Give a free place to the item whose turn it is; None when there is no place, or nobody who may have it."""
        if self._places is not None and self.at_work >= self._places:
            return None
        able = [owner for owner in self._waiting if self.each is None or self._held[owner] < self.each]
        if not able:
            return None
        owner = min(able, key=self._held.__getitem__)
        item = self._waiting[owner].popleft()
        self._waiting.move_to_end(owner)
        self._forget_if_empty(owner)
        self._held[owner] += 1
        return owner, item

    def end(self, owner: Hashable) -> None:
        """Take back one place of the owner."""
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]

    def discard(self, owner: Hashable, unwanted: Callable[[T], bool]) -> int:
        """Remove those of the owner's waiting items that are unwanted; return how many they were."""
        waiting = self._waiting.get(owner)
        if waiting is None:
            return 0
        kept = [item for item in waiting if not unwanted(item)]
        removed = len(waiting) - len(kept)
        self._waiting[owner] = deque(kept)
        self._forget_if_empty(owner)
        return removed

    def take_along(self, fits: Callable[[T], bool]) -> list[T]:
        """Remove and return what waits, turn by turn, up to the first item that does not fit; it takes no place."""
        taken: list[T] = []
        while self._waiting:
            owner, items = next(iter(self._waiting.items()))
            if not fits(items[0]):
                break
            taken.append(items.popleft())
            self._waiting.move_to_end(owner)
            self._forget_if_empty(owner)
        return taken

    def clear(self) -> list[T]:
        """Remove and return all that waits."""
        waiting = [item for items in self._waiting.values() for item in items]
        self._waiting.clear()
        return waiting

    @property
    def at_work(self) -> int:
        """How many places are taken."""
        return self._held.total()

    def waiting(self, owner: Hashable | None = None) -> int:
        """Return how many items wait, of the owner or in all."""
        if owner is not None:
            return len(self._waiting.get(owner, ()))
        return sum(map(len, list(self._waiting.values())))

    def stats(self) -> TurnStats:
        """Return how things stand."""
        return TurnStats(self.at_work, self.waiting())

    def _forget_if_empty(self, owner: Hashable) -> None:
        if not self._waiting[owner]:
            del self._waiting[owner]
