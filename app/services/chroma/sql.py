"""Work on Chroma's SQLite file without Chroma, always in a process of its own.

Two SQLite libraries must never have one file open in one process: POSIX locks belong to the process, so the
first of them to close the file drops the locks that the other one believes it holds. Chroma carries its own
SQLite, therefore Python's works from a child process. Nothing else may open or copy `chroma.sqlite3` inside the
serving process either, not even to read it.
"""

import ast
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.services.chroma import sql_child as chroma_child
from app.services.chroma.formats import KnownFormats

DATABASE_FILE = "chroma.sqlite3"
_TIMEOUT_SECONDS = 3600


class MaintenanceFailed(Exception):
    """The work on the database file could not be done; nothing was changed."""


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What SQLite says of one collection and its vector index.

    `dimension` is None until the first vector was added. `text_seq` and `index_seq` are the last write that the
    texts and the index on disk contain; Chroma replays what lies between when it opens the collection.
    """

    collection: str
    collection_id: str
    segment_id: str
    dimension: int | None
    rows: int
    text_seq: int
    index_seq: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What is stored, by collection id: the number of chunks by document id, and the last write in the log."""

    chunks: Mapping[str, Mapping[str, int]]
    logged: Mapping[str, int]


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


def _in_child(operation: str, folder: Path, *arguments: str) -> list[tuple[Any, ...]]:
    program = str(Path(chroma_child.__file__).resolve())
    command = [sys.executable, "-I", "-S", program, operation, str(folder / DATABASE_FILE), *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
    if done.returncode != 0:
        raise MaintenanceFailed(f"{operation}: {done.stderr.strip()[-500:]}")
    return list(ast.literal_eval(done.stdout))
