"""What folders take on disk, and what an error of the disk means for a caller."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.common.errors import disk_full, not_writable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def size_of(*folders: Path) -> int:
    """Return the bytes of all files in the folders and below, each once; what vanishes meanwhile counts nothing."""
    # os.walk goes on when a folder vanishes under it, as those of deleted clients do; Path.rglob does not.
    walks = [walk for folder in folders for walk in os.walk(folder)]
    return sum(_file_size(path) for path in {Path(folder, name) for folder, _, names in walks for name in names})


@contextmanager
def disk_errors() -> Iterator[None]:
    """Translate errors of the operating system while a file of ours is written.

    Raises InsufficientStorage when there is no room, and Unavailable when the folder does not take the file.
    """
    try:
        yield
    except OSError as exc:
        raise (disk_full() if exc.errno in _FULL else not_writable()) from exc


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk itself before this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # it went between listing and looking
