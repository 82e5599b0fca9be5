"""Uploaded files on disk while they wait to be read. A client's file name is never part of a path."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.common.ids import new_id

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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def receive(self, filename: str, stream: BinaryIO) -> Upload:
        """Copy the stream to disk; nothing stays when that fails."""
        path = self._folder / new_id("upload")
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("xb") as file:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
                    file.write(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Upload(filename, path, size, digest.hexdigest())

    def sweep(self) -> None:
        """Remove whatever an earlier process left behind."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
