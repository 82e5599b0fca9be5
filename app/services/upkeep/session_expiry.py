"""The background cleaner: expired sessions are deleted every so often."""

import logging
import threading
import time

from app.common.errors import AppError
from app.memory import SessionStore

logger = logging.getLogger(__name__)


class Cleaner:
    """A thread that calls the session store's cleanup every `interval` seconds until it is stopped."""

    def __init__(self, sessions: SessionStore, *, interval: float) -> None:
        self._sessions = sessions
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cleaner", daemon=True)

    def start(self) -> None:
        """Begin; the first cleanup is at once, so that what expired while the service was off goes."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the cleanup that may be under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._clean()
            if self._stop.wait(self._interval):
                return

    def _clean(self) -> None:
        started = time.perf_counter()
        try:
            removed = self._sessions.cleanup()
        except AppError as exc:
            # The next round tries again; a database that stays away shows in /health.
            logger.warning("cleanup failed", extra={"code": exc.code})
            return
        if removed.sessions:
            logger.info(
                "expired sessions deleted",
                extra={
                    "sessions": removed.sessions,
                    "messages": removed.messages,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
