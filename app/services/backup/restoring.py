"""From an archive to folders that a service can be started on: beside what is there, and never over it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.common import tar
from app.common.disk import disk_errors, flush
from app.common.errors import Conflict, disk_full
from app.services.backup.archive import read, read_manifest
from app.services.backup.checking import Findings, check
from app.services.backup.layout import layout
from app.services.backup.manifest import BadArchive, Manifest

_BESIDE = ".restoring"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: what the archive says of itself, and what was found in it."""

    manifest: Manifest
    findings: Findings


def restore(stream: BinaryIO, folder: Path) -> Restored:
    """Write an archive's files below `folder`, which is empty or not there yet. `stream` can go back.

    They are written and checked beside it, under its name with `.restoring`, and put in its place at the end: a
    folder of that name is whole. Raises Conflict when there is something already, InsufficientStorage without room,
    and BadArchive.
    """
    folder = folder.absolute()
    _require_empty(folder)
    with disk_errors():
        _require_room(stream, folder)
        stream.seek(0)
        with _beside(folder) as new:
            manifest = read(stream, new)
            restored = Restored(manifest, check(new, sessions=manifest.summary.conversations))
            layout(new).spool.mkdir(parents=True, exist_ok=True)
            _flush_all(new)
            new.rename(folder)
            flush(folder.parent)
    return restored


def verify(stream: BinaryIO) -> Manifest:
    """Read an archive to its end, and return its manifest. Raises BadArchive unless it is whole."""
    return read(stream, None)


def _require_empty(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise Conflict("There is something at that place already: name a folder that is empty or not there yet.")


def _require_room(stream: BinaryIO, folder: Path) -> None:
    try:
        manifest = read_manifest(tar.members(stream))
    except tar.DamagedArchive:
        raise BadArchive("This file is not a backup of this service; nothing was restored.") from None
    folder.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder.parent).free < manifest.size_bytes:
        raise disk_full()


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Make the folder in which things are put together; whatever is left of it at the end is removed."""
    new = folder.with_name(folder.name + _BESIDE)
    try:
        new.mkdir(mode=0o700)
    except FileExistsError:
        raise Conflict(
            f"A restore to this place runs or was interrupted: unless one runs, remove {new.name} beside it and "
            "try again."
        ) from None
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _flush_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)
