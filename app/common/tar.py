"""Tar archives of plain files, nothing else: written without going back, and read from strangers with suspicion."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 512
_READ = 1 << 20
_LONGEST_NAME = 100
END = bytes(2 * BLOCK)
"""What an archive ends with."""


class DamagedArchive(Exception):
    """It is no archive of plain files, or it ends before its end."""


def head(name: str, size: int, *, modified: float) -> bytes:
    """Return what comes before a file of `size` bytes. Raises ValueError for a name that does not fit."""
    if len(name) > _LONGEST_NAME or not name.isascii():
        raise ValueError("a name of at most 100 ASCII characters is needed")
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(modified)
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def filling(size: int) -> int:
    """Return how many zero bytes come after a file of `size` bytes."""
    return -size % BLOCK


@dataclass(slots=True)
class Member:
    """One file of an archive that is being read."""

    name: str
    size: int
    _stream: BinaryIO
    _left: int

    def blocks(self) -> Iterator[bytes]:
        """Yield the content, or what is left of it. Raises DamagedArchive when the archive ends in it."""
        while self._left:
            block = self._stream.read(min(_READ, self._left))
            if not block:
                raise DamagedArchive
            self._left -= len(block)
            yield block

    def finish(self) -> None:
        """Read to the end of the file and its filling."""
        for _ in self.blocks():
            pass
        if len(self._stream.read(filling(self.size))) != filling(self.size):
            raise DamagedArchive


def members(stream: BinaryIO) -> Iterator[Member]:
    """Yield the files in their order; what was not read of one is skipped.

    Raises DamagedArchive for everything that is no plain file with a short name (links, devices, folders, sparse files,
    extended heads), and for an archive without its end. Never reads more than a head and one block at once.
    """
    while any(data := stream.read(BLOCK)):
        try:
            info = tarfile.TarInfo.frombuf(data, "ascii", "strict")
        except (tarfile.TarError, ValueError):
            raise DamagedArchive from None
        if info.type != tarfile.REGTYPE or info.linkname or info.size < 0 or not info.name:
            raise DamagedArchive
        member = Member(info.name, info.size, stream, info.size)
        yield member
        member.finish()
    if len(data) != BLOCK:
        raise DamagedArchive
