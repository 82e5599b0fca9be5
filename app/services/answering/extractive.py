"""Answers without a language model: the sentences of the passages that answer best, word for word, with citations."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.common.passages import Passage
from app.services.answering.sentences import Sentence, split_sentences
from app.services.answering.types import NOT_FOUND

# The figures below were chosen on the sample documents' questions: see docs/adr/0006-language-model.md.
MAX_PASSAGES = 8
"""Only the best passages are read: who asks for many wants to see them, not to wait for all their sentences."""
MAX_EMBEDDED = 8
MAX_QUOTES = 4
MIN_SCORE = 0.38
SURE_MEANING = 0.6
"""From this similarity on a sentence answers even without a common word (paraphrase, another language)."""
MARGIN = 0.15
MIN_FURTHER = 0.3
"""A further sentence is quoted when it is at most MARGIN worse than the best one, and no worse than this."""
TITLE_PENALTY = 0.1
HEADING_WEIGHT = 0.6
"""What a word in the heading above a sentence counts, against 1 for a word in the sentence."""

_WORD = re.compile(r"\w+")
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_STEM = 5
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about an and any are as at be been but by can could did do does for from had has have how i if in
        into is it its long many may me much my no not of on or our please should so some tell than that the
        their them then there these they this to us was we were what when where which who whom whose why
        will with would you your
        """,
    )
)


class SentenceEmbedder(Protocol):
    """What is needed of an embedder; all vectors have unit length."""

    def embed_texts(self, texts: Sequence[str], *, owner: str = "", urgent: bool = False) -> NDArray[np.float32]:
        """Return one row for each text."""
        ...

    def embed_question(self, text: str, *, owner: str = "") -> NDArray[np.float32]:
        """Return the vector of one question."""
        ...


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of the passage with this number (1 is the first one given); `score` is 0 to 1."""

    text: str
    passage: int
    score: float


@dataclass(frozen=True, slots=True)
class ExtractiveAnswer:
    """`text` is what the user reads; `found` is False, and `quotes` are empty, when the passages hold no answer.

    `score` is that of the best sentence, found or not: the best sign of whether the passages hold an answer.
    """

    text: str
    found: bool
    quotes: tuple[Quote, ...]
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    sentence: Sentence
    passage: int
    place: int
    overlap: float = 0.0
    meaning: float = 0.0

    @property
    def score(self) -> float:
        both = (self.overlap + self.meaning) / 2
        return max(0.0, both - (TITLE_PENALTY if self.sentence.is_title else 0.0))

    @property
    def answers(self) -> bool:
        return self.score >= MIN_SCORE or (self.meaning >= SURE_MEANING and not self.sentence.is_title)


class ExtractiveAnswerer:
    """Quotes documents. Sentences are chosen by common words first, and the few that are left by meaning."""

    def __init__(self, embedder: SentenceEmbedder) -> None:
        self._embedder = embedder

    def answer(self, question: str, passages: Sequence[Passage], *, owner: str = "") -> ExtractiveAnswer:
        """Quote the 1 to 4 best sentences, each with its passage's number like [2], or say that there is no answer.

        The passages are given best first, as retrieval returns them. Embeds the question and at most MAX_EMBEDDED
        sentences, in the turn of `owner`. Raises what the embedder raises.
        """
        ranked = self._rank(question, passages, owner)
        score = max((candidate.score for candidate in ranked), default=0.0)
        chosen = _choose(ranked)
        if not chosen:
            return ExtractiveAnswer(NOT_FOUND, found=False, quotes=(), score=score)
        quotes = tuple(Quote(c.sentence.text, c.passage, c.score) for c in _in_reading_order(chosen))
        text = "\n".join(f"{quote.text} [{quote.passage}]" for quote in quotes)
        return ExtractiveAnswer(text, found=True, quotes=quotes, score=score)

    def _rank(self, question: str, passages: Sequence[Passage], owner: str) -> list[_Candidate]:
        """Return the candidates worth a look, best first."""
        candidates = _preselect(question, passages)
        if not candidates:
            return []
        texts = [_in_context(c.sentence) for c in candidates]
        rows = self._embedder.embed_texts(texts, owner=owner, urgent=True)
        meanings = rows @ self._embedder.embed_question(question, owner=owner)
        measured = [replace(c, meaning=float(m)) for c, m in zip(candidates, meanings, strict=True)]
        return sorted(measured, key=lambda c: (c.answers, c.score), reverse=True)


def _preselect(question: str, passages: Sequence[Passage]) -> list[_Candidate]:
    """Return at most MAX_EMBEDDED different sentences, those that share the most words with the question."""
    candidates = _candidates(passages[:MAX_PASSAGES])
    overlaps = _overlaps(terms(question), [c.sentence for c in candidates])
    compared = [replace(c, overlap=o) for c, o in zip(candidates, overlaps, strict=True)]
    compared.sort(key=lambda c: c.overlap + passages[c.passage - 1].score, reverse=True)
    return compared[:MAX_EMBEDDED]


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    """Return all sentences but those that also stand, alone or within a longer one, in another place."""
    found: dict[str, _Candidate] = {}
    for number, passage in enumerate(passages, start=1):
        for place, sentence in enumerate(split_sentences(passage.chunk.text)):
            if _WORD.search(sentence.text):
                found.setdefault(sentence.text.casefold(), _Candidate(sentence, number, place))
    everything = "\n".join(found)
    return [candidate for text, candidate in found.items() if everything.count(text) == 1]


def _overlaps(wanted: set[str], sentences: Sequence[Sentence]) -> list[float]:
    """Return for each sentence which share (0 to 1) of the question's words it has; rare words count more."""
    own = [terms(sentence.text) for sentence in sentences]
    above = [terms(sentence.heading) for sentence in sentences]
    seen = {term: sum(term in a or term in b for a, b in zip(own, above, strict=True)) for term in wanted}
    weight = {term: math.log(1 + len(sentences) / (1 + count)) for term, count in seen.items()}
    total = sum(weight.values()) or 1.0
    return [
        sum(weight[t] if t in a else HEADING_WEIGHT * weight[t] if t in b else 0.0 for t in wanted) / total
        for a, b in zip(own, above, strict=True)
    ]


def terms(text: str) -> set[str]:
    """Return the words that carry meaning, cut to their stems; pairs of characters where no spaces divide words."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if _NO_SPACES.search(word):
            found.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif word not in _STOP_WORDS:
            found.add(word if any(map(str.isdigit, word)) else word[:_STEM])
    return found


def _in_context(sentence: Sentence) -> str:
    return f"{sentence.heading} {sentence.text}".strip()


def _choose(ranked: Sequence[_Candidate]) -> list[_Candidate]:
    if not ranked or not ranked[0].answers:
        return []
    lowest = max(MIN_FURTHER, ranked[0].score - MARGIN)
    return [ranked[0], *(c for c in ranked[1:MAX_QUOTES] if c.score >= lowest)]


def _in_reading_order(chosen: Sequence[_Candidate]) -> list[_Candidate]:
    """The passage of the best sentence first; within a passage as written."""
    passages = list(dict.fromkeys(candidate.passage for candidate in chosen))
    return sorted(chosen, key=lambda c: (passages.index(c.passage), c.place))
