"""What the index of words keeps of a document's parts: where they lie, and what stands together."""

from collections.abc import Sequence

import numpy as np

from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.words.postings import FACTS, PAGED, WHOLE, Facts

SHORT = 2500
"""Characters. A document that is no longer stands together as a whole."""


def facts_of(parts: Sequence[Chunk], vectors: Vectors, *, chunk_size: int) -> Facts:
    """Return the facts of a document's parts, in order, without their numbers of words.

    Parts of a page that follow each other stand together up to `chunk_size` characters; a short document does whole.
    `vectors` has a row for each part.
    """
    facts = np.zeros(len(parts), FACTS)
    whole = parts[-1].end <= SHORT
    facts["group"], facts["leaf"] = _groups(parts, chunk_size, whole=whole)
    for name in ("page", "start", "end"):
        facts[name] = [getattr(part, name) for part in parts]
    facts["chunk"] = [part.index if part.number is None else part.number for part in parts]
    facts["kind"] = WHOLE if whole else PAGED if parts[-1].page > 1 else 0
    first, where, size = np.unique(facts["group"], return_inverse=True, return_counts=True)
    sums = np.zeros((len(first), vectors.shape[1]), np.float32)
    np.add.at(sums, where, vectors * (facts["end"] - facts["start"]).astype(np.float32)[:, None])
    facts["size"], facts["norm"] = size[where], np.linalg.norm(sums, axis=1)[where]
    return facts


def _groups(parts: Sequence[Chunk], chunk_size: int, *, whole: bool) -> tuple[list[int], list[int]]:
    """Return, for each part, the first part of its group and the first of its page."""
    groups, leaves = [], []
    group = leaf = 0
    for place, part in enumerate(parts):
        if part.page != parts[leaf].page:
            leaf = group = place
        elif part.end - parts[group].start > chunk_size:
            group = place
        groups.append(0 if whole else group)
        leaves.append(leaf)
    return groups, leaves
