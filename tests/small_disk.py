"""A real disk that is soon full: a file system of a few megabytes, mounted where the machine lets a test do that."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FILLER = "filler"


@contextmanager
def small_disk(folder: Path, *, megabytes: int = 32) -> Iterator[Path]:
    """Mount a disk of this size on the new folder `folder`; skips the test where mounting is not allowed."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets no test mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def free(disk: Path) -> int:
    """The bytes that are left."""
    figures = os.statvfs(disk)
    return figures.f_bavail * figures.f_frsize


def fill(disk: Path, *, leave: int = 0) -> None:
    """Fill the disk but for `leave` bytes, as somebody else would."""
    with (disk / FILLER).open("ab", buffering=0) as file:
        while (left := free(disk)) > leave:
            file.write(bytes(min(1 << 20, left - leave)))


def make_room(disk: Path) -> None:
    """Take the filling away."""
    (disk / FILLER).unlink()
