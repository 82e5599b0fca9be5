"""Vectors and texts of the clients' documents: one Chroma collection per client, kept whole, bounded and erasable."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.common.errors import AppError, Conflict, NotFound, StartupError, Unavailable
from app.common.ids import ClientId
from app.common.locks import KeyedLocks
from app.common.passages import Chunk, Passage
from app.services import chroma_files, chroma_sql
from app.services.chroma_collections import ChromaCollections, Vectors, VectorStoreFailed, Where, chunk_ids
from app.services.chroma_files import State
from app.services.chroma_sql import SegmentFacts
from app.services.chroma_upkeep import (
    Embed,
    compact_collection,
    drop_collection,
    finish_rebuilds,
    prepare_folder,
    rebuild_collection,
)

__all__ = ["ScrubReport", "State", "VectorStoreFailed", "VectorStoreService", "collection_name"]

logger = logging.getLogger(__name__)

_PREFIX = "docs_"
_MODEL = "embedding_model"
_BATCH = 256
_RETRY_SECONDS = 10
_SMALL = 1000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """What one scrub cost; the sizes are those of all files of the store, in bytes."""

    seconds: float
    bytes_before: int
    bytes_after: int


def collection_name(client_id: ClientId) -> str:
    """Return the name of the client's collection."""
    return f"{_PREFIX}{client_id}"


class VectorStoreService:
    """The documents of all clients. Safe to use from many threads; one process per folder.

    Readers never wait for writers. All methods but `add` raise NotFound for a client that has no collection,
    unless they say otherwise, and none of them creates one.
    """

    def __init__(self, path: Path, *, cache_size: int, embedding_model: str) -> None:
        """Open or create the store in the folder `path` with at most `cache_size` vector indexes in memory.

        Raises StartupError when the folder cannot be used.
        """
        self._path = path
        self._model = embedding_model
        self._locks = KeyedLocks()
        self._damaged: set[ClientId] = set()
        self._rebuilding: set[ClientId] = set()
        try:
            known = prepare_folder(path, cache_size)
            self._chroma = ChromaCollections(path, cache_size)
            known = finish_rebuilds(self._chroma, path, known)
        except (AppError, OSError, chroma_sql.MaintenanceFailed) as exc:
            raise StartupError(
                "The vector store's folder cannot be opened: is it this service's, and writable?"
            ) from exc
        # What was there before this process, each until its files were checked and it is used for the first time.
        self._unused = {_client(facts): facts for facts in known if facts.collection.startswith(_PREFIX)}

    def add(self, client_id: ClientId, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Store `chunks` with their `vectors` (one row each), creating the collection on first use.

        When it returns, all of it survives the end of the process; when it raises, a part may be stored: delete
        the document or add it again. Adding a chunk twice changes nothing. Raises Conflict when the collection
        holds another model's vectors.
        """
        if len(chunks) != len(vectors) or not np.isfinite(vectors).all():
            raise ValueError("each chunk needs a vector of finite numbers")
        name = collection_name(client_id)
        with self._locks.hold(client_id):
            created = self._ready_or_create(client_id)
            for start in range(0, len(chunks), _BATCH):
                self._chroma.upsert(name, chunks[start : start + _BATCH], vectors[start : start + _BATCH])
            if created:
                self._chroma.settle(name)

    def search(self, client_id: ClientId, vector: Vectors, k: int, *, where: Where | None = None) -> list[Passage]:
        """Return the `k` chunks nearest to `vector`, best first; `where` filters by chunk metadata.

        Raises Conflict when the collection holds another model's vectors, and Unavailable while its index is
        damaged and not yet rebuilt.
        """
        self._first_use(client_id)
        if client_id in self._damaged:
            raise Unavailable(
                "This client's search index is being repaired; try again shortly.",
                code="index_damaged",
                retry_after=_RETRY_SECONDS,
            )
        return self._reading(client_id, lambda name: self._chroma.nearest(name, vector, k, where))

    def chunks(self, client_id: ClientId, document_id: str, *, offset: int = 0, limit: int = 100) -> list[Chunk]:
        """Return a document's chunks number `offset` to `offset + limit`, in order; none if it is not there."""
        self._first_use(client_id)
        ids = chunk_ids(document_id, offset, limit)
        found = self._reading(client_id, lambda name: self._chroma.chunks(name, ids))
        return sorted(found, key=lambda chunk: chunk.index)

    def count(self, client_id: ClientId) -> int:
        """Return how many chunks the client has."""
        self._first_use(client_id)
        return self._reading(client_id, self._chroma.count)

    def exists(self, client_id: ClientId) -> bool:
        """Whether the client has a collection; never raises."""
        try:
            self._reading(client_id, self._chroma.metadata)
        except NotFound:
            return False
        return True

    def client_ids(self) -> Iterator[ClientId]:
        """Yield all clients that have a collection; for maintenance, as it asks a child process."""
        for facts in self._facts():
            if facts.collection.startswith(_PREFIX):
                yield _client(facts)

    def delete_document(self, client_id: ClientId, document_id: str) -> int:
        """Remove a document's chunks and return how many they were."""
        with self._locks.hold(client_id):
            self._ready(client_id)
            removed = self._chroma.delete_document(collection_name(client_id), document_id)
            if removed and client_id not in self._damaged:
                self._tidy(client_id)
        return removed

    def delete_collection(self, client_id: ClientId) -> bool:
        """Remove the client's texts, vectors and index files; whether there were any."""
        with self._locks.hold(client_id):
            if not self.exists(client_id):
                return False
            drop_collection(self._chroma, self._path, self._known(client_id))
            self._forget(client_id)
        return True

    def check(self, client_id: ClientId) -> State:
        """Whether the client's index files are whole. Costs one reading of them.

        What is not whole is remembered: searching raises Unavailable until `rebuild`.
        """
        with self._locks.hold(client_id):
            facts = self._unused.get(client_id) or self._known(client_id)
            return self._check(client_id, facts)

    def damaged(self) -> list[ClientId]:
        """Return the clients whose index was found damaged and that wait for `rebuild`."""
        return sorted(self._damaged)

    def rebuild(self, client_id: ClientId, embed: Embed) -> int:
        """Make the client's index anew from the stored texts; return how many texts were embedded again.

        Vectors that can still be read and trusted are kept; `embed` gives the others, or all of them when the
        model has changed. The client's writes wait meanwhile. If the process ends in between, nothing is lost:
        the old collection stays until the new one is complete.
        """
        with self._locks.hold(client_id):
            facts = self._known(client_id)
            if client_id in self._unused:
                self._check(client_id, facts)
            with self._marked_rebuilding(client_id), _maintenance():
                embedded = rebuild_collection(self._chroma, self._path, facts, {_MODEL: self._model}, embed)
                self._forget(client_id)
        logger.info("index rebuilt", extra={"client_id": client_id, "chunks": facts.rows, "embedded": embedded})
        return embedded

    def scrub(self) -> ScrubReport:
        """Overwrite what deleted texts left behind in the store's files, and give the space back.

        Afterwards no file holds a word that was deleted before the call. Writes wait meanwhile, searches do not.
        """
        started, before = time.monotonic(), _size(self._path)
        with self._chroma.no_writes(), _maintenance():
            chroma_sql.compact(self._path)
        return ScrubReport(time.monotonic() - started, before, _size(self._path))

    def close(self) -> None:
        """Release the files."""
        self._chroma.close()

    # --- first use

    def _first_use(self, client_id: ClientId) -> None:
        if client_id in self._unused:
            with self._locks.hold(client_id):
                self._ready(client_id)

    def _ready(self, client_id: ClientId) -> None:
        """Before the first use in this process: check the model and the files, let Chroma replay its log."""
        facts = self._unused.get(client_id)
        if facts is None:
            return
        if self._chroma.metadata(facts.collection).get(_MODEL) != self._model:
            raise Conflict(
                "These documents were embedded with another model; rebuild the client's index or ingest them again.",
                code="embedding_model_changed",
            )
        if client_id not in self._damaged:
            self._check(client_id, facts)
        if not facts.index_seq:
            # The first write did not get as far as the index; Chroma's log still has all of it.
            chroma_files.remove_segment(self._path / facts.segment_id)
        self._chroma.settle(facts.collection)
        del self._unused[client_id]

    def _ready_or_create(self, client_id: ClientId) -> bool:
        self._ready(client_id)
        created = not self.exists(client_id)
        if created:
            self._chroma.create(collection_name(client_id), {_MODEL: self._model})
        return created

    def _check(self, client_id: ClientId, facts: SegmentFacts) -> State:
        state: State = "ok"
        if facts.dimension is not None and facts.index_seq:
            rows = facts.rows if facts.text_seq == facts.index_seq else None
            state = chroma_files.check_segment(self._path / facts.segment_id, dimension=facts.dimension, rows=rows)
        if state != "ok":
            logger.error("index damaged", extra={"client_id": client_id, "state": state})
            self._damaged.add(client_id)
            if client_id in self._unused:
                # Chroma has not opened it and must not: it would read beyond the end of what is there.
                chroma_files.set_aside(self._path / facts.segment_id)
        return state

    def _reading(self, client_id: ClientId, read: Callable[[str], _T]) -> _T:
        try:
            return read(collection_name(client_id))
        except NotFound:
            if client_id not in self._rebuilding:
                raise
        with self._locks.hold(client_id):  # until the new collection has taken the old one's name
            return read(collection_name(client_id))

    def _tidy(self, client_id: ClientId) -> None:
        """Make a small index anew when it holds more deleted rows than chunks.

        Deleted rows stay in the graph, and a new row is linked to living ones only: where there are hardly any,
        rows that are added later can end up where no search comes to them.
        """
        facts = self._known(client_id)
        folder = self._path / facts.segment_id
        if facts.rows > _SMALL or chroma_files.dead_rows(folder, facts.rows) <= facts.rows:
            return
        with self._marked_rebuilding(client_id), _maintenance():
            compact_collection(self._chroma, self._path, facts, {_MODEL: self._model})

    @contextmanager
    def _marked_rebuilding(self, client_id: ClientId) -> Iterator[None]:
        self._rebuilding.add(client_id)
        try:
            yield
        finally:
            self._rebuilding.discard(client_id)

    def _forget(self, client_id: ClientId) -> None:
        self._unused.pop(client_id, None)
        self._damaged.discard(client_id)

    # --- the database's own tables

    def _known(self, client_id: ClientId) -> SegmentFacts:
        for facts in self._facts(collection_name(client_id)):
            return facts
        raise NotFound("There is no such client or it has no documents.")

    def _facts(self, name: str | None = None) -> list[SegmentFacts]:
        with _maintenance():
            return chroma_sql.facts(self._path, name)


@contextmanager
def _maintenance() -> Iterator[None]:
    try:
        yield
    except chroma_sql.MaintenanceFailed as exc:
        raise VectorStoreFailed("The vector store's files could not be maintained; try again later.") from exc


def _client(facts: SegmentFacts) -> ClientId:
    return ClientId(facts.collection.removeprefix(_PREFIX))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
