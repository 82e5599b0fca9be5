"""The index folders in the store: are they whole, which belong to nobody, what must not be left in them.

A folder is named after the segment of the collection whose index is in it.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.services.chroma_index import (
    HEADER_FILE,
    LENGTHS_FILE,
    ROWS_FILE,
    Damaged,
    Header,
    check_index,
    salvage,
)

State = Literal["ok", "damaged", "missing"]

_SET_ASIDE = ".damaged"


def check_segment(folder: Path, *, dimension: int, rows: int | None) -> State:
    """Whether Chroma can open the index in `folder`.

    `dimension` is that of the collection, `rows` how many chunks the index must hold (None while writes wait to
    be replayed). Costs one reading of the files.
    """
    if set_aside_folder(folder).exists():
        return "damaged"
    if not folder.is_dir():
        return "missing"
    try:
        check_index(folder, dimension=dimension, rows=rows)
    except (Damaged, OSError, ValueError):
        return "damaged"
    return "ok"


def dead_rows(folder: Path, rows: int) -> int:
    """Return how many rows of a whole index with `rows` chunks belong to chunks that were deleted."""
    return Header.read(folder / HEADER_FILE).count - rows


def blank_unused(folder: Path) -> None:
    """Overwrite the rows that are not in use yet, if there are any.

    hnswlib writes a new index with room for a hundred rows, and what it writes there is whatever its memory held
    before: in this process that is often text, of any client.
    """
    try:
        header = Header.read(folder / HEADER_FILE)
    except (Damaged, OSError):
        return
    for name, row_size in ((ROWS_FILE, header.row_size), (LENGTHS_FILE, 4)):
        with (folder / name).open("r+b") as file:
            used, size = header.count * row_size, file.seek(0, os.SEEK_END)
            file.seek(used)
            file.write(bytes(max(0, size - used)))


def salvage_all(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return what `salvage` finds in the index and in what was set aside of it."""
    return salvage(set_aside_folder(folder)) | salvage(folder)


def set_aside_folder(folder: Path) -> Path:
    """Where the damaged index of the segment folder `folder` waits for the rebuild."""
    return folder.with_name(folder.name + _SET_ASIDE)


def set_aside(folder: Path) -> None:
    """Move a damaged index out of Chroma's sight; it stays the sign that the client must be rebuilt."""
    target = set_aside_folder(folder)
    if target.exists():
        return
    if folder.exists():
        folder.rename(target)
    else:
        target.mkdir()


def remove_segment(folder: Path) -> None:
    """Remove an index and what was set aside of it. Their space is free at once, even where Chroma has them open."""
    for each in (folder, set_aside_folder(folder)):
        if each.is_dir():
            for file in each.iterdir():
                with file.open("r+b") as opened:
                    opened.truncate(0)
            shutil.rmtree(each)


def remove_orphans(root: Path, segments: Collection[str]) -> int:
    """Remove the index folders under `root` that belong to none of `segments`; return how many."""
    names = {each.name.removesuffix(_SET_ASIDE) for each in root.iterdir() if each.is_dir()}
    orphans = [name for name in names if _is_segment(name) and name not in segments]
    for name in orphans:
        remove_segment(root / name)
    return len(orphans)


def _is_segment(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
