"""A copy as an archive: the manifest, then every file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.common import tar
from app.services.backup.files import Pace
from app.services.backup.layout import MANIFEST, is_ours
from app.services.backup.manifest import LARGEST_BYTES, BadArchive, FileEntry, Manifest, Summary, decode, no_backup

_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished copy in `folder`, and what its archive is."""

    folder: Path
    manifest: Manifest

    @property
    def size_bytes(self) -> int:
        """How long the archive is."""
        sizes = [len(self.manifest.encoded()), *(file.size for file in self.manifest.files)]
        return sum(tar.BLOCK + size + tar.filling(size) for size in sizes) + len(tar.END)

    def blocks(self) -> Iterator[bytes]:
        """Yield the archive."""
        made_at, head = self.manifest.summary.made_at, self.manifest.encoded()
        yield tar.head(MANIFEST, len(head), modified=made_at) + head + bytes(tar.filling(len(head)))
        for file in self.manifest.files:
            yield tar.head(file.name, file.size, modified=made_at)
            with (self.folder / file.name).open("rb") as opened:
                while block := opened.read(_READ):
                    yield block
            yield bytes(tar.filling(file.size))
        yield tar.END


def entries(folder: Path, pace: Pace) -> tuple[FileEntry, ...]:
    """Return all files of a copy that belong into its archive, in the order of their names."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return tuple(_entry(folder, name, pace) for name in names if is_ours(name))


def make(folder: Path, summary: Summary, pace: Pace) -> Archive:
    """Return the archive of the finished copy in `folder`, which must not change any more."""
    return Archive(folder, Manifest(summary, entries(folder, pace)))


def read_manifest(members: Iterator[tar.Member]) -> Manifest:
    """Return the manifest, an archive's first file. Raises BadArchive."""
    first = next(members, None)
    if first is None or first.name != MANIFEST or first.size > LARGEST_BYTES:
        raise no_backup()
    return decode(b"".join(first.blocks()))


def read(stream: BinaryIO, into: Path | None) -> Manifest:
    """Read an archive to its end; return its manifest. With `into` its files are written below that empty folder.

    Raises BadArchive unless it holds just the files that it says, whole and unchanged.
    """
    try:
        members = tar.members(stream)
        manifest = read_manifest(members)
        missing = {file.name: file for file in manifest.files}
        for member in members:
            expected = missing.pop(member.name, None)
            if expected is None or member.size != expected.size or _written(member, into) != expected.sha256:
                raise _damaged()
    except tar.DamagedArchive:
        raise _damaged() from None
    if missing:
        raise _damaged()
    return manifest


def _written(member: tar.Member, into: Path | None) -> str:
    """Read a file, and write it if that is wanted; return its hash."""
    digest = hashlib.sha256()
    if into is None:
        for block in member.blocks():
            digest.update(block)
        return digest.hexdigest()
    path = into / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        for block in member.blocks():
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _entry(folder: Path, name: str, pace: Pace) -> FileEntry:
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("rb") as file:
        while block := file.read(_READ):
            digest.update(block)
            size += len(block)
            pace.rest()
    return FileEntry(name, size, digest.hexdigest())


def _damaged() -> BadArchive:
    return BadArchive("This backup is damaged or not whole; nothing was restored. Take another one.")
