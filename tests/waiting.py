"""Waiting for what other threads do."""

import time
from collections.abc import Callable

PATIENCE = 30.0


def wait_for(reached: Callable[[], object]) -> None:
    """Return as soon as `reached` holds; fail when it does not within `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)
