"""A document's text from its beginning to its end, as passages that follow each other and can be cited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.common.passages import Chunk, Passage, run_of
from app.common.vectors import Vectors
from app.services.catalog.records import DocumentRecord
from app.services.library.stores import VectorStore

PASSAGE_CHARS = 1200
"""A passage ends when it has so many characters, and with its page."""
STRETCH = 64
"""Parts that are read together, where not all of a document is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A passage of a document by the numbers of its parts: the first, and how many they are."""

    first: int
    count: int


def place_of(passage: Passage) -> Place:
    """Return which parts a passage of DocumentTexts is made of."""
    return Place(passage.chunk.index, passage.parts)


class DocumentTexts:
    """Reads documents in their order. Safe to call from many threads.

    What is gone meanwhile, because the document is being deleted, is left out.
    """

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    def passages(self, record: DocumentRecord, *, most_characters: int | None = None) -> list[Passage]:
        """Return the whole document as passages.

        Of one that is longer than `most_characters`, stretches that are spread evenly over it are returned.
        """
        found: list[Passage] = []
        for first, after in _stretches(record, most_characters):
            parts = self._store.chunks(record.client_id, record.document_id, offset=first, limit=after - first)
            found += [_passage(run, record) for run in _runs(parts)]
        return found

    def at(self, record: DocumentRecord, places: Sequence[Place]) -> list[Passage | None]:
        """Return the passages at these places, None for those that are gone."""
        numbers = sorted({number for place in places for number in range(place.first, place.first + place.count)})
        parts = {part.index: part for part in self.parts(record, numbers)}
        runs = [
            [parts[number] for number in range(place.first, place.first + place.count) if number in parts]
            for place in places
        ]
        return [_passage(run, record) if run else None for run in runs]

    def parts(self, record: DocumentRecord, numbers: Sequence[int]) -> list[Chunk]:
        """Return the parts with these numbers, in order."""
        ids = [f"{record.document_id}:{number}" for number in numbers]
        found = self._store.parts(record.client_id, ids) if ids else []
        return sorted(found, key=lambda part: part.index)

    def vectors(self, record: DocumentRecord, numbers: Sequence[int]) -> tuple[list[int], Vectors]:
        """Return those of these parts that have a vector, and the vectors, one row each."""
        ids = {f"{record.document_id}:{number}": number for number in numbers}
        found = self._store.vectors(record.client_id, list(ids)) if ids else {}
        there = [name for name in ids if name in found]
        rows = np.stack([found[name] for name in there]) if there else np.zeros((0, 1), np.float32)
        return [ids[name] for name in there], rows


def spread(count: int, most: int) -> list[int]:
    """Return at most `most` of the numbers below `count`, evenly spread, the first among them."""
    if count <= most:
        return list(range(count))
    return [place * count // most for place in range(most)]


def _stretches(record: DocumentRecord, most_characters: int | None) -> Iterator[tuple[int, int]]:
    ends = [*range(0, record.stored_parts, STRETCH), record.stored_parts]
    stretches = list(pairwise(ends))
    share = 1.0 if most_characters is None else most_characters / max(1, record.characters)
    most = len(stretches) if share >= 1 else max(1, int(len(stretches) * share))
    yield from (stretches[number] for number in spread(len(stretches), most))


def _runs(parts: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """Put parts together to passages of one page."""
    run: list[Chunk] = []
    for part in parts:
        if run and (part.page != run[-1].page or part.end - run[0].start > PASSAGE_CHARS):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _passage(run: Sequence[Chunk], record: DocumentRecord) -> Passage:
    return Passage(run_of(run), 0.0, labels=record.labels, parts=len(run))
