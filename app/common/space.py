"""Room on the disk: asked for before much is written, and a little of it kept back so that deleting always works."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.common.disk import disk_errors
from app.common.errors import AppError, InsufficientStorage, disk_full
from app.common.locks import Rank, RankedLock

logger = logging.getLogger(__name__)

RESERVE_FILE = "reserve.space"
PROBE_SECONDS = 5.0
"""How long a successful writing in earnest counts."""

_PROBE_FILE = ".probe"
_PROBE_BYTES = 1 << 16
_SHARE = 16
"""A reserve takes at most this part of its disk."""
_STEP = 1 << 16


class DiskSpace:
    """The disks under some folders, which exist. Safe to share between threads.

    Each disk has a reserve: a file that takes room, and gives it up while something is deleted on a full disk, since
    deleting writes too. It is made again when there is room. What is stored has to leave it alone.
    """

    def __init__(
        self, folders: Sequence[Path] = (), *, reserve_bytes: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`reserve_bytes` are kept back on each disk; without folders there is no limit. `clock` gives seconds."""
        disks = {folder.stat().st_dev: folder for folder in reversed(folders)}
        self._folders = tuple(dict.fromkeys(folders))
        self._reserves = tuple(_Reserve(folder, reserve_bytes) for folder in disks.values())
        self._clock = clock
        self._guard = RankedLock(Rank.DISK)
        self._probing = RankedLock(Rank.DISK)
        self._borrowers = 0
        self._known_full = False
        self._probed_until = 0.0
        self._restore()

    def require(self, size: int = 0) -> None:
        """Raise InsufficientStorage unless `size` bytes can be stored beside the reserve."""
        self.require_not_full()
        with self._guard:
            fits = self._restore() and all(reserve.leaves(size) for reserve in self._reserves)
        if not fits:
            raise disk_full()

    def require_not_full(self) -> None:
        """Raise InsufficientStorage while a write that failed for want of room would fail again."""
        if self._known_full:
            self._probe()

    def require_writable(self) -> None:
        """Raise InsufficientStorage or Unavailable unless there is room, and every folder takes a file.

        The folder for temporary files, which large uploads need, is one of them. Writes in earnest, but no more often
        than every PROBE_SECONDS while that succeeds.
        """
        if self._known_full or self._clock() >= self._probed_until:
            self._probe()
            _write_temporary()
            self._probed_until = self._clock() + PROBE_SECONDS
        self.require()

    def looks_full(self) -> bool:
        """Whether a write that failed just now may have failed for want of room; remembers that if so."""
        try:
            self._probe()
        except InsufficientStorage:
            return True
        except AppError:
            return False
        return any(reserve.free() < _PROBE_BYTES for reserve in self._reserves)

    def note_full(self) -> None:
        """Take note of a write that failed for want of room, which the disk's own figures need not show."""
        if not self._known_full:
            logger.warning("the disk is full")
        self._known_full = True
        self._probed_until = 0.0

    @contextmanager
    def lent(self) -> Iterator[bool]:
        """Let what the block does use the reserve where room is scarce, for deleting; yields whether it is."""
        with self._guard:
            self._borrowers += 1
            scarce = [reserve for reserve in self._reserves if self._known_full or not reserve.leaves(0)]
            for reserve in scarce:
                reserve.release()
        try:
            yield bool(scarce)
        finally:
            with self._guard:
                self._borrowers -= 1
                self._restore()

    def _restore(self) -> bool:
        """Make the reserves whole again as far as there is room and nobody uses them; whether they are."""
        if not self._borrowers:
            for reserve in self._reserves:
                reserve.restore()
        return all(reserve.is_whole() for reserve in self._reserves)

    def _probe(self) -> None:
        with self._probing:
            try:
                for folder in self._folders:
                    _write_and_remove(folder / _PROBE_FILE)
            except InsufficientStorage:
                self.note_full()
                raise
            if self._known_full:
                logger.info("there is room on the disk again")
            self._known_full = False


class _Reserve:
    """One disk's reserve, in `folder`; `size` is what it has when whole, in bytes. The caller keeps others away."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._file = folder / RESERVE_FILE
        self.size = min(size, shutil.disk_usage(folder).total // _SHARE) // _STEP * _STEP

    def free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def leaves(self, size: int) -> bool:
        """Whether there is room for `size` bytes, and as much as the reserve has for small things besides."""
        return self.free() >= size + self.size

    def is_whole(self) -> bool:
        return self._held() == self.size

    def _held(self) -> int:
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def release(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def restore(self) -> None:
        """Make the file as large as it should be, or as there is room for."""
        held = self._held()
        if held == self.size:
            return
        target = min(self.size, held + max(0, self.free() - _STEP) // _STEP * _STEP)
        if target != held:
            with suppress(OSError):
                _allocate(self._file, target)


def _allocate(path: Path, size: int) -> None:
    with path.open("ab") as file:
        try:
            file.truncate(min(size, file.tell()))
            if size and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                while file.tell() < size:
                    file.write(bytes(min(_STEP, size - file.tell())))
        except OSError:
            file.truncate(0)
            raise


def _write_and_remove(path: Path) -> None:
    with disk_errors():
        try:
            with path.open("wb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            path.unlink(missing_ok=True)


def _write_temporary() -> None:
    """See that large uploads have a place while they arrive."""
    with disk_errors(), tempfile.TemporaryFile() as file:
        file.write(bytes(_PROBE_BYTES))
        file.flush()
