"""What both legs of a search found, by the numbers of parts, ready to be ranked."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.services.chroma.collections import Nearest
from app.services.words.bm25 import WordScores
from app.services.words.contents import Document
from app.services.words.postings import FACTS, Facts, Numbers
from app.services.words.store import WordView

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Candidates:
    """All parts of a client by number: their facts, which are nearest, and how well their words match.

    `documents` are in the order of their numbers. `unindexed` are documents that the index of words does not have yet:
    their parts are known by their nearness alone.
    """

    documents: Sequence[Document]
    facts: Facts
    nearest: Numbers
    cosines: NDArray[np.float32]
    words: WordScores
    unindexed: frozenset[str]
    allowed: Mask | None = None
    """Which parts a filter lets through, over all numbers; None without a filter."""

    def owner(self, number: int) -> Document:
        """Return the document that a part belongs to."""
        place = bisect_right(self.documents, number, key=lambda document: document.first)
        return self.documents[place - 1]

    def part_id(self, number: int) -> str:
        """Return the id of a part in the vector store."""
        owner = self.owner(number)
        return f"{owner.document_id}:{number - owner.first}"

    def only(self, allowed: Mask) -> "Candidates":
        """Return the same with only the parts that a mask over all numbers allows."""
        words = self.words.each(lambda scores: np.where(allowed, scores, np.float32(0)))
        kept = allowed[self.nearest]
        return replace(
            self,
            nearest=self.nearest[kept],
            cosines=self.cosines[kept],
            words=words,
            allowed=allowed,
        )


@dataclass(frozen=True, slots=True)
class Numbering:
    """All parts by number: those that the index of words has, and after them those that are known in another way."""

    documents: Sequence[Document]
    facts: Facts
    words: WordScores
    unindexed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, view: WordView | None) -> "Numbering":
        """Return the numbers of an index of words; no parts have any without one."""
        if view is None:
            none = np.zeros(0, np.float32)
            return cls((), np.zeros(0, FACTS), WordScores(none, none, none, ()))
        return cls(view.contents.documents, view.contents.facts, view.scores)

    def including(self, counts: Mapping[str, int]) -> "Numbering":
        """Return the same with as many parts of these documents as are named, if there are fewer of them."""
        known = {document.document_id: document.count for document in self.documents}
        missing = {name: count for name, count in counts.items() if known.get(name, 0) < count}
        if not missing:
            return self
        after = np.cumsum([len(self.facts), *missing.values()]).tolist()
        added = [Document(name, first, count, "") for (name, count), first in zip(missing.items(), after, strict=False)]
        more = np.concatenate([_lone_facts(document) for document in added])
        return Numbering(
            (*self.documents, *added),
            np.concatenate([self.facts, more]),
            self.words.each(lambda scores: np.pad(scores, (0, len(more)))),
            self.unindexed | missing.keys(),
        )


def bring_together(numbering: Numbering, nearest: Nearest) -> Candidates:
    """Number what was found; parts of documents that the index of words lacks get numbers after all others."""
    counts: dict[str, int] = {}
    for document, place in map(_split, nearest.ids):
        counts[document] = max(counts.get(document, 0), place + 1)
    whole = numbering.including(counts)
    first_of = {document.document_id: document.first for document in whole.documents}
    numbers = np.array([first_of[document] + place for document, place in map(_split, nearest.ids)], np.int64)
    return Candidates(whole.documents, whole.facts, numbers, nearest.cosines, whole.words, whole.unindexed)


def _split(part_id: str) -> tuple[str, int]:
    document, _, place = part_id.rpartition(":")
    return document, int(place)


def _lone_facts(document: Document) -> Facts:
    """Return facts of parts of which nothing is known: each stands alone."""
    facts = np.zeros(document.count, FACTS)
    facts["words"] = facts["size"] = 1
    facts["group"] = facts["leaf"] = np.arange(document.count) + document.first
    facts["end"] = 1
    facts["norm"] = 1.0
    return facts
