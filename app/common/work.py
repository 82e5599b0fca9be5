"""Where blocking work is done: each kind in threads of its own, so that no kind takes another's.

What waits for its turn waits on the event loop and costs no thread. What is quick and waits for nobody, such as reading
a few rows, needs none of this: it runs in the server's own threads, which therefore never fill up.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import anyio
import anyio.to_thread
from typing_extensions import override

from app.common.errors import LimitReached, Unavailable
from app.common.fair_slots import FairSlots, SlotLimits
from app.common.fair_turns import TurnStats

logger = logging.getLogger(__name__)

T = TypeVar("T")

_RETRY_SECONDS = 5
_LONG_WAIT_SECONDS = 1.0


class Threads(Protocol):
    """Runs blocking calls for an event loop."""

    async def run(self, owner: str, call: Callable[[], T]) -> T:
        """Return what `call` returns, or raise what it raises. A call that has begun is waited for in any case."""
        ...

    def stats(self) -> TurnStats:
        """Return how things stand; may be asked from any thread."""
        ...


class OwnThreads(Threads):
    """One kind of work with threads of its own, given to clients fairly. Used on one event loop."""

    def __init__(self, name: str, limits: SlotLimits) -> None:
        """`limits.capacity` is the number of threads."""
        self._name = name
        self._slots = FairSlots(limits, full=self._full, late=self._late)
        self._limiter = anyio.CapacityLimiter(limits.capacity)
        self._wait = limits.wait

    @override
    async def run(self, owner: str, call: Callable[[], T]) -> T:
        """See Threads.

        Raises LimitReached at once when too many calls of the client wait, and Unavailable when none of the threads
        comes free in time.
        """
        asked = time.perf_counter()
        async with self._slots.hold(owner):
            waited = time.perf_counter() - asked
            if waited > _LONG_WAIT_SECONDS:
                logger.info(
                    "waited for a turn",
                    extra={"work": self._name, "client": owner, "ms": round(waited * 1000)},
                )
            return await anyio.to_thread.run_sync(call, limiter=self._limiter)

    @override
    def stats(self) -> TurnStats:
        return self._slots.stats()

    def _full(self) -> LimitReached:
        return LimitReached(
            "Too many requests of this client are waiting to be worked on; send fewer at once.",
            code="too_many_at_once",
            retry_after=_RETRY_SECONDS,
        )

    def _late(self) -> Unavailable:
        return Unavailable(
            "The service is too busy to begin with this request; try again shortly.",
            code="busy",
            retry_after=max(_RETRY_SECONDS, math.ceil(self._wait / 2)),
        )


class SharedThreads(Threads):
    """The worker threads of the running loop, first come, first served: for loops that serve one caller."""

    @override
    async def run(self, owner: str, call: Callable[[], T]) -> T:
        """See Threads."""
        return await anyio.to_thread.run_sync(call)

    @override
    def stats(self) -> TurnStats:
        return TurnStats(0, 0)  # the loop's threads are not ours to count


@dataclass(frozen=True, slots=True)
class Work:
    """The kinds of work.

    `search`: embedding questions, finding passages, quoting: busy with the processor for a moment. `ingest`: files that
    are taken in while their sender waits: minutes. `write`: what changes rows or files, and waits for others to.
    `door` and `probe` are threads for looking at keys and for telling how the service is: nobody's work takes them.
    """

    search: Threads
    ingest: Threads
    write: Threads
    door: anyio.CapacityLimiter
    probe: anyio.CapacityLimiter


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in this thread; where a loop runs in it already, as in notebooks, in another one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
