"""Slots on an event loop: bounded, and shared fairly between clients. Waiting for one costs no thread."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.common.errors import AppError
from app.common.fair_turns import Turns, TurnStats

RECENT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """How many slots there are, how many of them one client has at most, and how many of its calls may wait.

    Nobody waits longer than `wait` seconds. With `even`, clients that were here within RECENT_SECONDS get no more than
    equal parts of the slots: what one of them does then leaves the others theirs at any moment.
    """

    capacity: int
    each: int
    waiting_each: int
    wait: float
    even: bool = False


class FairSlots:
    """A semaphore that knows its clients. Everything happens on one event loop, so it needs no lock.

    A free slot goes to the waiting client that holds the fewest (see `Turns`).
    """

    def __init__(
        self, limits: SlotLimits, *, full: Callable[[], AppError], late: Callable[[], AppError] | None = None
    ) -> None:
        """`full` is the error when too many wait already, `late` of a call that waited in vain; left out, the same."""
        self._limits = limits
        self._full = full
        self._late = late or full
        self._turns: Turns[asyncio.Future[None]] = Turns(places=limits.capacity, each=limits.each)
        self._seen: OrderedDict[str, float] = OrderedDict()

    def stats(self) -> TurnStats:
        """Return how things stand; may be asked from any thread."""
        return self._turns.stats()

    def require_room(self, owner: str) -> None:
        """Raise what `hold` would raise at once; may be asked from any thread, to spare work that comes before."""
        if self._turns.waiting(owner) >= self._limits.waiting_each:
            raise self._full()

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncIterator[None]:
        """Hold one slot for the block; raise `full` at once, or `late` when none comes free in time."""
        await self._acquire(owner)
        try:
            yield
        finally:
            self._release(owner)

    async def _acquire(self, owner: str) -> None:
        self.require_room(owner)
        ticket = asyncio.get_running_loop().create_future()
        self._see(owner)
        self._turns.add(owner, ticket)
        self._hand_out()
        if ticket.done():
            return
        try:
            async with asyncio.timeout(self._limits.wait):
                await ticket
        except BaseException as exc:
            self._give_up(owner, ticket)
            if isinstance(exc, TimeoutError):
                raise self._late() from exc
            raise

    def _give_up(self, owner: str, ticket: asyncio.Future[None]) -> None:
        if not self._turns.discard(owner, lambda waiting: waiting is ticket) and not ticket.cancelled():
            self._release(owner)  # the slot came in the very moment the caller left

    def _release(self, owner: str) -> None:
        self._turns.end(owner)
        self._hand_out()

    def _see(self, owner: str) -> None:
        if not self._limits.even:
            return
        now = asyncio.get_running_loop().time()
        self._seen[owner] = now
        self._seen.move_to_end(owner)
        while next(iter(self._seen.values())) < now - RECENT_SECONDS:
            self._seen.popitem(last=False)
        self._turns.each = min(self._limits.each, max(1, self._limits.capacity // len(self._seen)))

    def _hand_out(self) -> None:
        while (served := self._turns.next()) is not None:
            owner, ticket = served
            if ticket.done():  # cancelled, and its owner has not been told yet
                self._turns.end(owner)
            else:
                ticket.set_result(None)
