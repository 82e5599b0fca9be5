"""Copying the folders of Chroma's indexes, which change in place.

An index is made again from texts and vectors when it does not fit the database. So nobody has to wait for the copying:
an index that was written meanwhile is put where damaged ones wait for their rebuild, which takes what vectors it has.
"""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from app.services.backup.files import Pace, copy_file
from app.services.backup.layout import is_ours
from app.services.chroma.files import segment_folders, set_aside_folder

Signature = tuple[tuple[str, int, int, int], ...]
"""Name, time of the last change, size and inode of each file."""


def signatures(root: Path) -> Mapping[str, Signature]:
    """Return how the files of each index are now; taken before the database is copied."""
    return {name: _signature(root / name) for name in _segments(root)}


def copy_indexes(root: Path, target: Path, before: Mapping[str, Signature], pace: Pace) -> None:
    """Copy all indexes; those that are not as `before` any more are set aside in the copy."""
    for name in sorted(_segments(root)):
        _copy_folder(set_aside_folder(root / name), target, pace)
        _copy_folder(root / name, target, pace)
        copy = target / name
        if copy.exists() and _signature(root / name) != before.get(name):
            _set_aside(copy)


def drop_others(target: Path, segments: Collection[str]) -> None:
    """Remove from the copy the indexes that belong to none of these segments."""
    for name in segment_folders(target) - set(segments):
        for folder in (target / name, set_aside_folder(target / name)):
            shutil.rmtree(folder, ignore_errors=True)


def _segments(root: Path) -> set[str]:
    return segment_folders(root) if root.is_dir() else set()


def _copy_folder(folder: Path, target: Path, pace: Pace) -> None:
    names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    ours = [name for name in names if is_ours(f"chroma_db/{folder.name}/{name}")]
    if ours:
        (target / folder.name).mkdir()
    for name in ours:
        copy_file(folder / name, target / folder.name / name, pace)


def _set_aside(copy: Path) -> None:
    aside = set_aside_folder(copy)
    if not aside.exists():  # else it counts as damaged already
        copy.rename(aside)


def _signature(folder: Path) -> Signature:
    try:
        stats = [(file.name, file.stat()) for file in sorted(folder.iterdir())]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)
