"""New vectors for a whole collection: a successor grows beside it, and takes its place when it has all texts.

The old vectors answer until then, and nobody who writes waits while texts are embedded. A text is in the successor only
while it is in the collection: what is deleted goes from both. If the process ends before the successor is complete, the
next start removes it.
"""

from collections.abc import Sequence

from app.common.ids import ClientId
from app.common.locks import KeyedLocks
from app.common.vectors import Vectors
from app.services.chroma.clients import collection_name
from app.services.chroma.collections import ChromaCollections
from app.services.chroma.doubt import Doubt
from app.services.chroma.models import Models
from app.services.chroma.rebuild import Embed, successor_of
from app.services.chroma.reindexing import Reindexing, maintenance

BATCH = 256
_FEW = 512
"""So many texts may be embedded while the client's writes wait."""
_ROUNDS = 8
"""A client that uploads faster than its texts are embedded again waits in the end."""


class Successors:
    """Gives collections vectors of the model in use. Its methods raise NotFound for a client that has no collection."""

    def __init__(
        self,
        chroma: ChromaCollections,
        reindexing: Reindexing,
        locks: KeyedLocks,
        models: Models,
        doubt: Doubt,
    ) -> None:
        """`locks` are those of the clients' collections."""
        self._chroma = chroma
        self._reindexing = reindexing
        self._locks = locks
        self._models = models
        self._doubt = doubt

    def grow(self, client_id: ClientId, embed: Embed) -> None:
        """Embed the client's texts into a successor, again until few came meanwhile or it was done some times.

        Takes the collection's lock for moments only. Raises what `embed` raises, and InsufficientStorage when there is
        no room for both; `abandon` is to follow.
        """
        self._doubt.settle()
        with self._locks.hold(client_id), maintenance():
            self._reindexing.plant(collection_name(client_id), self._models.current)
        for _ in range(_ROUNDS):
            if self._embed_missing(client_id, embed) <= _FEW:
                return

    def complete(self, client_id: ClientId, embed: Embed) -> None:
        """Embed the texts that are still missing. The caller keeps writers away from here until `succeed`."""
        self._embed_missing(client_id, embed)

    def vectors(self, client_id: ClientId, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the new vectors of those of the chunks that have some, by id."""
        return self._chroma.vectors(successor_of(collection_name(client_id)), list(ids))

    def succeed(self, client_id: ClientId) -> None:
        """Let the successor, which is complete, take the collection's place: from now on it answers."""
        with self._locks.hold(client_id), maintenance():
            self._reindexing.succeed(collection_name(client_id))
            self._models.forget(collection_name(client_id))

    def abandon(self, client_id: ClientId) -> None:
        """Remove the successor, if there is one. What fails of it is done by the next start, or the next attempt."""
        self._doubt.remove(lambda: self._abandon(client_id))

    def _abandon(self, client_id: ClientId) -> None:
        with self._locks.hold(client_id), maintenance():
            self._reindexing.drop_copies(collection_name(client_id))

    def _embed_missing(self, client_id: ClientId, embed: Embed) -> int:
        missing = self._missing(client_id)
        for start in range(0, len(missing), BATCH):
            self._embed(client_id, missing[start : start + BATCH], embed)
        return len(missing)

    def _missing(self, client_id: ClientId) -> list[str]:
        name = collection_name(client_id)
        with self._locks.hold(client_id):
            there = set(self._chroma.matching(successor_of(name)))
            return [chunk for chunk in self._chroma.matching(name) if chunk not in there]

    def _embed(self, client_id: ClientId, ids: list[str], embed: Embed) -> None:
        name = collection_name(client_id)
        with self._locks.hold(client_id):
            chunks = self._chroma.chunks(name, ids)
        if not chunks:
            return
        vectors = embed(chunks)
        with self._locks.hold(client_id), maintenance():
            left = {chunk.id for chunk in self._chroma.chunks(name, ids)}
            rows = [row for row, chunk in enumerate(chunks) if chunk.id in left]
            if rows:  # the others were deleted meanwhile
                self._chroma.upsert(successor_of(name), [chunks[row] for row in rows], vectors[rows])
