"""Copying files without being in anybody's way."""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

from app.common.errors import shutting_down

_STEP = 4 << 20
_LONGEST_REST_SECONDS = 1.0


class Pace:
    """Has whoever copies rest for as long as it worked, until `stopped` is set."""

    def __init__(self, stopped: Event | None = None) -> None:
        self._stopped = stopped or Event()
        self._since = time.perf_counter()

    def rest(self) -> None:
        """Wait for as long as it is since the last rest; a second at most. Raises Unavailable when all is to end."""
        if self._stopped.wait(min(time.perf_counter() - self._since, _LONGEST_REST_SECONDS)):
            raise shutting_down()
        self._since = time.perf_counter()


def copy_file(source: Path, target: Path, pace: Pace) -> None:
    """Copy a file to where there is none; what is gone is not copied. Raises OSError."""
    with suppress(FileNotFoundError), source.open("rb") as old, target.open("xb") as new:
        while block := old.read(_STEP):
            new.write(block)
            pace.rest()


def keep_all(source: Path, target: Path, pattern: str, pace: Pace) -> None:
    """Have files that never change, and may go at any moment, below `target` too, unless they are there."""
    for path in source.glob(pattern):
        kept = target / path.relative_to(source)
        if kept.exists():
            continue
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, kept)
        except FileNotFoundError:
            continue
        except OSError:  # another disk, or one without such links
            copy_file(path, kept, pace)
