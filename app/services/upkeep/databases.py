"""The databases before anything is opened: are they there, are they whole, and do they belong together?"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.common.errors import StartupError
from app.common.sqlite.condition import Condition, condition_of, open_readonly
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.upkeep.counts import wrong_clients, wrong_sessions

logger = logging.getLogger(__name__)

Store = Literal["catalog", "conversations", "vector store"]
Kind = Literal["damaged", "unreadable", "missing", "words", "miscounted"]
DOCTOR = "python -m app.cli doctor --repair"
_UNTOUCHED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class Places:
    """Where the databases are: two files, and the folder of the vector store. Conversations may be kept elsewhere."""

    catalog: Path
    sessions: Path | None
    chroma: Path

    @property
    def vectors(self) -> Path:
        """The vector store's database."""
        return self.chroma / chroma_sql.DATABASE_FILE


@dataclass(frozen=True, slots=True)
class Trouble:
    """One database that cannot be worked with, and a sentence for the operator."""

    store: Store
    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What there is, as far as it can be read; `collections` are those with texts in them."""

    catalog: Condition
    sessions: Condition | None
    vectors: Condition
    clients: int
    documents: int
    conversations: int
    collections: int
    indexes: int


def look_at(places: Places, *, thorough: bool = False) -> Stored:
    """Look at all files without changing them. Nobody else may have them open."""
    catalog = condition_of(places.catalog, thorough=thorough)
    sessions = condition_of(places.sessions, thorough=thorough) if places.sessions else None
    vectors = chroma_sql.condition(places.chroma, thorough=thorough)
    return Stored(
        catalog=catalog,
        sessions=sessions,
        vectors=vectors,
        clients=_count(places.catalog, "SELECT count(*) FROM clients", catalog),
        documents=_count(places.catalog, "SELECT count(*) FROM documents WHERE status = 'ready'", catalog),
        conversations=_count(places.sessions, "SELECT count(*) FROM sessions", sessions),
        collections=_collections(places.chroma) if vectors == "whole" else 0,
        indexes=len(chroma_files.segment_folders(places.chroma)) if places.chroma.is_dir() else 0,
    )


def require_sound(places: Places) -> None:
    """Raise StartupError, with a sentence that says what to do, unless the service can start on these files.

    A missing database is no reason as long as nothing says that there was one: to begin with nothing beside what is
    left of the old data would hide it, or remove it as something that nobody knows.
    """
    stored = look_at(places)
    for trouble in troubles(places, stored):
        raise StartupError(f"{trouble.sentence} {_UNTOUCHED}")
    if stored.sessions == "absent" and stored.clients:
        logger.warning("there are clients but no database of conversations: a new one is begun")


def small_troubles(places: Places, stored: Stored) -> Iterator[Trouble]:
    """Yield what no start is refused for: what only a thorough look shows, in databases that are whole."""
    if stored.vectors == "whole" and stored.collections and not chroma_sql.words_are_whole(places.chroma):
        yield Trouble("vector store", "words", f"The vector store's index of words is damaged: `{DOCTOR}` rebuilds it.")
    try:
        wrong = wrong_clients(places.catalog) if stored.catalog == "whole" else 0
        wrong += wrong_sessions(places.sessions) if places.sessions and stored.sessions == "whole" else 0
    except sqlite3.Error:  # no tables yet, or those of an older version
        return
    if wrong:
        yield Trouble("catalog", "miscounted", f"{wrong} counters are not what is counted: `{DOCTOR}` corrects them.")


def troubles(places: Places, stored: Stored) -> Iterator[Trouble]:
    """Yield what is wrong with the databases as such, the catalog first."""
    looked_at: tuple[tuple[Store, Path | None, Condition | None], ...] = (
        ("catalog", places.catalog, stored.catalog),
        ("conversations", places.sessions, stored.sessions),
        ("vector store", places.vectors, stored.vectors),
    )
    for store, path, condition in looked_at:
        if condition == "damaged":
            yield Trouble(store, "damaged", _damaged(store, path))
        elif condition == "unreadable":
            yield Trouble(store, "unreadable", _unreadable(store, path))
    yield from _missing(places, stored)


def _missing(places: Places, stored: Stored) -> Iterator[Trouble]:
    # Conversations outlive the documents of their client, and an index may be what a crash left of a collection.
    left = stored.collections or (stored.catalog == "absent" and (stored.indexes or stored.conversations))
    if stored.catalog in ("absent", "whole") and not stored.clients and left:
        yield Trouble("catalog", "missing", _no_catalog(places, stored))
    promised = stored.documents or (stored.vectors == "absent" and stored.indexes)
    if stored.vectors in ("absent", "whole") and not stored.collections and promised:
        yield Trouble("vector store", "missing", _no_vectors(places, stored))


def _damaged(store: Store, path: Path | None) -> str:
    return (
        f"The database of the {store} ({path}) is damaged: restore all data from one backup, or run `{DOCTOR}`, which "
        "saves what can be read of it and keeps the damaged file."
    )


def _unreadable(store: Store, path: Path | None) -> str:
    return f"The database of the {store} ({path}) cannot be opened: check its owner, its permissions and the disk."


def _no_catalog(places: Places, stored: Stored) -> str:
    counted = (
        (stored.collections, "collections"),
        (stored.indexes, "indexes"),
        (stored.conversations, "conversations"),
    )
    rest = " and ".join(f"{count} {what}" for count, what in counted if count)
    data = [str(place) for place in (places.chroma, places.sessions) if place]
    remedy = f"run `{DOCTOR}`, which makes one from the vector store, " if stored.collections else ""
    return (
        f"The catalog ({places.catalog}) knows no client, but there are {rest}: restore that file from your backup, "
        f"{remedy}or move {' and '.join(data)} away to begin with nothing."
    )


def _no_vectors(places: Places, stored: Stored) -> str:
    known = f"the catalog knows {stored.documents} documents" if stored.documents else "there are indexes"
    return (
        f"The vector store's database ({places.vectors}) holds nothing, but {known}: restore that file from your "
        f"backup, or run `{DOCTOR} --discard`, which forgets these documents so that they can be uploaded again."
    )


def _count(path: Path | None, query: str, condition: Condition | None) -> int:
    """Return the count, or 0 where there is no such table: a start that was cut short left none."""
    if path is None or condition != "whole":
        return 0
    try:
        with closing(open_readonly(path)) as connection:
            return int(connection.execute(query).fetchone()[0])
    except sqlite3.Error:
        return 0


def _collections(folder: Path) -> int:
    try:
        return sum(facts.rows > 0 for facts in chroma_sql.facts(folder))
    except chroma_sql.MaintenanceFailed:  # its tables are not made yet
        return 0
