"""Slots for calls to the vendor: bounded, and shared fairly between clients."""

import asyncio
import math
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

from app.common.errors import Unavailable
from app.common.ids import ClientId


@dataclass(frozen=True, slots=True)
class SlotStats:
    """Calls to the vendor at this moment: those that hold a slot and those that wait for one."""

    held: int
    waiting: int


class FairSlots:
    """A semaphore that knows its clients. Everything happens on one event loop, so it needs no lock.

    A free slot goes to the waiting client that holds the fewest, among equals to the one who waited longest. No
    client ever holds more than its share, so another one finds a slot even when the first never pauses.
    """

    def __init__(self, *, capacity: int, share: float, wait: float) -> None:
        """`wait` is the longest time in seconds that a call waits for its slot."""
        self._capacity = self._free = capacity
        self._per_client = max(1, math.floor(capacity * share))
        self._waiting_per_client = max(1, capacity // 4)
        self._wait = wait
        self._held: Counter[ClientId] = Counter()
        self._waiting: dict[ClientId, deque[tuple[int, asyncio.Future[None]]]] = {}
        self._order = count()

    def stats(self) -> SlotStats:
        """Return how things stand; may be called from any thread."""
        waiting = sum(len(queue) for queue in list(self._waiting.values()))
        return SlotStats(held=self._capacity - self._free, waiting=waiting)

    @asynccontextmanager
    async def hold(self, client_id: ClientId) -> AsyncIterator[None]:
        """Hold one slot for the block; raise Unavailable (model_queue_full) when none comes free in time."""
        await self._acquire(client_id)
        try:
            yield
        finally:
            self._release(client_id)

    async def _acquire(self, client_id: ClientId) -> None:
        queue = self._waiting.setdefault(client_id, deque())
        if len(queue) >= self._waiting_per_client:
            raise self._full()
        ticket = asyncio.get_running_loop().create_future()
        queue.append((next(self._order), ticket))
        self._hand_out()
        try:
            async with asyncio.timeout(self._wait):
                await ticket
        except BaseException as exc:
            self._give_up(client_id, ticket)
            if isinstance(exc, TimeoutError):
                raise self._full() from exc
            raise

    def _give_up(self, client_id: ClientId, ticket: asyncio.Future[None]) -> None:
        if ticket.done() and not ticket.cancelled():  # the slot came in the very moment the caller left
            self._release(client_id)
            return
        queue = self._waiting.get(client_id, deque())
        left = deque(entry for entry in queue if entry[1] is not ticket)
        self._keep_queue(client_id, left)

    def _release(self, client_id: ClientId) -> None:
        self._free += 1
        self._held[client_id] -= 1
        if not self._held[client_id]:
            del self._held[client_id]
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and (client_id := self._next_client()) is not None:
            queue = self._waiting[client_id]
            _, ticket = queue.popleft()
            self._keep_queue(client_id, queue)
            if ticket.done():  # cancelled, and its owner has not been told yet
                continue
            self._free -= 1
            self._held[client_id] += 1
            ticket.set_result(None)

    def _next_client(self) -> ClientId | None:
        able = [c for c in self._waiting if self._waiting[c] and self._held[c] < self._per_client]
        return min(able, key=lambda c: (self._held[c], self._waiting[c][0][0]), default=None)

    def _keep_queue(self, client_id: ClientId, queue: deque[tuple[int, asyncio.Future[None]]]) -> None:
        if queue:
            self._waiting[client_id] = queue
        else:
            self._waiting.pop(client_id, None)

    def _full(self) -> Unavailable:
        return Unavailable(
            "Too many questions are waiting for the language model. Try again in a moment.",
            code="model_queue_full",
            retry_after=max(1, math.ceil(self._wait)),
        )
