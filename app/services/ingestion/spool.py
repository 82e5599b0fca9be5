"""Uploaded files on disk while they wait to be read. A client's file name is never part of a path."""

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from app.common.disk import disk_errors, flush
from app.common.ids import new_id
from app.common.space import DiskSpace
from app.common.undo import on_failure

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file: the name its sender gave it (for show only), where it lies, its size in bytes and hash."""

    filename: str
    path: Path
    size: int
    sha256: str

    def discard(self) -> None:
        """Remove the file; it may be gone already."""
        self.path.unlink(missing_ok=True)


class UploadSpool:
    """A folder of received files, each under a random name."""

    def __init__(self, folder: Path, space: DiskSpace | None = None) -> None:
        """Open or create the folder, which lies on a disk of `space`."""
        self._folder = folder
        self._space = space or DiskSpace()
        folder.mkdir(parents=True, exist_ok=True)

    def require_room(self) -> None:
        """Raise InsufficientStorage while the disk is full."""
        self._space.require()

    def receive(self, filename: str, stream: BinaryIO, *, durable: bool = False) -> Upload:
        """Copy the stream to disk; nothing stays when that fails.

        A `durable` file's bytes survive a power cut; its place in the folder does so after `settle`. Raises
        InsufficientStorage when the disk is full.
        """
        path = self._folder / new_id("upload")
        digest, size = hashlib.sha256(), 0
        with disk_errors():
            file = path.open("xb", buffering=0)
        with on_failure(lambda: path.unlink(missing_ok=True)), file:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
                with disk_errors():
                    _write(file, block)
            if durable:
                with disk_errors():
                    os.fsync(file.fileno())
        return Upload(filename, path, size, digest.hexdigest())

    def settle(self) -> None:
        """Make the folder itself survive a power cut: once for any number of durable files."""
        if os.name != "posix":
            return  # elsewhere folders cannot be opened
        for folder in (self._folder, self._folder.parent):
            with disk_errors():
                flush(folder)

    def path(self, name: str) -> Path:
        """Return where a received file of this random name lies."""
        return self._folder / name

    def discard(self, names: Collection[str]) -> None:
        """Remove received files by their random names; they may be gone already."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def sweep(self, keep: Collection[str] = ()) -> None:
        """Remove what an earlier process left behind, except the files named in `keep`."""
        kept = set(keep)
        for path in self._folder.iterdir():
            if path.name not in kept and path.is_file():
                path.unlink(missing_ok=True)


def _write(file: FileIO, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[file.write(left) :]
