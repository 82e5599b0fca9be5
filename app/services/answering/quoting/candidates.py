"""The sentences that could answer a question, each with what speaks for it but its meaning."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.common.passages import Passage, title_of
from app.services.answering.quoting.asking import Kind, holds, kind_of, told_words
from app.services.answering.quoting.sentences import Sentence, split_sentences
from app.services.answering.quoting.wording import Worded, codes, overlaps, worded
from app.services.words.analysis import language_of

# Fitted on the half `tune` of benchmarks/quotes and public questions, and rounded: see docs/adr/0006-language-model.md.
WORDS = 0.4
MEANING = 0.2
PLACE = 0.7
"""What it counts that the passage was ranked high."""
KIND = 0.055
"""Added when a sentence holds what is asked for (a time, a price), and taken off when it does not."""
TITLE = 0.1
OTHER_CODE = 0.04
"""Taken off when the question names a code that the passage does not have."""
WHOLE_TABLE = 0.18

_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence in its passage (numbered from 1). `shared` is the share of the question's words that it has.

    `meaning` is its likeness to the question, 0 until it is measured. `known` is what speaks for it without.
    `names_unknown` says that the question names a code that the sentence's passage does not have.
    """

    sentence: Sentence
    passage: int
    place: int
    shared: float
    known: float
    names_unknown: bool = False
    meaning: float = 0.0

    @property
    def fit(self) -> float:
        """The mean of its shared words and its likeness."""
        return (self.shared + self.meaning) / 2

    @property
    def score(self) -> float:
        """How well it answers, 0 to about 1."""
        return max(0.0, self.known + MEANING * self.meaning)

    def measured(self, meaning: float) -> "Candidate":
        """Return it with its likeness to the question."""
        return replace(self, meaning=meaning)


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence as it was found: where, and its words."""

    sentence: Sentence
    passage: int
    place: int
    words: Worded

    @property
    def table(self) -> tuple[int, int]:
        """Which table it is of, if it is a row or the whole of one."""
        return self.passage, self.sentence.table


def candidates(question: str, passages: Sequence[Passage]) -> list[Candidate]:
    """Return the different sentences of the passages, those first that have most for them."""
    languages = [language_of(passage.chunk.text) for passage in passages]
    found = [each for each in _different(passages, languages) if _may_answer(each.sentence, kind_of(question))]
    shares = overlaps(told_words(question), [each.words for each in found], tuple(dict.fromkeys(languages)))
    judge = _Judge(question, passages)
    named = _best_rows(found, shares)
    judged = [
        judge.candidate(each, share)
        for each, share in zip(found, shares, strict=True)
        if not each.sentence.is_table or share >= named.get(each.table, 0.0)
    ]
    return sorted(judged, key=lambda candidate: candidate.known, reverse=True)


class _Judge:
    """Weighs sentences against one question."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self._kind = kind_of(question)
        self._codes = codes(question)
        self._ranked = [min(1.0, max(0.0, passage.value or passage.score)) for passage in passages]
        self._foreign = [not self._codes <= codes(_whole_text(passage)) for passage in passages]

    def candidate(self, found: _Found, shared: float) -> Candidate:
        """Return the sentence with what speaks for it."""
        known = WORDS * shared + PLACE * self._ranked[found.passage - 1] + self._kind_of_thing(found.sentence)
        if found.sentence.is_table and shared:
            known += WHOLE_TABLE
        known -= TITLE if found.sentence.is_title else 0.0
        foreign = self._foreign[found.passage - 1]
        known -= OTHER_CODE if foreign else 0.0
        return Candidate(found.sentence, found.passage, found.place, shared, known, names_unknown=foreign)

    def _kind_of_thing(self, sentence: Sentence) -> float:
        if self._kind is None:
            return 0.0
        return KIND if holds(self._kind, sentence.text) else -KIND


def _may_answer(sentence: Sentence, kind: Kind | None) -> bool:
    """Say whether it may be quoted: a table as a whole only where each of its rows holds what is asked for."""
    if not sentence.is_table:
        return True
    return kind is not None and all(holds(kind, row) for row in sentence.text.splitlines())


def _best_rows(found: Sequence[_Found], shares: Sequence[float]) -> dict[tuple[int, int], float]:
    """Return the best share of a row for each table: where a row is named, the whole table is no answer."""
    best: dict[tuple[int, int], float] = {}
    for each, share in zip(found, shares, strict=True):
        if each.sentence.table and not each.sentence.is_table:
            best[each.table] = max(share, best.get(each.table, 0.0))
    return best


def _different(passages: Sequence[Passage], languages: Sequence[str]) -> list[_Found]:
    """Return all sentences but those that also stand, alone or within a longer one, in another place."""
    found: dict[str, _Found] = {}
    for number, (passage, language) in enumerate(zip(passages, languages, strict=True), start=1):
        for place, sentence in enumerate(split_sentences(passage.chunk.text)):
            if _WORD.search(sentence.text):
                words = _words_of(sentence, passage, language)
                found.setdefault(sentence.text.casefold(), _Found(sentence, number, place, words))
    everything = "\n".join(text for text, each in found.items() if not each.sentence.is_table)
    return [each for text, each in found.items() if each.sentence.is_table or everything.count(text) == 1]


def _words_of(sentence: Sentence, passage: Passage, language: str) -> Worded:
    """Return a sentence's words; of a table as a whole, those that all its rows have, and what stands above it."""
    around = f"{title_of(passage.chunk.source)} {passage.chunk.section}"
    whole = worded(sentence.text, sentence.heading, around, language)
    if not sentence.is_table:
        return whole
    rows = (worded(row, "", "", language).own for row in sentence.text.splitlines())
    return replace(whole, own=frozenset.intersection(*rows) | whole.above | whole.around)


def _whole_text(passage: Passage) -> str:
    chunk = passage.chunk
    return f"{chunk.source} {chunk.section} {chunk.text}"
