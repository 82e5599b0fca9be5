"""Several calls at once on an event loop, bounded, and ended with whoever waits for them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import islice
from typing import TypeVar

import anyio

T = TypeVar("T")


async def completed(
    works: Sequence[Callable[[], Awaitable[T]]], *, at_once: int
) -> AsyncGenerator[tuple[int, T], None]:
    """Yield the result of each work with its number as they come, at most `at_once` of them under way.

    The first error of one comes out of here. Closing the generator cancels what is under way.
    """
    waiting = iter(enumerate(works))
    running: dict[asyncio.Future[T], int] = {}
    try:
        while True:
            for number, work in islice(waiting, at_once - len(running)):
                running[asyncio.ensure_future(work())] = number
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                result = task.result()
                yield running.pop(task), result
    finally:
        for task in running:
            task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(*running, return_exceptions=True)
