"""Waiting for what other threads, tasks and processes do: the only place where a test sleeps."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 30.0
"""Seconds: longer than anything takes on a busy machine."""

T = TypeVar("T")


def wait_for(reached: Callable[[], T], *, seconds: float = PATIENCE) -> T:
    """Return what `reached` returns as soon as that is true; fail when it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := reached()):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)
    return found


async def turn() -> None:
    """Let the other tasks of the event loop take a turn."""
    await asyncio.sleep(0)
