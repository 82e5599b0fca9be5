"""The end of the service: what is under way is ended in order, and told so, instead of being torn off."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import anyio
import anyio.to_thread

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
CLOSING_SECONDS = 3.0
"""What is left for the last words of answers that were ended, before the server breaks off what is still open."""


class Ending(Protocol):
    """What can be ended early. Both methods may block for a moment, and are called once."""

    def stop_uploads(self) -> None:
        """Give up files that are being taken in: they leave nothing, and their senders are told to come again."""
        ...

    def stop_answers(self) -> None:
        """End calls to the language model: whoever waits for one is told that the service shuts down."""
        ...


class Drain:
    """Knows whether the service is ending. Used on the server's event loop only."""

    def __init__(self) -> None:
        self.begun = False
        self._arriving: set[asyncio.Timeout] = set()

    @contextmanager
    def ends(self, timeout: asyncio.Timeout) -> Iterator[None]:
        """Let the timeout run out as soon as the service ends, should that happen in the block."""
        self._arriving.add(timeout)
        try:
            yield
        finally:
            self._arriving.discard(timeout)

    def begin(self) -> None:
        """End what waits for a caller."""
        self.begun = True
        now = asyncio.get_running_loop().time()
        for timeout in self._arriving:
            timeout.reschedule(now)


async def end_in_order(drain: Drain, ending: Ending, *, told: Callable[[], bool], seconds: float) -> None:
    """Wait until the process is `told` to stop; then end uploads at once, and answers when `seconds` are over."""
    while not told():  # noqa: ASYNC110 - the server has a flag and no event
        await anyio.sleep(LOOK_SECONDS)
    logger.info("stopping", extra={"seconds_for_answers": seconds})
    drain.begin()
    # Of its own, since all threads of the requests may be at work.
    thread = anyio.CapacityLimiter(1)
    await anyio.to_thread.run_sync(ending.stop_uploads, limiter=thread)
    await anyio.sleep(seconds)
    await anyio.to_thread.run_sync(ending.stop_answers, limiter=thread)
