"""Threads that work on their own: one way to start them, one way to end them."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

from typing_extensions import override

from app.common.errors import AppError

logger = logging.getLogger(__name__)


class Running(ABC):
    """Something that works on its own from `start` to `close`; as a context manager, during the block.

    `close` returns when the work has ended. It may be called twice, and before `start`; nothing is started again.
    """

    @abstractmethod
    def start(self) -> None:
        """Begin to work."""

    @abstractmethod
    def close(self) -> None:
        """End the work, after the piece of it that may be under way."""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


class Background(Running):
    """A thread that calls `work` every so often. A call that raises is logged, and the next one comes in its time.

    Long work looks at `closing` now and then, or waits with `pause`, so that `close` need not wait for all of it.
    """

    def __init__(self, name: str, work: Callable[[], object], *, every: float, at_once: bool = False) -> None:
        """`every` is the pause between two calls, in seconds; `at_once`: the first call does not wait for it."""
        self._name = name
        self._work = work
        self._every = every
        self._at_once = at_once
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @override
    def start(self) -> None:
        self._thread.start()

    @override
    def close(self) -> None:
        self._closing.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def closing(self) -> bool:
        """Whether the work is to end."""
        return self._closing.is_set()

    def wake(self) -> None:
        """Have the next call now: it begins after this one, however much of the pause is left."""
        self._wake.set()

    def pause(self, seconds: float) -> bool:
        """Wait within the work; return True as soon as it is to end."""
        return self._closing.wait(seconds)

    def _run(self) -> None:
        if not self._at_once:
            self._rest()
        while not self.closing:
            self._call()
            self._rest()

    def _rest(self) -> None:
        self._wake.wait(self._every)
        self._wake.clear()

    def _call(self) -> None:
        try:
            self._work()
        except AppError as exc:
            logger.warning("background work failed, will be tried again", extra={"work": self._name, "code": exc.code})
        except Exception as exc:  # noqa: BLE001 - the edge of the thread: the next call may succeed
            # Never the text: it may quote a document.
            logger.error(
                "background work failed, will be tried again", extra={"work": self._name, "error": type(exc).__name__}
            )
