"""Chroma, reached through LangChain: what we ask of collections, in our own words. The only file that knows it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.rust import RustBindingsAPI
from chromadb.config import Settings, System
from chromadb.errors import ChromaError, NotFoundError
from chromadb.types import Collection as CollectionModel
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from app.common.absent import no_collection
from app.common.errors import AppError
from app.common.locks import Rank, RankedLock
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma.filters import Where

if TYPE_CHECKING:
    from uuid import UUID

_PAGE = 512
# Every write reaches the index files: an index that was dropped from memory is read back from them alone, without
# the log. It costs little, as hnswlib writes only the rows that changed.
_INDEX: Any = {"hnsw": {"space": "cosine", "sync_threshold": 1, "batch_size": 1}}
_FIELDS = ("document_id", "index", "page", "section", "source", "start", "end")
_KNOWN_IDS = 20_000
_AMONG = 20_000
"""Ids in one query: SQLite takes 32,766 values in a statement."""
_FAILED = "The vector store failed; try again or ask the operator to look."


class VectorStoreFailed(AppError):
    """Chroma failed in a way that the caller cannot mend."""

    default_code = "vector_store_failed"


def installed_version() -> str:
    """Return the version of chromadb that this process runs."""
    return chromadb.__version__


@contextmanager
def chroma_errors() -> Iterator[None]:
    """Translate Chroma's exceptions."""
    try:
        yield
    except NotFoundError as exc:
        raise no_collection() from exc
    except ChromaError as exc:
        raise VectorStoreFailed(_FAILED) from exc


@dataclass(frozen=True, slots=True)
class Nearest:
    """Ids of chunks, best first, and their cosines to what was asked, -1 to 1."""

    ids: list[str]
    cosines: Vectors


class _Precomputed(Embeddings):
    """Hands out vectors that exist already."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each text, in order."""
        if len(texts) != len(self._vectors):
            raise ValueError("one vector for each text is needed")
        rows: Any = list(self._vectors)  # Chroma takes arrays as they are
        return list(rows)

    def embed_query(self, text: str) -> list[float]:
        """Never used: questions come with their vector."""
        raise NotImplementedError


class ChromaCollections:
    """The collections in one folder. Reading never waits for writing; writes to Chroma follow each other."""

    def __init__(self, path: Path, cache_size: int) -> None:
        """Open or create the folder with at most `cache_size` vector indexes in memory."""
        with chroma_errors():
            self._server, self._client = _open_client(path, cache_size)
        self._settings = self._client.get_settings()
        self._write_lock = RankedLock(Rank.CHROMA)
        self._ids: dict[str, UUID] = {}

    @contextmanager
    def no_writes(self) -> Iterator[None]:
        """Keep Chroma from writing to its database during the block."""
        with self._write_lock:
            yield

    def metadata(self, name: str) -> Mapping[str, Any]:
        """Return the collection's metadata. Raises NotFound."""
        return self._get(name).metadata or {}

    def create(self, name: str, metadata: dict[str, Any]) -> None:
        """Make an empty collection."""
        with self._write_lock, chroma_errors():
            self._client.create_collection(name, embedding_function=None, configuration=_INDEX, metadata=metadata)

    def rename(self, name: str, new_name: str) -> None:
        """Give a collection another name, which nothing else may have."""
        collection = self._get(name)
        with self._write_lock, chroma_errors():
            collection.modify(name=new_name)

    def drop(self, name: str) -> None:
        """Remove a collection from the database; its index folder stays."""
        with self._write_lock, chroma_errors():
            self._client.delete_collection(name)

    def settle(self, name: str) -> None:
        """Let Chroma do what it does when a process uses a collection first: replay and purge its log.

        Later readings do not write.
        """
        collection = self._get(name)
        with self._write_lock, chroma_errors():
            collection.count()

    def count(self, name: str) -> int:
        """Return the number of chunks."""
        collection = self._get(name)
        with chroma_errors():
            return collection.count()

    def upsert(self, name: str, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Store chunks with their vectors, replacing those of the same ids."""
        with self._write_lock, chroma_errors():
            self._open(name, _Precomputed(vectors)).add_texts(
                [chunk.text for chunk in chunks],
                metadatas=[_metadata(chunk) for chunk in chunks],
                ids=[chunk.id for chunk in chunks],
            )

    def nearest(self, name: str, vector: Vectors, k: int, where: Where | None) -> Nearest:
        """Return the ids of the `k` chunks nearest to `vector`, best first, with their cosines.

        Asks Chroma itself, and for nothing but distances: texts and metadata of hundreds take ten times as long.
        """
        chosen = dict(where) if where else None
        return _nearest(self._asked(name, lambda collection: _query(collection, vector, k, where=chosen)))

    def nearest_among(self, name: str, vector: Vectors, k: int, ids: Sequence[str]) -> Nearest:
        """Return the same of those chunks of these ids that are there, of which there may be any number.

        Nothing else is looked at, so a small share of the collection is searched as well as all of it.
        """
        slices = [ids[start : start + _AMONG] for start in range(0, len(ids), _AMONG)]
        found = [self._nearest_of(name, vector, k, some) for some in slices]
        names = [name for part in found for name in part.ids]
        cosines = np.concatenate([part.cosines for part in found]) if found else np.zeros(0, np.float32)
        best = np.argsort(-cosines, kind="stable")[:k]
        return Nearest([names[place] for place in best], cosines[best])

    def _nearest_of(self, name: str, vector: Vectors, k: int, ids: Sequence[str]) -> Nearest:
        def ask(collection: chromadb.Collection) -> Any:
            try:
                return _query(collection, vector, k, ids=list(ids))
            except ChromaError:
                # It fails as a whole when one id is not there, as while its document is being deleted.
                there = collection.get(ids=list(ids), include=[])["ids"]
                return _query(collection, vector, k, ids=there)

        return _nearest(self._asked(name, ask))

    def matching(self, name: str, where: Where) -> list[str]:
        """Return the ids of all chunks that a filter lets through."""
        ids: list[str] = self._asked(name, lambda collection: collection.get(where=dict(where), include=[]))["ids"]
        return ids

    def vectors(self, name: str, ids: list[str]) -> dict[str, Vectors]:
        """Return the vectors of those of the chunks that exist, by id."""
        if not ids:
            return {}
        found = self._asked(name, lambda collection: collection.get(ids=ids, include=["embeddings"]))
        return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))

    def chunks(self, name: str, ids: list[str]) -> list[Chunk]:
        """Return those of the chunks that exist, in any order."""
        if not ids:
            return []
        return _to_chunks(self._asked(name, lambda collection: collection.get(ids=ids)))

    def pages(self, name: str) -> Iterator[list[Chunk]]:
        """Yield all chunks, a few hundred at a time."""
        offset = 0
        while page := self._page(name, offset):
            yield page
            offset += len(page)

    def delete_document(self, name: str, document_id: str) -> int:
        """Remove a document's chunks and return how many they were.

        They are numbered from 0, so that nothing has to be searched for.
        """
        with chroma_errors():
            collection = self._open(name)
            start = removed = 0
            while ids := collection.get(ids=chunk_ids(document_id, start, _PAGE), include=[])["ids"]:
                with self._write_lock:
                    collection.delete(ids=ids)
                start, removed = start + _PAGE, removed + len(ids)
        return removed

    def close(self) -> None:
        """Release the files."""
        self._client.close()

    def _get(self, name: str) -> chromadb.Collection:
        with chroma_errors():
            return self._client.get_collection(name, embedding_function=None)

    def _handle(self, name: str) -> chromadb.Collection:
        """Return the collection of this name when somebody first asked, for reading: fails once it was deleted.

        Chroma's own handles hold the whole schema, 17 kB each; the id is all that reading needs.
        """
        known = self._ids.get(name)
        if known is None:
            known = self._get(name).id
            if len(self._ids) >= _KNOWN_IDS:
                self._ids.clear()
            self._ids[name] = known
        model = CollectionModel(known, name, {}, None, None, None, self._client.tenant, self._client.database)
        return chromadb.Collection(self._server, model, embedding_function=None)

    def _asked(self, name: str, ask: Callable[[chromadb.Collection], Any]) -> Any:
        """Return what the collection answers, asked by its remembered id."""
        with chroma_errors():
            try:
                return ask(self._handle(name))
            except ChromaError:  # the collection may have been deleted and made again since its id was noted
                self._ids.pop(name, None)
                return ask(self._handle(name))

    def _open(self, name: str, embedding: _Precomputed | None = None) -> Chroma:
        # Opened for each call: a kept handle fails after the collection was deleted and made again.
        return Chroma(
            client=self._client,
            client_settings=self._settings,
            collection_name=name,
            embedding_function=embedding,
            create_collection_if_not_exists=False,
        )

    def _page(self, name: str, offset: int) -> list[Chunk]:
        with chroma_errors():
            return _to_chunks(self._open(name).get(limit=_PAGE, offset=offset))


def chunk_ids(document_id: str, offset: int, limit: int) -> list[str]:
    """Return the ids that the document's chunks number `offset` to `offset + limit` have."""
    return [f"{document_id}:{index}" for index in range(offset, offset + limit)]


def _to_chunks(found: Mapping[str, Any]) -> list[Chunk]:
    return [_to_chunk(*pair) for pair in zip(found["documents"], found["metadatas"], strict=True)]


def _query(collection: chromadb.Collection, vector: Vectors, k: int, **among: Any) -> Any:
    return collection.query(query_embeddings=vector[np.newaxis, :], n_results=k, include=["distances"], **among)


def _nearest(found: Any) -> Nearest:
    cosines = 1.0 - np.asarray(found["distances"][0], np.float32)
    return Nearest(found["ids"][0], np.clip(cosines, -1.0, 1.0))


def _metadata(chunk: Chunk) -> dict[str, Any]:
    """Return what is stored beside a chunk's text. Chroma takes no empty lists and no None."""
    given = {"sections": list(chunk.sections), "head": chunk.head, "number": chunk.number}
    optional = {name: value for name, value in given.items() if value not in ([], "", None)}
    return {field: getattr(chunk, field) for field in _FIELDS} | optional


def _to_chunk(text: str, metadata: Mapping[str, Any]) -> Chunk:
    fields = {field: metadata[field] for field in _FIELDS}
    return Chunk(
        text=text,
        **fields,
        sections=tuple(metadata.get("sections") or ()),
        head=metadata.get("head", ""),
        number=metadata.get("number"),
    )


def _open_client(path: Path, cache_size: int) -> tuple[RustBindingsAPI, Client]:
    system = System(
        Settings(
            _env_file=None,  # settings are ours to read
            is_persistent=True,
            persist_directory=str(path),
            anonymized_telemetry=False,
            chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
        )
    )
    api = system.instance(RustBindingsAPI)
    # Chroma takes the number of open indexes from the limit on open files when its API object is made, and uses
    # it when that is started: in between it can be set.
    api.hnsw_cache_size = cache_size
    system.start()
    return api, Client.from_system(system)
