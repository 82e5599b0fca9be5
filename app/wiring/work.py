"""Threads for each kind of work."""

import anyio

from app.common.cores import usable_cores
from app.common.fair_slots import SlotLimits
from app.common.work import OwnThreads, Work
from app.config import Settings

UPLOADS_OF_ONE_CLIENT = 3
WRITE_THREADS = 16
DOOR_THREADS = 8
PROBE_THREADS = 4
SEARCH_WAIT_SECONDS = 30.0
INGEST_WAIT_SECONDS = 120.0
WRITE_WAIT_SECONDS = 60.0


def make_work(settings: Settings) -> Work:
    """Return the kinds of work. One client has some of each kind's threads at most, never all."""
    search = settings.search_threads or max(3, usable_cores() + 1)
    return Work(
        search=_threads("search", search, search - 1, settings, SEARCH_WAIT_SECONDS, even=True),
        ingest=_threads("ingest", settings.uploads_at_once, UPLOADS_OF_ONE_CLIENT, settings, INGEST_WAIT_SECONDS),
        write=_threads("write", WRITE_THREADS, WRITE_THREADS // 2, settings, WRITE_WAIT_SECONDS),
        door=anyio.CapacityLimiter(DOOR_THREADS),
        probe=anyio.CapacityLimiter(PROBE_THREADS),
    )


def _threads(name: str, capacity: int, each: int, settings: Settings, wait: float, *, even: bool = False) -> OwnThreads:
    each, waiting = min(each, max(1, capacity - 1)), settings.max_waiting_requests
    return OwnThreads(name, SlotLimits(capacity, each, waiting_each=waiting, wait=wait, even=even))
