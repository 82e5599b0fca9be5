"""Work on Chroma's SQLite file without Chroma, always in a process of its own.

Two SQLite libraries must never have one file open in one process: POSIX locks belong to the process, so the
first of them to close the file drops the locks that the other one believes it holds. Chroma carries its own
SQLite, therefore Python's works from a child process. Nothing else may open or copy `chroma.sqlite3` inside the
serving process either, not even to read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.common.sqlite import condition as condition_program
from app.common.sqlite import salvage as salvage_program
from app.common.sqlite.child import ProgramFailed, run_program
from app.common.sqlite.condition import Condition
from app.services.chroma import sql_child as chroma_child
from app.services.chroma.formats import KnownFormats

DATABASE_FILE = "chroma.sqlite3"


class MaintenanceFailed(Exception):
    """The work on the database file could not be done; nothing was changed."""


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What SQLite says of one collection and its vector index.

    `dimension` is None until the first vector was added. `text_seq` and `index_seq` are the last write that the
    texts and the index on disk contain; Chroma replays what lies between when it opens the collection. `model` is the
    embedding model that the collection names.
    """

    collection: str
    collection_id: str
    segment_id: str
    dimension: int | None
    rows: int
    text_seq: int
    index_seq: int
    model: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is stored, by collection id: the number of chunks by document id, and the last write in the log."""

    chunks: Mapping[str, Mapping[str, int]]
    logged: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document as its chunks tell of it: the collection it is in, its file's name, its last page and character."""

    collection: str
    document_id: str
    source: str
    pages: int
    characters: int
    chunks: int


def prepare(folder: Path) -> list[SegmentFacts]:
    """Turn on write-ahead logging, add the missing indexes and return all collections.

    To be called while Chroma has the folder closed, after it made the file.
    """
    return [SegmentFacts(*row) for row in _in_child("prepare", folder)]


def facts(folder: Path, collection: str | None = None) -> list[SegmentFacts]:
    """Return what SQLite knows of one collection (none or one entry), or of all."""
    return [SegmentFacts(*row) for row in _in_child("facts", folder, *([collection] if collection else []))]


def contents(folder: Path) -> Contents:
    """Return how many chunks of which documents each collection holds."""
    ((counted, logged),) = _in_child("contents", folder)
    chunks: dict[str, dict[str, int]] = {}
    for collection, document_id, count in counted:
        chunks.setdefault(collection, {})[document_id] = count
    return Contents(chunks, dict(logged))


def compact(folder: Path, _proof: KnownFormats) -> None:
    """Rewrite the file without free pages or remains of deleted rows, and empty the write-ahead log.

    This deletes from Chroma's log what its tables already hold, hence the proof that the log is understood. Readers
    go on meanwhile; the caller keeps writers away (they would wait and then fail).
    """
    _in_child("compact", folder)


def condition(folder: Path, *, thorough: bool) -> Condition:
    """Say whether the file is there and whole; see `condition_of`. To be called while Chroma has it closed."""
    try:
        found: Condition = run_program(
            condition_program.__file__, str(folder / DATABASE_FILE), "thorough" if thorough else "quick"
        )
    except ProgramFailed:
        return "unreadable"
    return found


def words_are_whole(folder: Path) -> bool:
    """Whether the full-text index, which only compaction needs, agrees with its texts."""
    try:
        return _in_child("check_words", folder) == [("whole",)]
    except MaintenanceFailed:
        return False


def rebuild_words(folder: Path) -> None:
    """Rebuild the full-text index."""
    _in_child("rebuild_words", folder)


def salvage(damaged: Path, new: Path) -> Mapping[str, bool]:
    """Copy what can be read of Chroma's damaged file into a new one; return for each table whether that is all of it.

    Chunks of which a part is lost are left out. Raises MaintenanceFailed when nothing can be read.
    """
    try:
        complete: dict[str, bool] = run_program(salvage_program.__file__, str(damaged), str(new))
        run_program(chroma_child.__file__, "settle_salvaged", str(new))
    except ProgramFailed as exc:
        raise MaintenanceFailed(str(exc)) from exc
    return complete


def documents(folder: Path) -> list[StoredDocument]:
    """Return what the texts themselves say of the documents they belong to."""
    return [StoredDocument(*row) for row in _in_child("documents", folder)]


def _in_child(operation: str, folder: Path, *arguments: str) -> list[tuple[Any, ...]]:
    try:
        return list(run_program(chroma_child.__file__, operation, str(folder / DATABASE_FILE), *arguments))
    except ProgramFailed as exc:
        raise MaintenanceFailed(str(exc)) from exc
