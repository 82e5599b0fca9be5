"""What is where in a copy of the data: the same below its folder, in an archive, and in what is restored from it."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.services.chroma.sql import DATABASE_FILE
from app.services.upkeep.databases import Places

MANIFEST = "manifest.json"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INDEX_FILES = r"(?:header|data_level0|length|link_lists)\.bin|index_metadata\.pickle|collection\.dropped"
_HASHED = "[0-9a-f]{2}/[0-9a-f]{32}"
_NAME = re.compile(
    r"data/(?:catalog\.db|sessions\.db|compaction\.due|uploads/upload_[0-9a-f]{24})"
    rf"|chroma_db/(?:{re.escape(DATABASE_FILE)}|{_UUID}(?:\.damaged)?/(?:{_INDEX_FILES})"
    rf"|words/{_HASHED}\.db|tables/{_HASHED}/[A-Za-z0-9_-]{{1,40}}\.db)"
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the data of a service is. `sessions` is None when conversations are kept elsewhere."""

    catalog: Path
    sessions: Path | None
    chroma: Path
    words: Path
    tables: Path
    spool: Path
    marker: Path


def layout(folder: Path, *, sessions: bool = True) -> Sources:
    """Return where things are in the copy in `folder`, with or without conversations."""
    data, chroma = folder / "data", folder / "chroma_db"
    return Sources(
        catalog=data / "catalog.db",
        sessions=data / "sessions.db" if sessions else None,
        chroma=chroma,
        words=chroma / "words",
        tables=chroma / "tables",
        spool=data / "uploads",
        marker=data / "compaction.due",
    )


def places(sources: Sources) -> Places:
    """Return the databases among them."""
    return Places(sources.catalog, sources.sessions, sources.chroma)


def is_ours(name: str) -> bool:
    """Whether a file of this name, below the folder of a copy, is one that a copy can have."""
    return _NAME.fullmatch(name) is not None
