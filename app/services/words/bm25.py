"""How well the words of parts match those of a question: BM25 over all parts of a client, on a scale of its own.

Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009. A word counts once, as its best form that a part
has. The sum is divided by what a perfect part would have, plus a constant: so the score says how much of the question
was found, and of a question of one common word it says little.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from app.services.words.analysis import Word
from app.services.words.postings import Postings

SATURATION = 0.9
LENGTH = 0.5
STEADY = 20.0
ABSENT = 0.5
"""What a word that no part has counts in the question's total, in units of the greatest rarity."""
COMMON_SHARE, COMMON_LEAST = 0.2, 2000
"""A word that more parts have than this share, and this number, says little and takes most of the time: left out."""
RARE_FROM, RARE_TO = 4.5, 6.5
"""Rarities between which a word becomes a rare one: in 90 or 660 parts one has it."""
FEW = 3
"""As many parts may have a rare word for it to count in full."""
MANY_WORDS = 6
"""In a longer question a word may well be rare by chance: one without figures counts less there."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """A word of the question: how many parts have it (its most frequent form) and how rare its rarest form is."""

    word: str
    parts: int
    rarity: float


@dataclass(frozen=True, slots=True)
class WordScores:
    """The score of every part by its number, about 0 to 1, and what is known of each word.

    `names` and `codes` are up to 1 for a part with a word which hardly another part has: without figures or with some.
    """

    values: Scores
    names: Scores
    codes: Scores
    matches: tuple[Match, ...]

    @property
    def rare(self) -> Scores:
        """Return the greater of both for each part."""
        return np.maximum(self.names, self.codes)

    def each(self, change: Callable[[Scores], Scores]) -> "WordScores":
        """Return the same with all three changed in one way."""
        return replace(self, values=change(self.values), names=change(self.names), codes=change(self.codes))


def score_words(words: Sequence[Word], postings: Mapping[str, Postings], lengths: NDArray[np.uint16]) -> WordScores:
    """Return the score of every part; `lengths` are their numbers of words, 0 for parts that are no more."""
    scorer = _Scorer(postings, lengths)
    total, matches = STEADY, []
    for word in words:
        match = scorer.add(word)
        matches.append(match)
        total += match.rarity if match.parts else 0.0 if word.is_pair else ABSENT * scorer.greatest
    names, codes = _rare(words, postings, scorer)
    return WordScores(scorer.values / np.float32(total), names, codes, tuple(matches))


def _rare(words: Sequence[Word], postings: Mapping[str, Postings], scorer: "_Scorer") -> tuple[Scores, Scores]:
    names, codes = np.zeros(len(scorer.values), np.float32), np.zeros(len(scorer.values), np.float32)
    damping = min(1.0, MANY_WORDS / max(1, sum(not word.is_pair for word in words)))
    for word in words:
        form = next((form for form in word.forms if form in postings), None)
        if form is not None:
            places, _ = postings[form]
            rise = (scorer.rarity(len(places)) - RARE_FROM) / (RARE_TO - RARE_FROM)
            has_figures = any(map(str.isdigit, word.text))
            telling, rare = (1.0, codes) if has_figures else (damping, names)
            gain = np.float32(telling * min(1.0, max(0.0, rise)) * min(1.0, FEW / len(places)))
            rare[places] = np.maximum(rare[places], gain)
    return names, codes


class _Scorer:
    def __init__(self, postings: Mapping[str, Postings], lengths: NDArray[np.uint16]) -> None:
        self._postings = postings
        self._alive = max(1, int(np.count_nonzero(lengths)))
        relative = lengths.astype(np.float32) / max(1.0, float(lengths.sum()) / self._alive)
        self._damping = SATURATION * (1 - LENGTH + LENGTH * relative)
        self._best = np.zeros(len(lengths), np.float32)
        self._common = max(COMMON_LEAST, COMMON_SHARE * self._alive)
        self.values = np.zeros(len(lengths), np.float32)
        self.greatest = self.rarity(0)

    def add(self, word: Word) -> Match:
        """Add what `word` gives to each part."""
        found = [self._postings[form] for form in word.forms if form in self._postings]
        most = max((len(places) for places, _ in found), default=0)
        telling = [(places, counts) for places, counts in found if len(places) <= self._common]
        for places, counts in telling:
            gain = self.rarity(len(places)) * (SATURATION + 1) * counts / (counts + self._damping[places])
            self._best[places] = np.maximum(self._best[places], gain)
        if telling:
            self.values += self._best
            for places, _ in telling:
                self._best[places] = 0
        return Match(word.text, most, max((self.rarity(len(places)) for places, _ in telling), default=0.0))

    def rarity(self, parts: int) -> float:
        return log(1 + (self._alive - parts + 0.5) / (parts + 0.5))
