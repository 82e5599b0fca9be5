"""Reading a document in its order: from a page or a place on as much as is asked for, or by the chunks of its list."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from app.common.passages import Chunk, ChunkSpan, joined, run_of
from app.services.catalog.records import DocumentRecord
from app.services.library.stores import VectorStore

AT_ONCE = 64
"""Parts that are read together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What of a document is wanted: pages, both included, and of those what lies at or after `start`.

    `start` is in characters of the document's text. `most_characters` bounds the text, up to one part more.
    """

    first_page: int = 1
    last_page: int | None = None
    start: int = 0
    most_characters: int

    def is_before(self, part: Chunk) -> bool:
        """Whether the stretch begins no later than in the part."""
        return part.page >= self.first_page and part.end > self.start

    def ends_before(self, part: Chunk) -> bool:
        """Whether the part is on a page after those that are wanted."""
        return self.last_page is not None and part.page > self.last_page


@dataclass(frozen=True, slots=True)
class Reading:
    """Pieces of a document in order, none over the end of a page or a section.

    `next_start` is where the stretch goes on, None when this was all of it.
    """

    record: DocumentRecord
    pieces: Sequence[Chunk]
    next_start: int | None


def read_stretch(store: VectorStore, record: DocumentRecord, wanted: Stretch) -> Reading:
    """Return the stretch from its beginning; nothing where the document has no such page or place."""
    kept: list[Chunk] = []
    characters = 0
    for part in _parts(store, record, wanted):
        if characters >= wanted.most_characters:
            return Reading(record, _pieces(kept), part.start)
        kept.append(part)
        characters += part.end - part.start
    return Reading(record, _pieces(kept), None)


def listed_chunk(number: int, span: ChunkSpan, parts: Sequence[Chunk]) -> Chunk | None:
    """Make a chunk of a document's list of its parts; None if they are gone, as the document is being deleted."""
    own = [part for part in parts if span.first <= part.index < span.after]
    if not own:
        return None
    text = joined(own, span.start, span.end, span.header)
    return replace(own[0], index=number, number=None, text=text, start=span.start, end=span.end)


def _parts(store: VectorStore, record: DocumentRecord, wanted: Stretch) -> Iterator[Chunk]:
    """Yield the parts of the stretch; none any more once the document is being deleted."""
    for offset in range(_first(store, record, wanted), record.stored_parts, AT_ONCE):
        parts = store.chunks(record.client_id, record.document_id, offset=offset, limit=AT_ONCE)
        for part in parts:
            if wanted.ends_before(part):
                return
            yield part


def _first(store: VectorStore, record: DocumentRecord, wanted: Stretch) -> int:
    """Return the number of the part where the stretch begins: parts are in the order of pages and places."""

    def reached(number: int) -> bool:
        found = store.chunks(record.client_id, record.document_id, offset=number, limit=1)
        return not found or wanted.is_before(found[0])

    if wanted.first_page <= 1 and wanted.start <= 0:
        return 0
    return bisect_left(range(record.stored_parts), 1, key=reached)


def _pieces(parts: Sequence[Chunk]) -> list[Chunk]:
    return [run_of(list(run)) for _, run in groupby(parts, key=lambda part: (part.page, part.section))]
