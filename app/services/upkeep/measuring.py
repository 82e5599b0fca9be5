"""What takes too long to look up each time somebody asks: sizes of files, totals of tables."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from app.common.background import Background, Running
from app.memory import SessionStats
from app.services.catalog.records import CatalogTotals

_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured, in bytes and numbers; `oldest_job` is when the oldest unfinished job came, if there is one.

    `outdated` counts the clients whose documents have another embedding model than the one in use.
    """

    store_bytes: Mapping[str, int]
    free_bytes: Mapping[str, int]
    totals: CatalogTotals
    sessions: SessionStats
    oldest_job: float | None
    outdated: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What is to be measured: files and folders by a store's name, folders whose disks fill, and what stores say."""

    stores: Mapping[str, Path]
    disks: Mapping[str, Path]
    totals: Callable[[], CatalogTotals]
    sessions: Callable[[], SessionStats]
    oldest_job: Callable[[], float | None]
    outdated: Callable[[], int]


class Measurer(Running):
    """A thread that measures when it is asked to; who asks again soon gets what was measured last."""

    def __init__(
        self,
        measured: Measured,
        *,
        fresh: float = 15.0,
        patience: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Measures count for `fresh` seconds; who asks for the first waits for `patience` seconds at most."""
        self._measured = measured
        self._fresh = fresh
        self._patience = patience
        self._clock = clock
        self._latest: Measures | None = None
        self._first = threading.Event()
        self._until = 0.0
        self._wanted = False
        self._background = Background("measurer", self._measure_if_wanted, every=threading.TIMEOUT_MAX)

    @override
    def start(self) -> None:
        """Begin to wait for somebody who asks."""
        self._background.start()

    @override
    def close(self) -> None:
        """End the thread, after the measuring that may be under way."""
        self._background.close()

    def latest(self) -> Measures | None:
        """Return what was measured last, and have it measured again if that was long ago; None if there is nothing yet.

        Only the first call takes time.
        """
        if self._latest is None or self._clock() >= self._until:
            self._wanted = True
            self._background.wake()
        if self._latest is None:
            self._first.wait(self._patience)
        return self._latest

    def _measure_if_wanted(self) -> None:
        if not self._wanted:
            return
        self._wanted = False
        what = self._measured
        try:
            self._latest = Measures(
                store_bytes={name: tree_size(path) for name, path in what.stores.items()},
                free_bytes={name: shutil.disk_usage(path).free for name, path in what.disks.items()},
                totals=what.totals(),
                sessions=what.sessions(),
                oldest_job=what.oldest_job(),
                outdated=what.outdated(),
            )
        finally:
            self._until = self._clock() + self._fresh
            self._first.set()


def tree_size(path: Path) -> int:
    """Return the bytes of a folder, or of a database with its logs; what vanishes meanwhile counts nothing."""
    if path.is_dir():
        return _folder_size(str(path))
    return sum(_size(f"{path}{suffix}") for suffix in _BESIDE)


def _folder_size(folder: str) -> int:
    """Add up a folder; tens of thousands of files are read without a Path for each."""
    try:
        with os.scandir(folder) as entries:
            return sum(
                _folder_size(entry.path) if entry.is_dir(follow_symlinks=False) else _size(entry.path)
                for entry in entries
            )
    except FileNotFoundError:
        return 0


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - see _folder_size
    except FileNotFoundError:
        return 0
