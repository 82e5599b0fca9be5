"""Stand-ins for what is slow or not to be had in tests; real subclasses of what they stand in for."""

import re
import zlib
from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from app.common.vectors import Vectors
from app.services.embedding.description import ModelScale
from app.services.embedding.types import Embedder, OnBatch

BATCH = 16


class HashEmbeddings(Embedder):
    """A bag of words, each hashed to a component: texts that share words are similar. The same on every run."""

    name = "hash"
    dimension = 64

    @override
    def embed_texts(
        self,
        texts: Sequence[str],
        on_batch: OnBatch | None = None,
        *,
        owner: str = "",
        urgent: bool = False,
    ) -> Vectors:
        """See Embedder."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            for row, text in enumerate(batch, start):
                vectors[row] = self.embed_question(text)
            if on_batch:
                on_batch(start + len(batch))
        return vectors

    @override
    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """See Embedder. A text without words points along the first component."""
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()) or [""]:
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit

    def close(self) -> None:
        """Nothing is open."""


class OtherEmbeddings(HashEmbeddings):
    """Another model with vectors of the same length, which say nothing to those of the first."""

    name = "other"
    scale = ModelScale(about=0.2)

    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """See Embedder."""
        return np.roll(super().embed_question(text, owner=owner), 17)
