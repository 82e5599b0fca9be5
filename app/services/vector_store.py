"""Vectors and texts of the clients' documents: one Chroma collection per client, kept whole, bounded and erasable."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, TypeVar

import numpy as np

from app.common.absent import no_collection
from app.common.disk import size_of
from app.common.errors import AppError, NotFound, StartupError, Unavailable
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.locks import KeyedLocks, Rank
from app.common.passages import Chunk, Passage
from app.common.vectors import Vectors
from app.services.chroma import files as chroma_files
from app.services.chroma import sql as chroma_sql
from app.services.chroma.collections import ChromaCollections, Nearest, VectorStoreFailed, chunk_ids
from app.services.chroma.files import State, StoreFiles
from app.services.chroma.filters import to_where
from app.services.chroma.gate import pass_gate
from app.services.chroma.health import IndexHealth
from app.services.chroma.rebuild import (
    Embed,
    compact_collection,
    drop_collection,
    finish_rebuilds,
    prepare_folder,
    rebuild_collection,
)
from app.services.chroma.sql import SegmentFacts

__all__ = ["ScrubReport", "State", "VectorStoreFailed", "VectorStoreService", "collection_name"]

logger = logging.getLogger(__name__)

_PREFIX = "docs_"
_BATCH = 256
_RETRY_SECONDS = 10
_CLOSE_SECONDS = 5.0
_SMALL = 1000

_T = TypeVar("_T")


class ClientCollection(TypedDict):
    """What one client has stored, documents that are being written or deleted included."""

    client_id: str
    collection_name: str
    document_count: int
    chunk_count: int


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

        Chroma's cache has 64 parts of at least one index each: fewer than 64 are not possible. Raises StartupError
        when the folder cannot be used.
        """
        self._path = path
        self._metadata = {"embedding_model": embedding_model}
        self._locks = KeyedLocks(Rank.COLLECTION)
        self._rebuilding: set[ClientId] = set()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._files = StoreFiles(path, pass_gate(path))
            known = prepare_folder(self._files, cache_size)
            self._chroma = ChromaCollections(path, cache_size)
            known = finish_rebuilds(self._chroma, self._files, known)
        except (AppError, OSError, chroma_sql.MaintenanceFailed) as exc:
            raise StartupError(
                "The vector store's folder cannot be opened: is it this service's, and writable?"
            ) from exc
        ours = [facts for facts in known if facts.collection.startswith(_PREFIX)]
        self._health = IndexHealth(self._chroma, self._files, ours, self._metadata)

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
            self._health.first_use(name)
            for start in range(0, len(chunks), _BATCH):
                created = not start and self._create(client_id)
                self._chroma.upsert(name, chunks[start : start + _BATCH], vectors[start : start + _BATCH])
                if created:
                    self._chroma.settle(name)
                    self._files.blank_unused(self._known(client_id).segment_id)

    def search(
        self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None
    ) -> list[Passage]:
        """Return the `k` chunks nearest to `vector`, best first, of those that `where` lets through.

        Raises what `nearest` raises.
        """
        nearest = self.nearest(client_id, vector, k, where=where)
        found = {chunk.id: chunk for chunk in self.parts(client_id, nearest.ids)}
        pairs = zip(nearest.ids, nearest.cosines.tolist(), strict=True)
        return [Passage(found[name], cosine) for name, cosine in pairs if name in found]

    def nearest(self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None) -> Nearest:
        """Return the ids of the `k` chunks nearest to `vector`, best first, of those that `where` lets through.

        Raises Conflict when the collection holds another model's vectors, and Unavailable while its index is
        damaged and not yet rebuilt.
        """
        name = self._require_index(client_id)
        chosen = to_where(where) if where else None
        return self._reading(client_id, lambda: self._chroma.nearest(name, vector, k, chosen))

    def nearest_among(self, client_id: ClientId, vector: Vectors, k: int, ids: Sequence[str]) -> Nearest:
        """Return the same of those chunks of these ids that are there. Raises what `nearest` raises."""
        name = self._require_index(client_id)
        return self._reading(client_id, lambda: self._chroma.nearest_among(name, vector, k, ids))

    def matching(self, client_id: ClientId, where: PassageFilter) -> list[str]:
        """Return the ids of all chunks that `where` lets through."""
        self._first_use(client_id)
        return self._reading(client_id, lambda: self._chroma.matching(collection_name(client_id), to_where(where)))

    def parts(self, client_id: ClientId, ids: Sequence[str]) -> list[Chunk]:
        """Return those chunks of these ids that are there, in any order."""
        self._first_use(client_id)
        return self._reading(client_id, lambda: self._chroma.chunks(collection_name(client_id), list(ids)))

    def vectors(self, client_id: ClientId, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those chunks of these ids that are there, by id."""
        self._first_use(client_id)
        return self._reading(client_id, lambda: self._chroma.vectors(collection_name(client_id), list(ids)))

    def chunks(self, client_id: ClientId, document_id: str, *, offset: int = 0, limit: int = 100) -> list[Chunk]:
        """Return a document's chunks number `offset` to `offset + limit`, in order; none if it is not there."""
        self._first_use(client_id)
        name, ids = collection_name(client_id), chunk_ids(document_id, offset, limit)
        found = self._reading(client_id, lambda: self._chroma.chunks(name, ids))
        return sorted(found, key=lambda chunk: chunk.index)

    def count(self, client_id: ClientId) -> int:
        """Return how many chunks the client has."""
        self._first_use(client_id)
        return self._reading(client_id, lambda: self._chroma.count(collection_name(client_id)))

    def exists(self, client_id: ClientId) -> bool:
        """Whether the client has a collection."""
        return client_id in self._rebuilding or self._has_collection(client_id)

    def client_ids(self) -> Iterator[ClientId]:
        """Yield all clients that have a collection; for maintenance, as it asks a child process."""
        with _maintenance():
            known = chroma_sql.facts(self._path)
        yield from (_client(facts.collection) for facts in known if facts.collection.startswith(_PREFIX))

    def list_client_collections(self) -> list[ClientCollection]:
        """Return all collections in the order of their clients; for monitoring, as it counts in a child process."""
        with _maintenance():
            known, stored = chroma_sql.facts(self._path), chroma_sql.contents(self._path).chunks
        ours = [facts for facts in known if facts.collection.startswith(_PREFIX)]
        return [
            ClientCollection(
                client_id=_client(facts.collection),
                collection_name=facts.collection,
                document_count=len(stored.get(facts.collection_id, ())),
                chunk_count=facts.rows,
            )
            for facts in sorted(ours, key=lambda facts: facts.collection)
        ]

    def delete_document(self, client_id: ClientId, document_id: str) -> int:
        """Remove a document's chunks and return how many they were."""
        name = collection_name(client_id)
        with self._locks.hold(client_id):
            self._health.first_use(name)
            removed = self._chroma.delete_document(name, document_id)
            if removed and not self._health.is_damaged(name):
                self._tidy(client_id)
        return removed

    def delete_collection(self, client_id: ClientId) -> bool:
        """Remove the client's texts, vectors and index files; whether there were any."""
        with self._locks.hold(client_id):
            if not self._has_collection(client_id):
                return False
            drop_collection(self._chroma, self._files, self._known(client_id))
            self._health.forget(collection_name(client_id))
        return True

    def check(self, client_id: ClientId) -> State:
        """Whether the client's index files are whole. Costs one reading of them.

        What is not whole is remembered: searching raises Unavailable until `rebuild`.
        """
        with self._locks.hold(client_id):
            facts = self._health.facts_at_start(collection_name(client_id)) or self._known(client_id)
            return self._health.check(facts)

    def damaged(self) -> list[ClientId]:
        """Return the clients whose index was found damaged and that wait for `rebuild`."""
        return [_client(name) for name in self._health.damaged()]

    def rebuild(self, client_id: ClientId, embed: Embed) -> int:
        """Rebuild the client's index from the stored texts; return how many texts were embedded again.

        Vectors that can still be read and trusted are kept; `embed` gives the others, or all of them when the
        model has changed. The client's writes wait meanwhile. If the process ends in between, nothing is lost:
        the old collection stays until the new one is complete.
        """
        with self._locks.hold(client_id):
            facts = self._known(client_id)
            if self._health.is_unused(facts.collection):
                self._health.prepare(facts)
            with self._replacing(client_id):
                embedded = rebuild_collection(self._chroma, self._files, facts, self._metadata, embed)
        logger.info("index rebuilt", extra={"client": client_id, "chunks": facts.rows, "embedded": embedded})
        return embedded

    def scrub(self) -> ScrubReport:
        """Overwrite what deleted texts left behind in the store's files, and give the space back.

        Afterwards no file holds a word that was deleted before the call. Writes wait meanwhile, searches do not.
        """
        started, before = time.monotonic(), size_of(self._path)
        with self._chroma.no_writes(), _maintenance():
            self._files.compact_database()
        return ScrubReport(time.monotonic() - started, before, size_of(self._path))

    def close(self) -> None:
        """Release the files. Chroma closes its database in the background; this waits for some seconds at most."""
        self._chroma.close()
        log = self._path / f"{chroma_sql.DATABASE_FILE}-wal"
        deadline = time.monotonic() + _CLOSE_SECONDS
        while log.exists() and time.monotonic() < deadline:
            time.sleep(0.005)

    def _require_index(self, client_id: ClientId) -> str:
        """Return the name of the client's collection; raises Unavailable while its index is damaged."""
        name = collection_name(client_id)
        if not self._health.is_damaged(name):
            self._first_use(client_id)
        if self._health.is_damaged(name):
            raise Unavailable(
                "This client's search index is being repaired; try again shortly.",
                code="index_damaged",
                retry_after=_RETRY_SECONDS,
            )
        return name

    def _first_use(self, client_id: ClientId) -> None:
        name = collection_name(client_id)
        if self._health.is_unused(name):
            with self._locks.hold(client_id):
                self._health.first_use(name)

    def _reading(self, client_id: ClientId, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except NotFound:
            if client_id not in self._rebuilding:
                raise
        except VectorStoreFailed:
            # Chroma deletes in several steps: a reader between two of them meets half a collection.
            logger.info("reading again", extra={"client": client_id})
        with self._locks.hold(client_id):  # until the writer is done
            return read()

    def _has_collection(self, client_id: ClientId) -> bool:
        try:
            self._chroma.metadata(collection_name(client_id))
        except NotFound:
            return False
        return True

    def _create(self, client_id: ClientId) -> bool:
        created = not self._has_collection(client_id)
        if created:
            self._chroma.create(collection_name(client_id), self._metadata)
        return created

    def _tidy(self, client_id: ClientId) -> None:
        """Rebuild a small index when it holds more deleted rows than chunks.

        Deleted rows stay in the graph, and a new row is linked to living ones only: where there are hardly any,
        rows that are added later can end up where no search comes to them.
        """
        facts = self._known(client_id)
        if (
            facts.rows <= _SMALL
            and chroma_files.dead_rows(self._files.folder(facts.segment_id), facts.rows) > facts.rows
        ):
            with self._replacing(client_id):
                compact_collection(self._chroma, self._files, facts, self._metadata)

    @contextmanager
    def _replacing(self, client_id: ClientId) -> Iterator[None]:
        """While the collection gives way to a new one, of which nothing is known then."""
        self._rebuilding.add(client_id)
        try:
            with _maintenance():
                yield
            self._health.forget(collection_name(client_id))
        finally:
            self._rebuilding.discard(client_id)

    def _known(self, client_id: ClientId) -> SegmentFacts:
        with _maintenance():
            for facts in chroma_sql.facts(self._path, collection_name(client_id)):
                return facts
        raise no_collection()


@contextmanager
def _maintenance() -> Iterator[None]:
    try:
        yield
    except (chroma_sql.MaintenanceFailed, OSError) as exc:
        raise VectorStoreFailed("The vector store's files could not be maintained; try again later.") from exc


def _client(name: str) -> ClientId:
    return ClientId(name.removeprefix(_PREFIX))
