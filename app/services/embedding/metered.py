"""An embedder that tells the meter which client each text was embedded for."""

from collections.abc import Sequence

from typing_extensions import override

from app.common.ids import ClientId
from app.common.metering import Meter, Usage
from app.common.vectors import Vectors
from app.services.embedding.question_runs import RunStats
from app.services.embedding.types import Embedder, OnBatch


class MeteredEmbedder(Embedder):
    """Another embedder, with its texts counted. Work without an owner is the service's own and is not counted."""

    def __init__(self, embedder: Embedder, meter: Meter) -> None:
        """`embedder` is closed by this one."""
        self.name, self.dimension, self.scale = embedder.name, embedder.dimension, embedder.scale
        self._embedder = embedder
        self._meter = meter

    @override
    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        vectors = self._embedder.embed_texts(texts, on_batch, owner=owner, urgent=urgent)
        self._count(owner, len(texts))
        return vectors

    @override
    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        vector = self._embedder.embed_question(text, owner=owner)
        self._count(owner, 1)
        return vector

    @override
    def unfamiliar(self, text: str) -> float:
        return self._embedder.unfamiliar(text)

    @override
    def stats(self) -> RunStats:
        return self._embedder.stats()

    @override
    def close(self) -> None:
        self._embedder.close()

    def _count(self, owner: str, texts: int) -> None:
        if owner and texts:
            self._meter.count(ClientId(owner), Usage(texts_embedded=texts))
