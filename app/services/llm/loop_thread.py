"""An event loop in a thread of its own, usable from worker threads and from other event loops."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from app.common.errors import shutting_down
from app.common.locks import Rank, RankedLock

T = TypeVar("T")


class _End:
    """Marks the end of a relayed stream."""


class LoopThread:
    """Runs coroutines for callers elsewhere. Connections and limits that live on its loop need no locks."""

    def __init__(self, name: str) -> None:
        """Start the thread at once."""
        self._loop = _new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._closing = RankedLock(Rank.LEAF)
        self._closed = False
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`, done over there; raise Unavailable when the loop is closed.

        Cancelling this cancels `work`.
        """
        caller = asyncio.get_running_loop()
        done = asyncio.Event()
        future = self._submit(work)
        future.add_done_callback(lambda _: _call_soon(caller, done.set))
        try:
            await done.wait()
            return future.result()
        except CancelledError as exc:
            raise shutting_down() from exc
        finally:
            future.cancel()  # no effect when it is done

    async def relay(
        self, source: AsyncGenerator[T, None], *, merge: Callable[[T, T], T | None] | None = None
    ) -> AsyncGenerator[T, None]:
        """Yield what `source` yields over there; closing this generator closes `source`.

        When the caller is slower than `source`, what has piled up is merged: `merge` returns two items as one, or
        None for two that stay apart.
        """
        caller = asyncio.get_running_loop()
        queue: asyncio.Queue[T | _End] = asyncio.Queue()

        def hand_over(item: T | _End) -> None:
            _call_soon(caller, lambda: queue.put_nowait(item))

        async def pump() -> None:
            async with aclosing(source):
                async for item in source:
                    hand_over(item)

        future = self._submit(pump())
        future.add_done_callback(lambda _: hand_over(_End()))
        try:
            while not isinstance(item := await queue.get(), _End):
                for merged in _merged(item, queue, merge):
                    yield merged
            future.result()
        except CancelledError as exc:
            raise shutting_down() from exc
        finally:
            future.cancel()

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel all work, run `last`, end the thread. Does nothing the second time."""
        with self._closing:
            if self._closed:
                last.close()
                return
            self._closed = True
        asyncio.run_coroutine_threadsafe(self._wind_up(last), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        with self._closing:
            if self._closed:
                work.close()
                raise shutting_down()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _wind_up(self, last: Coroutine[Any, Any, None]) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await last
        await self._loop.shutdown_asyncgens()


def _merged(item: T, queue: "asyncio.Queue[T | _End]", merge: Callable[[T, T], T | None] | None) -> Iterator[T]:
    """Yield `item` and what waits in the queue, as few items as can be; leaves the end there."""
    while merge is not None and not queue.empty():
        following = queue.get_nowait()
        if isinstance(following, _End):
            queue.put_nowait(following)
            break
        both = merge(item, following)
        if both is None:
            yield item
        item = following if both is None else both
    yield item


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Call back on a loop whose owner may be gone by now."""
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(callback)


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's, which the HTTP server runs on too and which takes a third off a call; it is not for Windows."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
