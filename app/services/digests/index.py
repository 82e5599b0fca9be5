"""Summaries as passages that are found by their meaning, and lead to their documents."""

from collections.abc import Collection

import numpy as np

from app.common.ids import ClientId
from app.services.catalog.digests import MEANING, DocumentDigests, as_text
from app.services.catalog.records import DocumentRecord
from app.services.embedding.description import ModelScale
from app.services.embedding.types import Embedder

MOST_COMPARED = 2000
"""Summaries of a client, of the newest documents, that a topic is compared with."""
DIGITS = 4


class SummaryIndex:
    """Vectors of summaries, kept with them. Blocks; safe to call from many threads."""

    def __init__(self, digests: DocumentDigests, embedder: Embedder) -> None:
        self._digests = digests
        self._embedder = embedder

    @property
    def scale(self) -> ModelScale:
        """Return how the cosines of summaries are to be read."""
        return self._embedder.scale

    def lacking(self, *, beside: Collection[str]) -> list[tuple[ClientId, str]]:
        """Return of each client the oldest document of whose summary nothing is noted with the model in use.

        Except for the documents `beside`.
        """
        return self._digests.lacking(MEANING, beside=beside, beginning=_beginning(self._embedder.name))

    def add(self, record: DocumentRecord, summary: str) -> None:
        """Note what a document's summary means. Raises what the embedder and the catalog raise."""
        row = self._embedder.embed_texts([summary or record.filename], owner=record.client_id)[0]
        vector = [round(float(value), DIGITS) for value in row]
        stored = {"model": self._embedder.name, "vector": vector}
        self._digests.put(record.client_id, record.document_id, MEANING, stored)

    def nearest(self, client_id: ClientId, topic: str) -> dict[str, float]:
        """Return the documents with the cosine of their summaries to a topic, the nearest first.

        Those of another embedding model are left out.
        """
        stored = self._digests.of_all(client_id, MEANING, newest=MOST_COMPARED)
        known = {name: one["vector"] for name, one in stored.items() if one["model"] == self._embedder.name}
        if not known:
            return {}
        rows = np.array(list(known.values()), np.float32)
        likeness = (rows @ self._embedder.embed_question(topic, owner=client_id)).tolist()
        pairs = sorted(zip(known, likeness, strict=True), key=lambda pair: -pair[1])
        return dict(pairs)


def _beginning(model: str) -> str:
    """Return how a note that was made with the model begins: see `SummaryIndex.add`, and how digests are stored."""
    return as_text({"model": model}).removesuffix("}")
