"""Texts and vectors of the clients' parts in PostgreSQL, searched exactly within each client's own rows."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from sqlalchemy import Connection
from typing_extensions import override

from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import Chunk, Passage
from app.common.postgres.database import PostgresDatabase
from app.common.vectors import OtherModel, Vectors
from app.services.chroma.collections import Nearest
from app.services.chroma.files import State
from app.services.chroma.nearest import Probe
from app.services.library.postgres import statements as s
from app.services.library.postgres.conditions import condition
from app.services.library.postgres.models import PostgresModels
from app.services.library.postgres.rows import as_chunks, as_nearest, as_text, as_vector, columns_of, places_of
from app.services.library.stores import VectorStore
from app.services.vector_store import ClientCollection, collection_name


class ClientVectors:
    """One client's parts in a transaction under way."""

    def __init__(self, connection: Connection, client_id: ClientId, model: str) -> None:
        """`model` is the one in use."""
        self._connection = connection
        self._client = {"client": client_id}
        self._model = model

    def add(self, chunks: Sequence[Chunk], vectors: Vectors, model: str | None = None) -> None:
        """Store parts with their vectors of `model`; raises OtherModel when the client's are, or would be, of another.

        The transaction is to be undone then.
        """
        if len(chunks) != len(vectors) or not np.isfinite(vectors).all():
            raise ValueError("each chunk needs a vector of finite numbers")
        known = self._connection.execute(s.CLAIM_MODEL, {**self._client, "model": self._model}).scalar_one()
        if known != (model or self._model):
            raise OtherModel(known)
        rows = [
            {**self._client, **columns_of(chunk), "vector": as_text(vector)}
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        if rows:
            self._connection.execute(s.ADD, rows)

    def delete_document(self, document_id: str) -> int:
        """Remove a document's parts and return how many they were."""
        this = {**self._client, "document": document_id}
        self._connection.execute(s.DROP_SUCCESSORS_OF, this)
        return self._connection.execute(s.DROP_DOCUMENT, this).rowcount

    def delete_all(self) -> int:
        """Remove all parts of the client and return how many they were."""
        self.forget_model()
        self._connection.execute(s.DROP_SUCCESSORS, self._client)
        return self._connection.execute(s.DROP_CLIENT, self._client).rowcount

    def forget_model(self) -> None:
        """Let the client's next parts be of any model."""
        self._connection.execute(s.DROP_MODEL, self._client)


class PostgresVectors(VectorStore):
    """The parts of all clients. Each method is a transaction of its own, which reaches its client's rows only."""

    def __init__(self, database: PostgresDatabase, *, embedding_model: str) -> None:
        self._db = database
        self._models = PostgresModels(database, embedding_model)

    @property
    @override
    def models(self) -> PostgresModels:
        return self._models

    @override
    def add(self, client_id: ClientId, chunks: Sequence[Chunk], vectors: Vectors, *, model: str | None = None) -> None:
        with self._db.write(client_id) as connection:
            ClientVectors(connection, client_id, self._models.current).add(chunks, vectors, model)

    @override
    def search(
        self, client_id: ClientId, vector: Vectors, k: int, *, where: PassageFilter | None = None
    ) -> list[Passage]:
        nearest = self.nearest(client_id, Probe(vector, self._models.current), k, where=where)
        found = {chunk.id: chunk for chunk in self.parts(client_id, nearest.ids)}
        pairs = zip(nearest.ids, nearest.cosines.tolist(), strict=True)
        return [Passage(found[name], cosine) for name, cosine in pairs if name in found]

    @override
    def nearest(self, client_id: ClientId, vector: Probe, k: int, *, where: PassageFilter | None = None) -> Nearest:
        chosen, values = condition(where) if where else ("", {})
        with self._db.read(client_id) as connection:
            self._models.require(connection, client_id, vector.model)
            wanted = {"client": client_id, "vector": as_text(vector.values), "k": k, **values}
            return as_nearest(connection.execute(s.nearest(chosen), wanted))

    @override
    def nearest_among(self, client_id: ClientId, vector: Probe, k: int, ids: Sequence[str]) -> Nearest:
        with self._db.read(client_id) as connection:
            self._models.require(connection, client_id, vector.model)
            wanted = {"client": client_id, "vector": as_text(vector.values), "k": k, **places_of(ids)}
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
            return {row.id: as_vector(row.vector) for row in rows}

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
            return ClientVectors(connection, client_id, self._models.current).delete_document(document_id)

    @override
    def delete_collection(self, client_id: ClientId) -> bool:
        with self._db.write(client_id) as connection:
            return ClientVectors(connection, client_id, self._models.current).delete_all() > 0

    @override
    def check(self, client_id: ClientId) -> State:
        return "ok"

    @override
    def damaged(self) -> list[ClientId]:
        return []  # what is on the disk is the server's to look after

    @override
    def rebuild(self, client_id: ClientId, embed: Callable[[list[Chunk]], Vectors]) -> int:
        return 0  # see `damaged`

    @override
    def scrub(self) -> None:
        self._db.vacuum("passages", "embedding_models", "successors")
