"""Whether passages have to do with a question at all. A cheap look: no model and no further embedding."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.common.ids import ClientId
from app.common.passages import Passage
from app.services.embedding.description import DEFAULT_SCALE, ModelScale

MAX_PASSAGES = 8

_ABOUT_THEM = re.compile(
    r"\b(?:documents?|files?|texts?|pdfs?|summar\w+|overview|contents?|upload\w*)\b", re.IGNORECASE
)
"""A question about the documents themselves has few words in common with what they say."""

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


@dataclass(frozen=True, slots=True)
class Gate:
    """Says whether it makes sense to look for an answer. When in doubt, it does.

    What counts is the nearness of meaning, on the scale of the embedding model, plus the share of the question's words
    (stems; words such as "the" do not count), times their weight there. `least` is what it takes.
    """

    scale: ModelScale = DEFAULT_SCALE
    least: float = DEFAULT_SCALE.relevant

    @classmethod
    def of(cls, scale: ModelScale, least: float | None) -> "Gate":
        """Return the gate for an embedding model; `least` None is the model's own."""
        return cls(scale, scale.relevant if least is None else least)

    def passes(self, question: str, passages: Sequence[Passage]) -> bool:
        """Say whether these passages, best first, have to do with the question: the nearest, or one with its words."""
        if _ABOUT_THEM.search(question):
            return bool(passages)
        if not passages:
            return False
        best = max(self.scale.meaning(passage.score) for passage in passages)
        if best >= self.least:
            return True
        return best + self.scale.shared * _shared(question, passages[:MAX_PASSAGES]) >= self.least

    def relevance(self, question: str, passage: Passage) -> float:
        """Return how much one passage by itself has to do with the question."""
        return self.scale.meaning(passage.score) + self.scale.shared * _shared(question, [passage])


GateOf = Callable[[ClientId], Gate]
"""Returns the gate for a client's documents."""


def _shared(question: str, passages: Sequence[Passage]) -> float:
    """Return the share, 0 to 1, of the question's words that the passage with most of them has."""
    wanted = _terms(question)
    found = [sum(_holds(text, term) for term in wanted) for text in map(_text, passages)]
    return max(found, default=0) / max(1, len(wanted))


def _text(passage: Passage) -> str:
    chunk = passage.chunk
    return f"{chunk.source} {chunk.section} {chunk.text}".casefold()


def _holds(text: str, term: str) -> bool:
    """Say whether a word of `text` begins with `term`; anywhere in a text that has no spaces between words."""
    place = text.find(term)
    while place > 0 and term.isascii() and text[place - 1].isalnum():
        place = text.find(term, place + 1)
    return place >= 0


def _terms(text: str) -> set[str]:
    """Return the words that carry meaning, cut to their stems; pairs of characters where no spaces divide words."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if _NO_SPACES.search(word):
            found.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif word not in _STOP_WORDS:
            found.add(word if any(map(str.isdigit, word)) else word[:_STEM])
    return found
