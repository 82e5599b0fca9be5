"""Which documents a message names."""

import re
from collections.abc import Iterable, Sequence

from app.common.passages import title_of
from app.services.catalog.records import DocumentRecord
from app.services.intents.folding import fold

MOST_NAMED = 4
"""A wording that fits more documents than this names none of them."""
MIN_WORD = 3
"""Letters of a word that can name a document alone."""

_AND = re.compile(
    r"\s*(?:,|;|&|\+|/|\b(?:and|with|to|versus|vs|or|from|und|mit|von|oder|et|avec|ou|y|e|con|o)\b|[与與和跟及])\s*",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_LITTLE = frozenset(
    fold(
        """
        a an the this that my our your these those of in from about for to whole entire full both two all file document
        text pdf der die das den dem des ein eine mein meine unser ihr datei dokument im in vom zum aus von beide beiden
        le la les l un une mon ma mes ce cette du de des d document fichier dans el los las lo una mi mis este esta
        documento archivo del en il lo gli i uno mio mia questo questa documento file di dal nel
        """
    ).split()
)


def named_documents(topic: str, documents: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """Return the documents that a topic names, in the order of the naming; none if it names none, or too many.

    A document is named by its file name, with or without its ending, or by words that are all in its title.
    """
    titles = [(record, _Title(record.filename)) for record in documents]
    found = _matches(topic, titles)
    if len(found) > 1:
        return found if len(found) <= MOST_NAMED else []
    each = [_matches(part, titles) for part in _AND.split(topic) if part]
    several = list({record.document_id: record for part in each for record in part}.values())
    together = all(each) and 1 < len(several) <= MOST_NAMED
    return several if together else found


def named_in(text: str, documents: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """Return the documents whose whole file names, with their endings, stand in a text."""
    folded = f" {fold(text)} "
    return [record for record in documents if f" {fold(record.filename)} " in folded]


def _matches(topic: str, titles: Iterable[tuple[DocumentRecord, "_Title"]]) -> list[DocumentRecord]:
    """Return the documents whose names stand in the topic whole, or else those whose titles hold all its words."""
    folded = fold(topic)
    titles = list(titles)
    whole = [record for record, title in titles if title.stands_in(folded)]
    if whole:
        return sorted(whole, key=lambda record: folded.find(fold(title_of(record.filename))))
    words = [word for word in folded.split() if word not in _LITTLE]
    if not any(len(word) >= MIN_WORD or _UNSPACED.search(word) for word in words):
        return []
    return [record for record, title in titles if title.holds(words)]


class _Title:
    """A file name, ready to be compared."""

    def __init__(self, filename: str) -> None:
        self._names = [name for name in (fold(filename), fold(title_of(filename))) if name]
        self._words = frozenset(self._names[-1].split()) if self._names else frozenset()

    def stands_in(self, folded: str) -> bool:
        """Say whether the whole name stands in a folded topic."""
        if any(_UNSPACED.search(name) and name in folded for name in self._names):
            return True
        return any(f" {name} " in f" {folded} " for name in self._names if len(name) >= MIN_WORD)

    def holds(self, words: Sequence[str]) -> bool:
        """Say whether the title has all of these words."""
        if any(_UNSPACED.search(word) for word in words):
            return all(any(word in name for name in self._names) for word in words)
        return all(word in self._words for word in words)
