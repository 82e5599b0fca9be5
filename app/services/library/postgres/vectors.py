"""Texts and vectors of the clients' parts in PostgreSQL, searched exactly within each client's own rows."""

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from sqlalchemy import Connection
from typing_extensions import override

from app.common.errors import Conflict
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage
from app.common.postgres.database import PostgresDatabase
from app.common.vectors import Vectors
from app.services.chroma.collections import Nearest
from app.services.chroma.files import State
from app.services.library.postgres import statements as s
from app.services.library.postgres.conditions import condition
from app.services.library.postgres.rows import as_chunks, as_nearest, as_text, columns_of, places_of
from app.services.library.stores import VectorStore
from app.services.vector_store import ClientCollection, collection_name

_PAGE = 256


class ClientVectors:
    """One client's parts in a transaction under way."""

    def __init__(self, connection: Connection, client_id: ClientId, model: str) -> None:
        self._connection = connection
        self._client = {"client": client_id}
        self._model = model

    def add(self, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Store parts with their vectors; raises Conflict when the client's others are of another model."""
        if len(chunks) != len(vectors) or not np.isfinite(vectors).all():
            raise ValueError("each chunk needs a vector of finite numbers")
        known = self._connection.execute(s.CLAIM_MODEL, {**self._client, "model": self._model}).scalar_one()
        if known != self._model:
            raise other_model()
        rows = [
            {**self._client, **columns_of(chunk), "vector": as_text(vector)}
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        if rows:
            self._connection.execute(s.ADD, rows)

    def delete_document(self, document_id: str) -> int:
        """Remove a document's parts and return how many they were."""
        return self._connection.execute(s.DROP_DOCUMENT, {**self._client, "document": document_id}).rowcount

    def delete_all(self) -> int:
        """Remove all parts of the client and return how many they were."""
        self.forget_model()
        return self._connection.execute(s.DROP_CLIENT, self._client).rowcount

    def forget_model(self) -> None:
        """Let the client's next parts be of any model."""
        self._connection.execute(s.DROP_MODEL, self._client)


class PostgresVectors(VectorStore):
    """The parts of all clients. Each method is a transaction of its own, which reaches its client's rows only."""

    def __init__(self, database: PostgresDatabase, *, embedding_model: str) -> None:
        self._db = database
        self._model = embedding_model

    @override
    def add(self, client_id: ClientId, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        with self._db.write(client_id) as connection:
            ClientVectors(connection, client_id, self._model).add(chunks, vectors)

    @override
    def search(
        self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None
    ) -> list[Passage]:
        nearest = self.nearest(client_id, vector, k, where=where)
        found = {chunk.id: chunk for chunk in self.parts(client_id, nearest.ids)}
        pairs = zip(nearest.ids, nearest.cosines.tolist(), strict=True)
        return [Passage(found[name], cosine) for name, cosine in pairs if name in found]

    @override
    def nearest(self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None) -> Nearest:
        chosen, values = condition(where) if where else ("", {})
        with self._db.read(client_id) as connection:
            self._require_model(connection, client_id)
            wanted = {"client": client_id, "vector": as_text(vector), "k": k, **values}
            return as_nearest(connection.execute(s.nearest(chosen), wanted))

    @override
    def nearest_among(self, client_id: ClientId, vector: Vectors, k: int, ids: Sequence[str]) -> Nearest:
        with self._db.read(client_id) as connection:
            self._require_model(connection, client_id)
            wanted = {"client": client_id, "vector": as_text(vector), "k": k, **places_of(ids)}
            return as_nearest(connection.execute(s.NEAREST_AMONG, wanted))

    @override
    def matching(self, client_id: ClientId, where: PassageFilter) -> list[str]:
        chosen, values = condition(where)
        with self._db.read(client_id) as connection:
            return list(connection.execute(s.matching(chosen), {"client": client_id, **values}).scalars())

    @override
    def parts(self, client_id: ClientId, ids: Sequence[str]) -> list[Chunk]:
        with self._db.read(client_id) as connection:
            return as_chunks(connection.execute(s.PARTS, {"client": client_id, **places_of(ids)}))

    @override
    def vectors(self, client_id: ClientId, ids: Sequence[str]) -> dict[str, Vectors]:
        with self._db.read(client_id) as connection:
            rows = connection.execute(s.VECTORS, {"client": client_id, **places_of(ids)})
            return {row.id: np.array(json.loads(row.vector), np.float32) for row in rows}

    @override
    def chunks(self, client_id: ClientId, document_id: str, *, offset: int = 0, limit: int = 100) -> list[Chunk]:
        wanted = {"client": client_id, "document": document_id, "first": offset, "after": offset + limit}
        with self._db.read(client_id) as connection:
            return as_chunks(connection.execute(s.CHUNKS, wanted))

    @override
    def count(self, client_id: ClientId) -> int:
        with self._db.read(client_id) as connection:
            return int(connection.execute(s.COUNT, {"client": client_id}).scalar_one())

    @override
    def exists(self, client_id: ClientId) -> bool:
        with self._db.read(client_id) as connection:
            return bool(connection.execute(s.EXISTS, {"client": client_id}).scalar_one())

    @override
    def client_ids(self) -> Iterator[ClientId]:
        with self._db.read(None) as connection:
            known = list(connection.execute(s.CLIENTS).scalars())
        yield from map(ClientId, known)

    @override
    def list_client_collections(self) -> list[ClientCollection]:
        with self._db.read(None) as connection:
            rows = connection.execute(s.CONTENTS).all()
        return [
            ClientCollection(
                client_id=row.client_id,
                collection_name=collection_name(ClientId(row.client_id)),
                document_count=row.documents,
                chunk_count=row.parts,
            )
            for row in rows
        ]

    @override
    def delete_document(self, client_id: ClientId, document_id: str) -> int:
        with self._db.write(client_id) as connection:
            return ClientVectors(connection, client_id, self._model).delete_document(document_id)

    @override
    def delete_collection(self, client_id: ClientId) -> bool:
        with self._db.write(client_id) as connection:
            return ClientVectors(connection, client_id, self._model).delete_all() > 0

    @override
    def check(self, client_id: ClientId) -> State:
        return "ok"

    @override
    def damaged(self) -> list[ClientId]:
        # What is on the disk is the server's to look after. Vectors of another model are of no use to this process,
        # but of use to others: only an operator decides to replace them.
        return []

    @override
    def rebuild(self, client_id: ClientId, embed: Callable[[list[Chunk]], Vectors]) -> int:
        total, after = 0, ("", -1)
        with self._db.write(client_id) as connection:
            connection.execute(s.SET_MODEL, {"client": client_id, "model": self._model})
            while chunks := _page(connection, client_id, after):
                rows = [
                    {
                        "client": client_id,
                        "document": chunk.document_id,
                        "place": chunk.index,
                        "vector": as_text(vector),
                    }
                    for chunk, vector in zip(chunks, embed(chunks), strict=True)
                ]
                connection.execute(s.SET_VECTOR, rows)
                total, after = total + len(chunks), (chunks[-1].document_id, chunks[-1].index)
        return total

    @override
    def scrub(self) -> None:
        self._db.vacuum("passages", "embedding_models")

    def _require_model(self, connection: Connection, client_id: ClientId) -> None:
        known = connection.execute(s.MODEL, {"client": client_id}).scalar_one_or_none()
        if known not in (None, self._model):
            raise other_model()


def other_model() -> Conflict:
    """Return the error about vectors that cannot be compared with the service's own."""
    return Conflict(
        "These documents were embedded with another model; ingest them again.", code="embedding_model_changed"
    )


def _page(connection: Connection, client_id: ClientId, after: tuple[str, int]) -> list[Chunk]:
    wanted = {"client": client_id, "document": after[0], "place": after[1], "size": _PAGE}
    return as_chunks(connection.execute(s.PAGE, wanted))
