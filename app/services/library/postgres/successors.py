"""New vectors for all of a client's parts: they lie beside the old ones, and take their place when all are there.

The old vectors answer until then. A new vector is there only while its part is: what is deleted goes from both. If the
process ends before all are there, those that are stay, and the next attempt makes the others.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from sqlalchemy import Connection

from app.common.absent import no_collection
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.catalog.store import Catalog
from app.services.library.facts import facts_of
from app.services.library.postgres import statements as s
from app.services.library.postgres.rows import as_chunks, as_text, as_vector
from app.services.library.postgres.words import ClientWords
from app.services.library.types import Embed

BATCH = 256
_ROUNDS = 8
_ALL = 2**31 - 1


class Successors:
    """New vectors of one client, of the model in use.

    `reading` and `changing` open transactions; the client's documents change in one of the latter only.
    """

    def __init__(
        self,
        client_id: ClientId,
        model: str,
        *,
        reading: Callable[[], AbstractContextManager[Connection]],
        changing: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._client = {"client": client_id}
        self._model = {"model": model}
        self._reading = reading
        self._changing = changing

    def grow(self, embed: Embed) -> None:
        """Embed the client's texts, those too that come meanwhile, as far as there is an end of them.

        Others wait for moments only. Raises what `embed` raises, and NotFound when the client has no parts.
        """
        with self._changing() as connection:
            connection.execute(s.DROP_OTHER_SUCCESSORS, {**self._client, **self._model})
            count = connection.execute(s.COUNT, self._client).scalar_one()
        if not count:
            raise no_collection()
        for _ in range(2 * count // BATCH + _ROUNDS):
            with self._reading() as connection:
                missing = self._missing(connection)
            if not missing:
                return
            vectors = embed(missing)
            with self._changing() as connection:
                self._add(connection, missing, vectors)

    def succeed(self, connection: Connection, embed: Embed) -> None:
        """Embed what is still missing and let the new vectors take the place of the old ones, in a change under way."""
        while missing := self._missing(connection):
            self._add(connection, missing, embed(missing))
        connection.execute(s.SUCCEED, self._client)
        connection.execute(s.DROP_SUCCESSORS, self._client)
        connection.execute(s.SET_MODEL, {**self._client, **self._model})

    def _missing(self, connection: Connection) -> list[Chunk]:
        return as_chunks(connection.execute(s.MISSING, {**self._client, "size": BATCH}))

    def _add(self, connection: Connection, chunks: list[Chunk], vectors: Vectors) -> None:
        rows = {
            "documents": [chunk.document_id for chunk in chunks],
            "places": [chunk.index for chunk in chunks],
            "vectors": [as_text(vector) for vector in vectors],
        }
        connection.execute(s.ADD_SUCCESSORS, {**self._client, **self._model, **rows})


def revalue(connection: Connection, client_id: ClientId, catalog: Catalog) -> None:
    """Note of all parts of ready documents what follows from the vectors that they have now."""
    words = ClientWords(connection, client_id)
    for record in catalog.list_documents(client_id, status="ready", limit=_ALL):
        wanted = {"client": client_id, "document": record.document_id}
        rows = connection.execute(s.CHUNKS, {**wanted, "first": 0, "after": _ALL}).all()
        vectors = connection.execute(s.VECTORS_OF_DOCUMENT, wanted).scalars().all()
        if rows:
            made = np.stack([as_vector(vector) for vector in vectors])
            facts = facts_of(as_chunks(rows), made, chunk_size=record.chunk_size)
            words.revalue(record.document_id, facts["norm"])
