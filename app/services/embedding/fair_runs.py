"""Runs of a model over batches of texts: in few threads, batch by batch, with owners taking turns."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from app.common.errors import shutting_down
from app.common.fair_turns import Turns
from app.common.locks import Rank, RankedLock
from app.common.vectors import Vectors


@dataclass(frozen=True, slots=True)
class _Run:
    """One batch that waits for its run."""

    run: Callable[[], Vectors]
    result: "Future[Vectors]" = field(default_factory=Future)

    def do(self) -> None:
        if not self.result.set_running_or_notify_cancel():
            return
        try:
            self.result.set_result(self.run())
        except BaseException as exc:  # noqa: BLE001 - raised again where the result is asked for
            self.result.set_exception(exc)


class FairRuns:
    """Runs batches of many callers; safe to use from many threads."""

    def __init__(self, name: str, threads: int, *, niceness: int = 0) -> None:
        """`niceness` lowers the priority of the threads, where they have one of their own."""
        self._threads = ThreadPoolExecutor(threads, name, initializer=partial(_lower_priority, niceness))
        self._lock = RankedLock(Rank.LEAF)
        self._turns: Turns[_Run] = Turns()

    def start(self, owner: str, run: Callable[[], Vectors]) -> "Future[Vectors]":
        """Let a run of the owner wait for its turn; raises Unavailable once closed."""
        waiting = _Run(run)
        with self._lock:
            self._turns.add(owner, waiting)
        try:
            # A thread is asked to do a run; which one is decided when it begins.
            self._threads.submit(self._run_next)
        except RuntimeError as exc:  # shut down
            raise shutting_down() from exc
        return waiting.result

    def close(self) -> None:
        """Cancel what waits and finish what runs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            given_up = self._turns.clear()
        for waiting in given_up:
            waiting.result.cancel()
        self._threads.shutdown()

    def _run_next(self) -> None:
        with self._lock:
            served = self._turns.next()
        if served is None:  # closed meanwhile
            return
        owner, waiting = served
        try:
            waiting.do()
        finally:
            with self._lock:
                self._turns.end(owner)


def _lower_priority(niceness: int) -> None:
    # Linux gives every thread a priority of its own; elsewhere bulk work competes with questions as an equal.
    if niceness and sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + niceness)
