"""What both legs of a search found, by the numbers of parts, ready to be ranked."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.services.chroma.collections import Nearest
from app.services.words.bm25 import WordScores
from app.services.words.index import Document
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
        both = (self.words.values, self.words.rare)
        values, rare = (np.where(allowed, scores, np.float32(0)) for scores in both)
        kept = allowed[self.nearest]
        return replace(
            self,
            nearest=self.nearest[kept],
            cosines=self.cosines[kept],
            words=replace(self.words, values=values, rare=rare),
            allowed=allowed,
        )


def bring_together(view: WordView | None, nearest: Nearest) -> Candidates:
    """Number what was found; parts of documents that the index of words lacks get numbers after all others."""
    documents = list(view.contents.documents) if view else []
    facts = view.contents.facts if view else np.zeros(0, FACTS)
    first_of = {document.document_id: document.first for document in documents}
    counts = {document.document_id: document.count for document in documents}
    unindexed = _unindexed(nearest.ids, counts)
    for document_id, count in unindexed.items():
        document = Document(document_id, len(facts), count, "")
        documents.append(document)
        first_of[document_id] = document.first
        facts = np.concatenate([facts, _lone_facts(document)])
    words = view.scores if view else WordScores(np.zeros(0, np.float32), np.zeros(0, np.float32), ())
    missing = len(facts) - len(words.values)
    if missing:
        values, rare = (np.pad(scores, (0, missing)) for scores in (words.values, words.rare))
        words = replace(words, values=values, rare=rare)
    numbers = np.array([first_of[document] + place for document, place in map(_split, nearest.ids)], np.int64)
    return Candidates(documents, facts, numbers, nearest.cosines, words, frozenset(unindexed))


def _unindexed(ids: Iterable[str], counts: dict[str, int]) -> dict[str, int]:
    """Return the documents among the found parts that are not numbered, with as many parts as are known of them."""
    unindexed: dict[str, int] = {}
    for document, place in map(_split, ids):
        if place >= counts.get(document, 0):
            unindexed[document] = max(unindexed.get(document, 0), place + 1)
    return unindexed


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
