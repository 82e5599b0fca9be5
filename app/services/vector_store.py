"""Vectors and texts of the clients' documents: one Chroma collection per client, kept whole, bounded and erasable."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.common.disk import size_of
from app.common.errors import AppError, StartupError
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.locks import KeyedLocks, Rank
from app.common.passages import Chunk, Passage
from app.common.space import DiskSpace
from app.common.vectors import Vectors
from app.services.chroma import sql as chroma_sql
from app.services.chroma.clients import ClientCollection, client_collections, client_of, collection_name, of_clients
from app.services.chroma.collections import ChromaCollections, Nearest, Probe, VectorStoreFailed
from app.services.chroma.doubt import Doubt
from app.services.chroma.files import State, StoreFiles
from app.services.chroma.filters import to_where
from app.services.chroma.gate import pass_gate
from app.services.chroma.health import IndexHealth
from app.services.chroma.models import Models, metadata_for
from app.services.chroma.reading import Reading
from app.services.chroma.rebuild import Embed, drop_collection, finish_rebuilds, prepare_folder
from app.services.chroma.reindexing import Reindexing, known_collection, maintenance
from app.services.chroma.room import room_for, usual_room
from app.services.chroma.rows import chunk_ids
from app.services.chroma.sql import SegmentFacts
from app.services.chroma.successors import Successors

__all__ = ["ClientCollection", "ScrubReport", "State", "VectorStoreFailed", "VectorStoreService", "collection_name"]

logger = logging.getLogger(__name__)

_BATCH = 256


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """What one scrub cost; the sizes are those of all files of the store, in bytes."""

    seconds: float
    bytes_before: int
    bytes_after: int


class VectorStoreService:
    """The documents of all clients. Safe to use from many threads; one process per folder.

    Readers never wait for writers. All methods but `add` raise NotFound for a client that has no collection,
    unless they say otherwise, and none of them creates one. What is removed may use the reserve of `space`.
    """

    def __init__(self, path: Path, *, cache_size: int, embedding_model: str, space: DiskSpace | None = None) -> None:
        """Open or create the store in the folder `path` with at most `cache_size` vector indexes in memory.

        Chroma's cache has 64 parts of at least one index each: fewer than 64 are not possible. What is stored must
        find room in `space`, and what is removed may use its reserve. Raises StartupError when the folder cannot be
        used.
        """
        self._path, self.space = path, space or DiskSpace()
        self._locks = KeyedLocks(Rank.COLLECTION)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._files = StoreFiles(path, pass_gate(path))
            known = prepare_folder(self._files, cache_size)
            self._chroma = ChromaCollections(path, cache_size, disk_is_full=self.space.looks_full)
            known = finish_rebuilds(self._chroma, self._files, known)
        except (AppError, OSError, chroma_sql.MaintenanceFailed) as exc:
            raise StartupError(
                f"The vector store's folder {path} cannot be opened: check that it is this service's and writable, and "
                "if it is, restore all data from one backup."
            ) from exc
        self.models = Models(embedding_model, of_clients(known))
        self._health = IndexHealth(self._chroma, self._files, of_clients(known))
        self._reindexing = Reindexing(self._chroma, self._files, self._health, self.space)
        self._reading = Reading(self._chroma, self._health, self._reindexing, self._locks)
        self._doubt = Doubt(self._chroma, self._health, self.space, lambda: of_clients(chroma_sql.facts(path)))
        self.successors = Successors(self._chroma, self._reindexing, self._locks, self.models, self._doubt)

    def require_room(self, chunks: int = 0) -> None:
        """Raise InsufficientStorage when the disk has no room for so many chunks more."""
        self.space.require(usual_room(chunks))

    def add(self, client_id: ClientId, chunks: Sequence[Chunk], vectors: Vectors, *, model: str | None = None) -> None:
        """Store `chunks` with their `vectors` (one row each) of `model`, creating the collection on first use.

        When it returns, all of it survives the end of the process; when it raises, a part may be stored: delete it or
        add it again, which changes nothing. Raises OtherModel when the collection has another, and InsufficientStorage.
        """
        if len(chunks) != len(vectors) or not np.isfinite(vectors).all():
            raise ValueError("each chunk needs a vector of finite numbers")
        name = collection_name(client_id)
        self.space.require(room_for(chunks, vectors))
        self._doubt.settle()
        with self._locks.hold(client_id), maintenance():
            self.models.require(name, model)
            self._health.first_use(name)
            if self._reindexing.is_untidy(name):
                self._reindexing.tidy(self._known(client_id))
            for start in range(0, len(chunks), _BATCH):
                created = not start and self._chroma.create_missing(name, metadata_for(self.models.current))
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
        nearest = self.nearest(client_id, Probe(vector, self.models.current), k, where=where)
        found = {chunk.id: chunk for chunk in self.parts(client_id, nearest.ids)}
        pairs = zip(nearest.ids, nearest.cosines.tolist(), strict=True)
        return [Passage(found[name], cosine) for name, cosine in pairs if name in found]

    def nearest(self, client_id: ClientId, vector: Probe, k: int, *, where: PassageFilter | None = None) -> Nearest:
        """Return the ids of the `k` chunks nearest to `vector`, best first, of those that `where` lets through.

        Raises OtherModel when the collection has another model, and Unavailable while its index is damaged.
        """
        chosen = to_where(where) if where else None
        return self._reading.search(client_id, lambda name: self._chroma.nearest(name, vector, k, chosen))

    def nearest_among(self, client_id: ClientId, vector: Probe, k: int, ids: Sequence[str]) -> Nearest:
        """Return the same of those chunks of these ids that are there. Raises what `nearest` raises."""
        return self._reading.search(client_id, lambda name: self._chroma.nearest_among(name, vector, k, ids))

    def matching(self, client_id: ClientId, where: PassageFilter) -> list[str]:
        """Return the ids of all chunks that `where` lets through."""
        return self._reading.read(client_id, lambda name: self._chroma.matching(name, to_where(where)))

    def parts(self, client_id: ClientId, ids: Sequence[str]) -> list[Chunk]:
        """Return those chunks of these ids that are there, in any order."""
        return self._reading.read(client_id, lambda name: self._chroma.chunks(name, list(ids)))

    def vectors(self, client_id: ClientId, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those chunks of these ids that are there, by id."""
        return self._reading.read(client_id, lambda name: self._chroma.vectors(name, list(ids)))

    def chunks(self, client_id: ClientId, document_id: str, *, offset: int = 0, limit: int = 100) -> list[Chunk]:
        """Return a document's chunks number `offset` to `offset + limit`, in order; none if it is not there."""
        ids = chunk_ids(document_id, offset, limit)
        found = self._reading.read(client_id, lambda name: self._chroma.chunks(name, ids))
        return sorted(found, key=lambda chunk: chunk.index)

    def count(self, client_id: ClientId) -> int:
        """Return how many chunks the client has."""
        return self._reading.read(client_id, self._chroma.count)

    def exists(self, client_id: ClientId) -> bool:
        """Whether the client has a collection."""
        name = collection_name(client_id)
        return self._reindexing.is_under_way(name) or self._chroma.exists(name)

    def client_ids(self) -> Iterator[ClientId]:
        """Yield all clients that have a collection; for maintenance, as it asks a child process."""
        with maintenance():
            known = of_clients(chroma_sql.facts(self._path))
        yield from (client_of(facts.collection) for facts in known)

    def list_client_collections(self) -> list[ClientCollection]:
        """Return all collections in the order of their clients; for monitoring, as it counts in a child process."""
        with maintenance():
            return client_collections(self._path)

    def delete_document(self, client_id: ClientId, document_id: str) -> int:
        """Remove a document's chunks and return how many they were."""
        return self._doubt.remove(lambda: self._delete_document(client_id, document_id))

    def _delete_document(self, client_id: ClientId, document_id: str) -> int:
        name = collection_name(client_id)
        with self._locks.hold(client_id), maintenance():
            self._health.first_use(name)
            removed = self._reindexing.delete_document(name, document_id)
            if removed and not self._health.is_damaged(name):
                self._reindexing.tidy(self._known(client_id))
        return removed

    def delete_collection(self, client_id: ClientId) -> bool:
        """Remove the client's texts, vectors and index files; whether there were any."""
        return self._doubt.remove(lambda: self._delete_collection(client_id))

    def _delete_collection(self, client_id: ClientId) -> bool:
        name = collection_name(client_id)
        with self._locks.hold(client_id), maintenance():
            if not self._chroma.exists(name):
                return False
            self._reindexing.drop_copies(name)
            drop_collection(self._chroma, self._files, self._known(client_id))
            self._health.forget(name)
            self.models.forget(name)
            self._reindexing.forget(name)
        return True

    def check(self, client_id: ClientId) -> State:
        """Whether the client's index files are whole. Costs one reading of them.

        What is not whole is remembered: searching raises Unavailable until `rebuild`.
        """
        with self._locks.hold(client_id), maintenance():
            facts = self._health.facts_at_start(collection_name(client_id)) or self._known(client_id)
            return self._health.check(facts)

    def damaged(self) -> list[ClientId]:
        """Return the clients whose index was found damaged and that wait for `rebuild`."""
        return [client_of(name) for name in self._health.damaged()]

    def rebuild(self, client_id: ClientId, embed: Embed) -> int:
        """Rebuild the client's index from the stored texts; return how many texts were embedded again.

        Vectors that can be trusted are kept; `embed` gives the others, with the collection's own model. The client's
        writes wait. The old collection stays until the new one is complete. Raises InsufficientStorage.
        """
        self._doubt.settle()
        with self._locks.hold(client_id):
            facts = self._known(client_id)
            embedded = self._reindexing.rebuild(facts, embed)
        logger.info("index rebuilt", extra={"client": client_id, "chunks": facts.rows, "embedded": embedded})
        return embedded

    def discard_unknown_indexes(self) -> int:
        """Remove index folders that belong to no collection, which a start leaves alone; return how many."""
        with maintenance():
            return self._files.remove_unknown({facts.segment_id for facts in chroma_sql.facts(self._path)})

    def scrub(self) -> ScrubReport:
        """Overwrite what deleted texts left behind in the store's files, and give the space back.

        Afterwards no file holds a word that was deleted before the call. Writes wait meanwhile, searches do not.
        """
        started, before = time.monotonic(), size_of(self._path)
        with self.space.lent(), self._chroma.no_writes(), maintenance():
            self._files.compact_database()
        return ScrubReport(time.monotonic() - started, before, size_of(self._path))

    def close(self) -> None:
        """Release the files."""
        self._chroma.close()

    def _known(self, client_id: ClientId) -> SegmentFacts:
        return known_collection(self._path, collection_name(client_id))
