"""What a document says without a model: its headings, and the most central sentence of each stretch of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.common.passages import Chunk, Passage
from app.services.answering.extractive import SentenceEmbedder
from app.services.answering.quoting.sentences import split_sentences
from app.services.catalog.records import DocumentRecord
from app.services.library.texts import DocumentTexts, spread

STRETCHES = 6
"""Sentences that are shown: one of each stretch of the document, more where it has fewer stretches."""
PARTS_COMPARED = 2000
"""Parts whose vectors are looked at, spread over the document."""
PARTS_LISTED = 400
"""Parts whose headings are looked at."""
PARTS_READ = 2
"""Parts of each stretch whose sentences are compared."""
SENTENCES_OF_A_PART = 3
LEAST_WORDS, MOST_CHARS = 6, 320
MOST_HEADINGS = 8
HEADING_CHARS = 80

_WORD = re.compile(r"[^\W\d_]{2,}")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LEAST_WIDE = 10
_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟", "۔")


@dataclass(frozen=True, slots=True)
class CentralSentence:
    """A sentence, word for word, and the passage it is from."""

    text: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Outline:
    """A document in its own words: headings in their order, and sentences in theirs."""

    headings: Sequence[str]
    sentences: Sequence[CentralSentence]


class Outlines:
    """Makes outlines of documents. Blocks; embeds some sentences."""

    def __init__(self, texts: DocumentTexts, embedder: SentenceEmbedder) -> None:
        self._texts = texts
        self._embedder = embedder

    def of(self, record: DocumentRecord, *, urgent: bool = True) -> Outline:
        """Return the outline of a document; `urgent` if somebody waits for it. Raises the stores' errors."""
        listed = self._texts.parts(record, spread(record.stored_parts, PARTS_LISTED))
        numbers, rows = self._texts.vectors(record, spread(record.stored_parts, PARTS_COMPARED))
        if not numbers:
            return Outline(_headings(listed), ())
        centre = _unit(rows.mean(axis=0))
        chosen = _central_parts(numbers, rows @ centre)
        candidates = self._candidates(record, chosen)
        return Outline(_headings(listed), self._best(candidates, centre, record, urgent=urgent))

    def _candidates(self, record: DocumentRecord, stretches: Sequence[Sequence[int]]) -> list[list[CentralSentence]]:
        parts = {part.index: part for part in self._texts.parts(record, sorted(n for each in stretches for n in each))}
        most = max(SENTENCES_OF_A_PART, 2 * _share(stretches))
        return [
            [found for number in stretch if number in parts for found in _sentences(parts[number], record)[:most]]
            for stretch in stretches
        ]

    def _best(
        self, stretches: Sequence[Sequence[CentralSentence]], centre: NDArray[np.float32], record: DocumentRecord,
        *, urgent: bool,
    ) -> list[CentralSentence]:  # fmt: skip
        """Return the sentences of each stretch that are most like the whole; none twice."""
        every = [sentence for stretch in stretches for sentence in stretch]
        if not every:
            return []
        rows = self._embedder.embed_texts([each.text for each in every], owner=record.client_id, urgent=urgent)
        likeness = iter((rows @ centre).tolist())
        best: dict[str, CentralSentence] = {}
        for stretch in stretches:
            rated = [(next(likeness), sentence) for sentence in stretch]
            for value, sentence in sorted(rated, key=lambda pair: -pair[0])[: _share(stretches)]:
                best.setdefault(sentence.text.casefold(), _scored(sentence, value))
        return sorted(best.values(), key=_place)


def _share(stretches: Sequence[object]) -> int:
    """Return how many sentences each stretch may show; a short document has few stretches."""
    return -(-STRETCHES // max(1, len(stretches)))


def _place(sentence: CentralSentence) -> int:
    """Return where a sentence stands in its document."""
    chunk = sentence.passage.chunk
    return chunk.start + max(0, chunk.text.find(sentence.text))


def _scored(sentence: CentralSentence, value: float) -> CentralSentence:
    return replace(sentence, passage=replace(sentence.passage, score=min(1.0, value)))


def _central_parts(numbers: Sequence[int], likeness: NDArray[np.float32]) -> list[list[int]]:
    """Return the parts of each stretch that are most like the whole, in their order."""
    stretches = np.array_split(np.arange(len(numbers)), min(STRETCHES, len(numbers)))
    best = [stretch[np.argsort(-likeness[stretch])[:PARTS_READ]] for stretch in stretches]
    return [sorted(numbers[place] for place in stretch.tolist()) for stretch in best]


def _sentences(part: Chunk, record: DocumentRecord) -> list[CentralSentence]:
    passage = Passage(part, 0.0, labels=record.labels)
    said = [each.text for each in split_sentences(part.text) if not each.is_title and not each.table]
    said = [text for text in said if _says_something(text)]
    # A page's running head is like the whole document, and like a sentence except for its end.
    ended = [text for text in said if text.rstrip("\"'”’»)」』").endswith(_ENDS)]
    return [CentralSentence(text, passage) for text in ended or said]


def _says_something(text: str) -> bool:
    if len(text) > MOST_CHARS:
        return False
    return len(_WORD.findall(text)) >= LEAST_WORDS or len(_WIDE.findall(text)) >= _LEAST_WIDE


def _headings(parts: Sequence[Chunk]) -> list[str]:
    """Return the topmost headings that tell stretches of the document apart."""
    paths = [section.split(" > ") for part in parts for section in (part.sections or (part.section,)) if section]
    depth = 0
    while paths and len({tuple(path[: depth + 1]) for path in paths}) == 1 and any(len(p) > depth + 1 for p in paths):
        depth += 1
    names = dict.fromkeys(" ".join(path[min(depth, len(path) - 1)].split()) for path in paths)
    return [name[:HEADING_CHARS] for name in names if name][:MOST_HEADINGS]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return vector if length == 0 else vector / np.float32(length)
