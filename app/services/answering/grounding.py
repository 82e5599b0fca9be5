"""Whether passages have to do with a question at all. A cheap look: no model and no further embedding."""

import re
from collections.abc import Sequence

from app.common.passages import Passage
from app.services.answering.extractive import terms

WORDS_WEIGHT = 0.5
"""What it is worth that a passage has all of the question's words, in units of cosine similarity."""
MAX_PASSAGES = 8

_ABOUT_THEM = re.compile(
    r"\b(?:documents?|files?|texts?|pdfs?|summar\w+|overview|contents?|upload\w*)\b", re.IGNORECASE
)
"""A question about the documents themselves has few words in common with what they say."""


def is_relevant(question: str, passages: Sequence[Passage], *, min_relevance: float) -> bool:
    """Say whether it makes sense to look for an answer in these passages (best first).

    `min_relevance` bounds the best cosine similarity plus WORDS_WEIGHT times the share of the question's words that one
    passage has (stems; words such as "the" do not count): 0 to 1.5. When in doubt, passages are relevant.
    """
    if _ABOUT_THEM.search(question):
        return bool(passages)
    best = max((passage.score for passage in passages), default=-1.0)
    return best >= min_relevance or best + WORDS_WEIGHT * _shared(question, passages[:MAX_PASSAGES]) >= min_relevance


def _shared(question: str, passages: Sequence[Passage]) -> float:
    """Return the share, 0 to 1, of the question's words that the passage with most of them has."""
    wanted = terms(question)
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
