"""Expired sessions are deleted every so often, in the background."""

import logging
import time

from app.common.background import Background
from app.memory import SessionStore
from app.telemetry.counting import count_expired

logger = logging.getLogger(__name__)


def session_cleaner(sessions: SessionStore, *, every: float) -> Background:
    """Return what deletes expired sessions every `every` seconds once it is started.

    The first cleanup is at once, so that what expired while the service was off goes. One that fails is tried again
    in its time; a database that stays away shows in /health.
    """
    return Background("session-cleaner", lambda: _clean(sessions), every=every, at_once=True)


def _clean(sessions: SessionStore) -> None:
    started = time.perf_counter()
    removed = sessions.cleanup()
    count_expired(removed.sessions)
    if removed.sessions:
        logger.info(
            "expired sessions deleted",
            extra={
                "sessions": removed.sessions,
                "messages": removed.messages,
                "ms": round((time.perf_counter() - started) * 1000, 1),
            },
        )
