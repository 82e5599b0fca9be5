"""Which of a question's words a sentence has, in any of their forms; rare words count more."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.words.analysis import Word, fold, question_words, terms
from app.services.words.languages import FUNCTION_WORDS

HEADING_WEIGHT = 0.6
"""What a word in the heading above a sentence counts, against 1 for a word in the sentence."""
AROUND_WEIGHT = 0.25
"""And one in the name of the document or its sections."""
_CODE = re.compile(r"(?<!\w)(?=[\w./-]*\d)(?=[\w./-]*[A-Za-z])[A-Za-z0-9]+(?:[-./][A-Za-z0-9]+)*")
_BETWEEN = re.compile(r"[-./]")


@dataclass(frozen=True, slots=True)
class Worded:
    """The terms of a sentence, of the heading above it, and of the names of its document and sections."""

    own: frozenset[str]
    above: frozenset[str]
    around: frozenset[str]


def worded(text: str, heading: str, names: str, language: str) -> Worded:
    """Return the terms of a sentence in `language`."""
    own, above, around = (frozenset(terms(each, language)[0]) for each in (text, heading, names))
    return Worded(own, above, around)


def overlaps(question: str, sentences: Sequence[Worded], languages: Sequence[str]) -> list[float]:
    """Return for each sentence which share (0 to 1) of the question's words it has; rare words count more."""
    silent = frozenset().union(*(FUNCTION_WORDS.get(language, ()) for language in ("english", *languages)))
    asked = question_words(question, languages)
    wanted = [word for word in asked if not word.is_pair and fold(word.text) not in silent]
    weights = [_weight(word, sentences) for word in wanted]
    total = sum(weights) or 1.0
    return [
        sum(weight * _share(word, sentence) for word, weight in zip(wanted, weights, strict=True)) / total
        for sentence in sentences
    ]


def codes(text: str) -> frozenset[str]:
    """Return the codes in a text (`BX-725`, `E15`), in lower case and without their separators."""
    return frozenset(_BETWEEN.sub("", code) for code in _CODE.findall(fold(text)))


def _weight(word: Word, sentences: Sequence[Worded]) -> float:
    holding = sum(_share(word, sentence) > 0 for sentence in sentences)
    return math.log(1 + len(sentences) / (1 + holding))


def _share(word: Word, sentence: Worded) -> float:
    if not sentence.own.isdisjoint(word.forms):
        return 1.0
    if not sentence.above.isdisjoint(word.forms):
        return HEADING_WEIGHT
    return 0.0 if sentence.around.isdisjoint(word.forms) else AROUND_WEIGHT
