"""Chroma, reached through LangChain: what we ask of collections, in our own words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.errors import ChromaError, InternalError
from langchain_chroma import Chroma

from app.common.errors import NotFound, Unavailable, disk_full
from app.common.locks import Rank, RankedLock
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma.client import OpenFolder, VectorStoreFailed, chroma_errors, wait_until_closed
from app.services.chroma.filters import Where
from app.services.chroma.nearest import Nearest, Probe, best_of, nearest_in, query
from app.services.chroma.rows import Precomputed, chunk_ids, metadata_of, to_chunks

__all__ = ["ChromaCollections", "Nearest", "Probe", "VectorStoreFailed"]

_PAGE = 512
# Every write reaches the index files: an index that was dropped from memory is read back from them alone, without
# the log. It costs little, as hnswlib writes only the rows that changed.
_INDEX: Any = {"hnsw": {"space": "cosine", "sync_threshold": 1, "batch_size": 1}}
_AMONG = 20_000
"""Ids in one query: SQLite takes 32,766 values in a statement."""
_FULL = "disk is full"
"""In the message when SQLite found no room; where an index found none, the message does not say why."""


class ChromaCollections:
    """The collections in one folder. Reading never waits for writing; writes to Chroma follow each other.

    A write that failed leaves Chroma in doubt: its memory, its log and its files may disagree, and what is written next
    may wait for ever. Reading goes on; writing raises Unavailable until `reopen`.
    """

    def __init__(self, path: Path, cache_size: int, *, disk_is_full: Callable[[], bool] = lambda: False) -> None:
        """Open or create the folder with at most `cache_size` vector indexes in memory.

        A write that fails while `disk_is_full` raises InsufficientStorage.
        """
        self._path = path
        self._cache_size = cache_size
        self._disk_is_full = disk_is_full
        self._write_lock = RankedLock(Rank.CHROMA)
        self._in_doubt = False
        self._folder = OpenFolder(path, cache_size)

    def is_in_doubt(self) -> bool:
        """Whether a write failed, and nothing can be written until `reopen`."""
        return self._in_doubt

    def reopen(self) -> None:
        """Close the folder and open it again: afterwards all is as a new process would find it.

        Readers that are in the way fail with VectorStoreFailed; `no_writes` waits until this is over.
        """
        with self._write_lock, self._noticing_failure():
            self._folder.close()
            self._folder = OpenFolder(self._path, self._cache_size)
            self._in_doubt = False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._write_lock:
            if self._in_doubt:
                raise Unavailable("The vector store is being put in order; try again shortly.", retry_after=5)
            with self._noticing_failure():
                yield

    @contextmanager
    def _noticing_failure(self) -> Iterator[None]:
        try:
            with chroma_errors():
                yield
        except VectorStoreFailed as exc:
            if not isinstance(exc.__cause__, InternalError | AttributeError):
                raise  # refused before anything was written
            self._in_doubt = True
            if _FULL in str(exc.__cause__) or self._disk_is_full():
                raise disk_full() from exc
            raise

    @contextmanager
    def no_writes(self) -> Iterator[None]:
        """Keep Chroma from writing to its database during the block."""
        with self._write_lock:
            yield

    def metadata(self, name: str) -> Mapping[str, Any]:
        """Return the collection's metadata. Raises NotFound."""
        return self._folder.get(name).metadata or {}

    def exists(self, name: str) -> bool:
        """Whether there is a collection of this name."""
        try:
            self._folder.get(name)
        except NotFound:
            return False
        return True

    def create_missing(self, name: str, metadata: dict[str, Any]) -> bool:
        """Make an empty collection unless it is there; whether it was made."""
        missing = not self.exists(name)
        if missing:
            self.create(name, metadata)
        return missing

    def create(self, name: str, metadata: dict[str, Any]) -> None:
        """Make an empty collection."""
        with self._writing():
            self._folder.client.create_collection(
                name, embedding_function=None, configuration=_INDEX, metadata=metadata
            )

    def rename(self, name: str, new_name: str) -> None:
        """Give a collection another name, which nothing else may have."""
        collection = self._folder.get(name)
        with self._writing():
            collection.modify(name=new_name)
        self._folder.forget(name)

    def drop(self, name: str) -> None:
        """Remove a collection from the database; its index folder stays."""
        with self._writing():
            self._folder.client.delete_collection(name)
        self._folder.forget(name)

    def settle(self, name: str) -> None:
        """Let Chroma do what it does when a process uses a collection first: replay and purge its log.

        Later readings do not write.
        """
        collection = self._folder.get(name)
        with self._writing():
            collection.count()

    def count(self, name: str) -> int:
        """Return the number of chunks."""
        collection = self._folder.get(name)
        with chroma_errors():
            return collection.count()

    def upsert(self, name: str, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Store chunks with their vectors, replacing those of the same ids."""
        with self._writing():
            self._open(name, Precomputed(vectors)).add_texts(
                [chunk.text for chunk in chunks],
                metadatas=[metadata_of(chunk) for chunk in chunks],
                ids=[chunk.id for chunk in chunks],
            )

    def nearest(self, name: str, vector: Probe, k: int, where: Where | None) -> Nearest:
        """Return the ids of the `k` chunks nearest to `vector`, best first, with their cosines.

        Asks Chroma itself, and for nothing but distances: texts and metadata of hundreds take ten times as long.
        Raises OtherModel.
        """
        chosen = dict(where) if where else None

        def ask(collection: chromadb.Collection) -> Any:
            return query(collection, vector.values, k, where=chosen)

        return nearest_in(self._folder.ask(name, ask, model=vector.model))

    def nearest_among(self, name: str, vector: Probe, k: int, ids: Sequence[str]) -> Nearest:
        """Return the same of those chunks of these ids that are there, of which there may be any number.

        Nothing else is looked at, so a small share of the collection is searched as well as all of it.
        """
        slices = [ids[start : start + _AMONG] for start in range(0, len(ids), _AMONG)]
        return best_of([self._nearest_of(name, vector, k, some) for some in slices], k)

    def _nearest_of(self, name: str, vector: Probe, k: int, ids: Sequence[str]) -> Nearest:
        def ask(collection: chromadb.Collection) -> Any:
            try:
                return query(collection, vector.values, k, ids=list(ids))
            except ChromaError:
                # It fails as a whole when one id is not there, as while its document is being deleted.
                there = collection.get(ids=list(ids), include=[])["ids"]
                return query(collection, vector.values, k, ids=there)

        return nearest_in(self._folder.ask(name, ask, model=vector.model))

    def matching(self, name: str, where: Where | None = None) -> list[str]:
        """Return the ids of all chunks that a filter lets through; of all chunks without one."""
        chosen = dict(where) if where else None
        ids: list[str] = self._folder.ask(name, lambda collection: collection.get(where=chosen, include=[]))["ids"]
        return ids

    def vectors(self, name: str, ids: list[str]) -> dict[str, Vectors]:
        """Return the vectors of those of the chunks that exist, by id."""
        if not ids:
            return {}
        found = self._folder.ask(name, lambda collection: collection.get(ids=ids, include=["embeddings"]))
        return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))

    def chunks(self, name: str, ids: list[str]) -> list[Chunk]:
        """Return those of the chunks that exist, in any order."""
        if not ids:
            return []
        return to_chunks(self._folder.ask(name, lambda collection: collection.get(ids=ids)))

    def pages(self, name: str) -> Iterator[list[Chunk]]:
        """Yield all chunks, a few hundred at a time."""
        for offset in range(0, self.count(name), _PAGE):
            if page := self._page(name, offset):
                yield page

    def delete_document(self, name: str, document_id: str) -> int:
        """Remove a document's chunks and return how many they were.

        They are numbered from 0, so that nothing has to be searched for.
        """
        with chroma_errors():
            collection = self._open(name)
            start = removed = 0
            while ids := collection.get(ids=chunk_ids(document_id, start, _PAGE), include=[])["ids"]:
                with self._writing():
                    collection.delete(ids=ids)
                start, removed = start + _PAGE, removed + len(ids)
        return removed

    def close(self) -> None:
        """Release the files. Chroma closes its database in the background; this waits for some seconds at most."""
        self._folder.close()
        wait_until_closed(self._path)

    def _open(self, name: str, embedding: Precomputed | None = None) -> Chroma:
        # Opened for each call: a kept handle fails after the collection was deleted and made again.
        return Chroma(
            client=self._folder.client,
            client_settings=self._folder.client.get_settings(),
            collection_name=name,
            embedding_function=embedding,
            create_collection_if_not_exists=False,
        )

    def _page(self, name: str, offset: int) -> list[Chunk]:
        with chroma_errors():
            return to_chunks(self._open(name).get(limit=_PAGE, offset=offset))
