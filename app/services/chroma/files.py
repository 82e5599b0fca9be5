"""The index folders in the store: are they whole, which belong to nobody, what must not be left in them.

A folder is named after the segment of the collection whose index is in it. What only reads them is a function here;
what changes them is a method of `StoreFiles`, which nobody has without the gate's proof.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.services.chroma import sql as chroma_sql
from app.services.chroma.formats import KnownFormats, UnknownFormat
from app.services.chroma.index import (
    HEADER_FILE,
    LENGTHS_FILE,
    ROWS_FILE,
    Damaged,
    Header,
    check_index,
    salvage,
)
from app.services.chroma.sql import SegmentFacts

State = Literal["ok", "damaged", "missing", "unknown"]
"""`unknown`: written in a format that this service does not know, so that nothing may be done to it."""

_SET_ASIDE = ".damaged"
_GOING = "collection.dropped"


def index_state(root: Path, facts: SegmentFacts) -> State:
    """Whether Chroma can open the collection's index; "ok" while nothing of it has reached the index's files."""
    if facts.dimension is None or not facts.index_seq:
        return "ok"  # the log still has all of it
    rows = facts.rows if facts.text_seq == facts.index_seq else None
    return check_segment(root / facts.segment_id, dimension=facts.dimension, rows=rows)


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
    except UnknownFormat:
        return "unknown"
    except (Damaged, OSError, ValueError):
        return "damaged"
    return "ok"


def dead_rows(folder: Path, rows: int) -> int:
    """Return how many rows of a whole index with `rows` chunks belong to chunks that were deleted."""
    return Header.read(folder / HEADER_FILE).count - rows


def salvage_all(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return what `salvage` finds in the index and in what was set aside of it."""
    return salvage(set_aside_folder(folder)) | salvage(folder)


def set_aside_folder(folder: Path) -> Path:
    """Where the damaged index of the segment folder `folder` waits for the rebuild."""
    return folder.with_name(folder.name + _SET_ASIDE)


def segment_folders(root: Path) -> set[str]:
    """Return the names of the segments that have an index folder under `root`, whole or set aside."""
    names = {each.name.removesuffix(_SET_ASIDE) for each in root.iterdir() if each.is_dir()}
    return {name for name in names if _is_segment(name)}


class StoreFiles:
    """What changes the files of one store without asking Chroma."""

    def __init__(self, root: Path, proof: KnownFormats) -> None:
        self.root = root
        self._proof = proof

    def folder(self, segment_id: str) -> Path:
        """Return where the segment's index is."""
        return self.root / segment_id

    def blank_unused(self, segment_id: str) -> None:
        """Overwrite the rows that are not in use yet, if there are any.

        hnswlib writes a new index with room for a hundred rows, and what it writes there is whatever its memory
        held before: in this process that is often text, of any client.
        """
        folder = self.folder(segment_id)
        try:
            header = Header.read(folder / HEADER_FILE)
        except (Damaged, UnknownFormat, OSError):
            return
        for name, row_size in ((ROWS_FILE, header.row_size), (LENGTHS_FILE, 4)):
            with (folder / name).open("r+b") as file:
                used, size = header.count * row_size, file.seek(0, os.SEEK_END)
                file.seek(used)
                file.write(bytes(max(0, size - used)))

    def set_aside(self, segment_id: str) -> None:
        """Move a damaged index out of Chroma's sight; it stays the sign that the client must be rebuilt."""
        folder = self.folder(segment_id)
        target = set_aside_folder(folder)
        if target.exists():
            return
        if folder.exists():
            folder.rename(target)
        else:
            target.mkdir()

    def remove(self, segment_id: str) -> None:
        """Remove an index and what was set aside of it.

        Their space is free at once, even where Chroma has them open.
        """
        for each in self._both(segment_id):
            if each.is_dir():
                for file in each.iterdir():
                    with file.open("r+b") as opened:
                        opened.truncate(0)
                shutil.rmtree(each)

    def note_going(self, segment_id: str) -> None:
        """Note in its folder that the collection of this index is about to be dropped from the database."""
        for folder in self._both(segment_id):
            if folder.is_dir():
                (folder / _GOING).touch()

    def settle_going(self, segments: Collection[str]) -> int:
        """At startup, remove the index folders of collections that were dropped; return how many.

        Only those that say so themselves: a folder that belongs to none of `segments`, all that there are, may be all
        that is left of something else.
        """
        removed = 0
        for name in segment_folders(self.root):
            notes = [folder / _GOING for folder in self._both(name) if (folder / _GOING).exists()]
            if notes and name not in segments:
                self.remove(name)
                removed += 1
            for note in notes:
                note.unlink(missing_ok=True)
        return removed

    def remove_unknown(self, segments: Collection[str]) -> int:
        """Remove the index folders that belong to none of `segments`, whatever they are; return how many."""
        unknown = segment_folders(self.root) - set(segments)
        for name in unknown:
            self.remove(name)
        return len(unknown)

    def _both(self, segment_id: str) -> tuple[Path, Path]:
        folder = self.folder(segment_id)
        return folder, set_aside_folder(folder)

    def compact_database(self) -> None:
        """Rewrite Chroma's database without what was deleted; see `chroma_sql.compact`."""
        chroma_sql.compact(self.root, self._proof)


def _is_segment(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
