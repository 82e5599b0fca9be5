"""Answers without a language model: the sentence of the passages that answers best, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.common.passages import Passage
from app.services.answering.quoting.candidates import Candidate, candidates
from app.services.answering.quoting.sentences import Sentence
from app.services.answering.types import Quote

MAX_PASSAGES = 8
"""Only the best passages are read: who asks for many wants to see them, not to wait for all their sentences."""
MAX_EMBEDDED = 8
MAX_QUOTES = 2
MIN_SCORE = 0.4
MIN_FIT = 0.3
"""The least mean of shared words and likeness: a high rank of its passage alone makes no answer."""
SURE_MEANING = 0.6
"""From this similarity on a sentence answers even without a common word (paraphrase, another language)."""
MARGIN = 0.01
"""A second sentence is quoted when it is at most so much worse than the best one."""


class SentenceEmbedder(Protocol):
    """What is needed of an embedder; all vectors have unit length."""

    def embed_texts(self, texts: Sequence[str], *, owner: str = "", urgent: bool = False) -> NDArray[np.float32]:
        """Return one row for each text."""
        ...

    def embed_question(self, text: str, *, owner: str = "") -> NDArray[np.float32]:
        """Return the vector of one question."""
        ...


@dataclass(frozen=True, slots=True)
class ExtractiveAnswer:
    """`text` is what the user reads; `found` is False, and all else empty, when the passages hold no answer.

    `score` is that of the best sentence, found or not: the best sign of whether the passages hold an answer.
    """

    text: str
    found: bool
    quotes: tuple[Quote, ...]
    score: float


class ExtractiveAnswerer:
    """Quotes documents. Sentences are chosen by words and place first, and the few that are left by meaning."""

    def __init__(self, embedder: SentenceEmbedder) -> None:
        self._embedder = embedder

    def answer(self, question: str, passages: Sequence[Passage], *, owner: str = "") -> ExtractiveAnswer:
        """Quote the best sentence, with its passage's number like [2], or say that there is no answer.

        A second one is quoted only when it is as good. A row of a table is quoted with the names of its columns, a
        small table as a whole where no row is asked for. The passages are given best first, as retrieval returns
        them. Embeds the question and at most MAX_EMBEDDED sentences, in the turn of `owner`.
        Raises what the embedder raises.
        """
        ranked = self._rank(question, passages, owner)
        score = max((candidate.score for candidate in ranked), default=0.0)
        chosen = _choose(ranked)
        if not chosen:
            return ExtractiveAnswer("", found=False, quotes=(), score=score)
        quotes = tuple(Quote(c.sentence.text, c.passage, c.score) for c in _in_reading_order(chosen))
        text = "\n".join(f"{quote.text} [{quote.passage}]" for quote in quotes)
        return ExtractiveAnswer(text, found=True, quotes=quotes, score=score)

    def _rank(self, question: str, passages: Sequence[Passage], owner: str) -> list[Candidate]:
        """Return the candidates worth a look, best first."""
        worth = candidates(question, passages[:MAX_PASSAGES])[:MAX_EMBEDDED]
        if not worth:
            return []
        rows = self._embedder.embed_texts([_in_context(c.sentence) for c in worth], owner=owner, urgent=True)
        meanings = rows @ self._embedder.embed_question(question, owner=owner)
        measured = [c.measured(float(meaning)) for c, meaning in zip(worth, meanings, strict=True)]
        return sorted(measured, key=lambda c: (_answers(c), c.score), reverse=True)


def _in_context(sentence: Sentence) -> str:
    return f"{sentence.heading} {sentence.text}".strip()


def _answers(candidate: Candidate) -> bool:
    if candidate.names_unknown:
        return False
    return candidate.meaning >= SURE_MEANING or (candidate.score >= MIN_SCORE and candidate.fit >= MIN_FIT)


def _choose(ranked: Sequence[Candidate]) -> list[Candidate]:
    if not ranked or not _answers(ranked[0]):
        return []
    lowest = ranked[0].score - MARGIN
    return [ranked[0], *(c for c in ranked[1:MAX_QUOTES] if _answers(c) and c.score >= lowest)]


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """The passage of the best sentence first; within a passage as written."""
    passages = list(dict.fromkeys(candidate.passage for candidate in chosen))
    return sorted(chosen, key=lambda c: (passages.index(c.passage), c.place))
