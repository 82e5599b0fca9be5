"""A server that keeps failing is left alone for a while: each question would wait for it in vain."""

import time
from collections.abc import Callable


class Pause:
    """Begins after so many `failures` in a row; every `seconds` one question tries again, until one succeeds.

    Used on one event loop only, so it needs no lock.
    """

    def __init__(self, *, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._seconds = seconds
        self._clock = clock
        self._failed = 0
        self._next_try = 0.0

    def lets_through(self) -> bool:
        """Say whether a question may be asked now; after a while one may, and it decides for the others."""
        if self._failed < self._failures:
            return True
        if self._clock() < self._next_try:
            return False
        self._next_try = self._clock() + self._seconds
        return True

    def note_success(self) -> None:
        """End the pause."""
        self._failed = 0

    def note_failure(self) -> None:
        """Count a failure."""
        self._failed += 1
        self._next_try = self._clock() + self._seconds
