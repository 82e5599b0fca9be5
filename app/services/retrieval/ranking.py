"""One ranking out of two: nearness of meaning and words in common, of the part and of the text around it.

The store gives the nearest parts only; a part that is not among them is taken to be a little further than the last
of them. So no vector has to be fetched, and a part that words found has its place in the same order.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.common.passages import Shares
from app.services.embedding.description import ModelScale
from app.services.words.bm25 import WordScores
from app.services.words.postings import Facts, Numbers

NEAREST = 300
"""Parts to ask the vector store for."""
SEEDS = 100
"""As many of the nearest parts, and of the best by words, bring their groups among the candidates."""

AROUND = 0.5
"""The share that the group's mean vector has in a part's nearness, and the group's best words in the part's words."""

_LEAST_NORM = 1e-6

Scores = NDArray[np.float32]


class Found(Protocol):
    """What both legs found: facts and words of all parts by number, the nearest ones, and which a filter allows."""

    @property
    def facts(self) -> Facts:
        """Return the facts, a row for each part."""

    @property
    def nearest(self) -> Numbers:
        """Return the numbers of the nearest parts, best first."""

    @property
    def cosines(self) -> Scores:
        """Return the cosines of the nearest parts."""

    @property
    def words(self) -> WordScores:
        """Return how well each part's words match."""

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """Return which parts a filter lets through; None without one."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates, best first. A value is the sum of what the meaning, the words, and a rare name or code give."""

    numbers: Numbers
    values: Scores
    cosines: Scores
    meaning: Scores
    words: Scores
    names: Scores
    codes: Scores

    def shares(self, place: int) -> Shares:
        """Return what the value at a place of the order is made of."""
        parts = (self.meaning, self.words, self.names, self.codes)
        return Shares(*(float(scores[place]) for scores in parts))


def rank(found: Found, scale: ModelScale, *, unfamiliar: float = 0.0) -> Ranked:
    """Rank the parts of the groups that the nearest parts and those with the best words belong to.

    `unfamiliar` is the share of the question's tokens that the model does not know as words.
    """
    facts, words, nearest, cosines = found.facts, found.words, found.nearest, found.cosines
    numbers = _candidates(facts, nearest, words.values + words.rare)
    if found.allowed is not None:
        numbers = numbers[found.allowed[numbers]]
    far = float(cosines[-1]) - scale.fall if len(cosines) else 0.0
    near = np.full(len(facts), far, np.float32)
    near[nearest] = cosines
    own, mine = near[numbers], words.values[numbers]
    first, where = np.unique(facts["group"][numbers], return_inverse=True)
    around = _centre(facts, near, numbers, first, where)[where]
    words_around = np.maximum.reduceat(mine, _starts(where))[where] if len(numbers) else mine
    share = scale.share_of_words(unfamiliar)
    meaning = np.float32(1 - share) * scale.meaning(own + AROUND * (around - own))
    matching = np.float32(share) * (mine + AROUND * (words_around - mine))
    names, codes = _preferred(words, numbers, scale)
    values = meaning + matching + names + codes
    order = np.argsort(-values, kind="stable")
    return Ranked(
        numbers=numbers[order],
        values=values[order],
        cosines=own[order],
        meaning=meaning[order],
        words=matching[order],
        names=names[order],
        codes=codes[order],
    )


def _preferred(words: WordScores, numbers: Numbers, scale: ModelScale) -> tuple[Scores, Scores]:
    """Return what a rare name and a rare code give: the better of the two counts, the other one nothing."""
    names, codes = words.names[numbers], words.codes[numbers]
    rare = np.float32(scale.rare)
    return rare * np.where(names > codes, names, 0), rare * np.where(names > codes, 0, codes)


def _candidates(facts: Facts, nearest: Numbers, words: Scores) -> Numbers:
    """Return the numbers, rising, of all parts of the groups that the best parts of both kinds belong to."""
    best = np.argpartition(-words, min(SEEDS, len(words) - 1))[:SEEDS] if len(words) else np.empty(0, np.int64)
    seeds = np.concatenate([nearest[:SEEDS], best[words[best] > 0]]).astype(np.int64)
    groups = np.unique(facts["group"][seeds]).astype(np.int64)
    sizes = facts["size"][groups].astype(np.int64)
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(groups - (ends - sizes), sizes), np.int64)


def _starts(where: Numbers) -> Numbers:
    """Return where each group begins: candidates are sorted, and a group's parts follow each other."""
    return np.flatnonzero(np.diff(where, prepend=-1))


def _centre(facts: Facts, near: Scores, numbers: Numbers, first: Numbers, where: Numbers) -> Scores:
    """Return the cosine of the question to the mean of each group's vectors, by the cosines to its parts."""
    if not len(numbers):
        return np.empty(0, np.float32)
    chars = (facts["end"][numbers] - facts["start"][numbers]).astype(np.float32)
    sums = np.add.reduceat(near[numbers] * chars, _starts(where))
    return np.asarray(sums / np.maximum(facts["norm"][first], _LEAST_NORM), np.float32)
