"""Looking at the data of a stopped service from outside: do catalog, texts and words agree?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import select

from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.services.catalog.schema import documents, job_files
from app.services.catalog.store import Catalog
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.chroma.files import State
from app.services.chroma.sql import SegmentFacts
from app.services.tables import TableStore
from app.services.vector_store import collection_name
from app.services.words import checking as words_checking
from app.services.words.files import index_path, orphans

Counts = Mapping[str, int]
"""Chunks by document id."""


@dataclass(frozen=True, slots=True)
class ClientState:
    """One client: what the catalog promises, and what is stored.

    `recorded` has the acknowledged documents, `stored` what there is of them. `incomplete` documents lack chunks or
    have too many, `unknown` ones are not in the catalog; both stay empty while Chroma still has writes to replay.
    `words` is how the index of words is, none where only an earlier version stored something; `unindexed` are the
    documents of which it has other parts than the catalog.
    """

    client_id: ClientId
    recorded: Counts
    stored: Counts
    incomplete: tuple[str, ...]
    unknown: tuple[str, ...]
    index: State
    words: words_checking.State | Literal["none"] = "none"
    unindexed: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with this client."""
        return self.index == "ok" and not self.incomplete and not self.unknown and self.words_sound

    @property
    def words_sound(self) -> bool:
        """Whether nothing is wrong with the client's index of words."""
        return self.words in ("ok", "none") and not self.unindexed


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that was found. `unfinished` are documents that a crash left half-written or half-deleted.

    `spool_files` counts the received files that no job waits to read, `orphan_words` and `orphan_tables` the
    indexes of words and the files of tables that belong to nobody. `older_documents` are those that an earlier version
    stored: nothing is wrong with them. `models` has the embedding model of each client's vectors.
    """

    clients: tuple[ClientState, ...]
    orphan_collections: tuple[str, ...]
    orphan_folders: tuple[str, ...]
    unfinished: tuple[tuple[ClientId, str], ...]
    spool_files: int
    orphan_words: int
    orphan_tables: int
    compaction_due: bool
    older_documents: int
    models: Mapping[ClientId, str]

    @property
    def unsound(self) -> list[ClientState]:
        """The clients with which something is wrong."""
        return [client for client in self.clients if not client.sound]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong at all."""
        folders = self.orphan_collections or self.orphan_folders
        leftovers = folders or self.unfinished or self.spool_files or self.orphan_words or self.orphan_tables
        return not (self.unsound or leftovers or self.compaction_due)


@dataclass(frozen=True, slots=True)
class _Recorded:
    ready: Mapping[str, dict[str, int]]
    unfinished: tuple[tuple[ClientId, str], ...]
    uploads: frozenset[str]
    older: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What Chroma's database says: by collection name the facts, by collection id the chunks and the last write."""

    facts: Mapping[str, SegmentFacts]
    chunks: Mapping[str, Mapping[str, int]]
    logged: Mapping[str, int]

    def replayed(self, facts: SegmentFacts) -> bool:
        return facts.text_seq >= self.logged.get(facts.collection_id, 0)


def inspect(catalog: Catalog, chroma: Path, *, words: Path, tables: Path, spool: Path, marker: Path) -> Inspection:
    """Compare the catalog with the folders of Chroma, of words and of tables; nobody else may have them open.

    `spool` is the folder of waiting uploads, `marker` the file that stands for a compaction which is due.
    """
    recorded, stored = _read_catalog(catalog), _read_chroma(chroma)
    known = {record.client_id for record in catalog.list_clients()}
    names = {collection_name(ClientId(client_id)): ClientId(client_id) for client_id in known}
    texts = (_client(client_id, recorded, stored, chroma) for client_id in sorted(names.values()))
    states = [_with_words(state, recorded, words) for state in texts]
    return Inspection(
        clients=tuple(states),
        orphan_collections=tuple(sorted(set(stored.facts) - set(names))),
        orphan_folders=_orphan_folders(chroma, stored),
        unfinished=recorded.unfinished,
        spool_files=len(set(_names(spool)) - recorded.uploads),
        orphan_words=len(orphans(words, names.values())),
        orphan_tables=len(TableStore(tables).orphans(catalog.every_document())),
        compaction_due=marker.exists(),
        older_documents=sum(recorded.older.values()),
        models={names[name]: facts.model for name, facts in stored.facts.items() if name in names},
    )


def _client(client_id: ClientId, recorded: _Recorded, stored: _Stored, root: Path) -> ClientState:
    ready = recorded.ready.get(client_id, {})
    facts = stored.facts.get(collection_name(client_id))
    if facts is None:
        return ClientState(client_id, ready, {}, tuple(ready), (), "ok")
    chunks = stored.chunks.get(facts.collection_id, {})
    unfinished = {document for client, document in recorded.unfinished if client == client_id}
    incomplete = tuple(document for document in ready if chunks.get(document) != ready[document])
    unknown = tuple(set(chunks) - set(ready) - unfinished)
    known = {document: count for document, count in chunks.items() if document in ready}
    if not stored.replayed(facts):
        incomplete = unknown = ()
    return ClientState(client_id, ready, known, incomplete, unknown, chroma_files.index_state(root, facts))


def _with_words(state: ClientState, recorded: _Recorded, words: Path) -> ClientState:
    report = words_checking.examine(index_path(words, state.client_id))
    if report.state == "missing" and len(state.recorded) == recorded.older.get(state.client_id, 0):
        return state
    pending = {document for client, document in recorded.unfinished if client == state.client_id}
    named = (state.recorded.keys() | report.parts.keys()) - pending
    wrong = (name for name in named if state.recorded.get(name) != report.parts.get(name))
    return replace(state, words=report.state, unindexed=tuple(sorted(wrong)) if report.state == "ok" else ())


def _orphan_folders(root: Path, stored: _Stored) -> tuple[str, ...]:
    if not root.is_dir():
        return ()
    return tuple(sorted(chroma_files.segment_folders(root) - {facts.segment_id for facts in stored.facts.values()}))


def _read_catalog(catalog: Catalog) -> _Recorded:
    ready: dict[str, dict[str, int]] = {}
    older: Counter[str] = Counter()
    columns = (documents.c.client_id, documents.c.document_id, documents.c.part_count, documents.c.chunk_count)
    with catalog.database.read() as connection:
        for client_id, document_id, parts, chunks in connection.execute(
            select(*columns).where(documents.c.status == "ready")
        ):
            # Of older documents the chunks themselves are stored.
            ready.setdefault(client_id, {})[document_id] = chunks if parts is None else parts
            older[client_id] += parts is None
        uploads = connection.execute(select(job_files.c.upload).where(job_files.c.upload.is_not(None))).scalars()
        kept = frozenset(name for name in uploads if name)
    unfinished = tuple((record.client_id, record.document_id) for record in catalog.unfinished())
    return _Recorded(ready, unfinished, kept, older)


def _names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()] if folder.is_dir() else []


def _read_chroma(root: Path) -> _Stored:
    database = root / chroma_sql.DATABASE_FILE
    if not database.exists() or not database.stat().st_size:
        return _Stored({}, {}, {})
    try:
        contents, known = chroma_sql.contents(root), chroma_sql.facts(root)
    except chroma_sql.MaintenanceFailed as exc:
        raise Unavailable("The vector store's database cannot be read.") from exc
    return _Stored({facts.collection: facts for facts in known}, contents.chunks, contents.logged)
