"""Questions to a collection's index of vectors, and their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.common.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Probe:
    """What is searched for: a vector, and the embedding model that made it."""

    values: Vectors
    model: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """Ids of chunks, best first, and their cosines to what was asked, -1 to 1."""

    ids: list[str]
    cosines: Vectors


def query(collection: Any, vector: Vectors, k: int, **among: Any) -> Any:
    """Ask Chroma's collection for what is nearest among the chunks that the arguments choose."""
    return collection.query(query_embeddings=vector[np.newaxis, :], n_results=k, include=["distances"], **among)


def nearest_in(found: Any) -> Nearest:
    """Return what Chroma answered."""
    cosines = 1.0 - np.asarray(found["distances"][0], np.float32)
    return Nearest(found["ids"][0], np.clip(cosines, -1.0, 1.0))


def best_of(found: Sequence[Nearest], k: int) -> Nearest:
    """Return the best `k` of several answers."""
    names = [name for part in found for name in part.ids]
    cosines = np.concatenate([part.cosines for part in found]) if found else np.zeros(0, np.float32)
    best = np.argsort(-cosines, kind="stable")[:k]
    return Nearest([names[place] for place in best], cosines[best])
