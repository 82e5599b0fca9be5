"""Cutting a document into parts: what is stored, embedded and looked through for words.

Parts are small, so that the numbers in one are not blurred by their neighbours, and fit what the embedding model reads
at once. They tile the text: none overlaps another, none reaches over a page, and together they are the document. An
answer gets runs of them.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from app.common.file_loader import LoadedDocument
from app.common.passages import Chunk, ChunkSpan, header_of
from app.services.ingestion.chunking import cut_text, outline_of, pages_of, sections_of, split
from app.services.ingestion.page_heads import begins_with, page_heads
from app.services.ingestion.table_passages import Span, table_passages

PART_UNITS = 400
"""A character is one unit, one of Chinese, Japanese or Korean WIDE of them: so many fit a window of 256 tokens."""
WIDE = 2.5

_WIDE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A document's parts in order, and of which of them each chunk of its list is made."""

    parts: Sequence[Chunk]
    chunks: Sequence[ChunkSpan]


def cut_parts(
    document: LoadedDocument, *, document_id: str, source: str, chunk_size: int, chunk_overlap: int
) -> CutDocument:
    """Cut the document; `chunk_size` and `chunk_overlap` are in characters and those of the chunks in its list.

    A part's text is its piece of the document, space at its end included, after the header of its table where it does
    not begin with that: `part.text[-(part.end - part.start):] == document.text[part.start:part.end]`.
    """
    chunks = split(document, document_id=document_id, source=source, chunk_size=chunk_size, chunk_overlap=chunk_overlap)
    outline = outline_of(document.headings)
    heads = page_heads(document.text, document.page_starts) if not outline and len(document.page_starts) > 1 else []
    parts: list[Chunk] = []
    for page, start, end in pages_of(document):
        for span in _tiled(_spans(document, start, end, min(PART_UNITS, chunk_size)), start, end):
            section, sections = sections_of(outline, span.start, span.end)
            head = heads[page - 1] if heads else ""
            if head and span.start == start and begins_with(document.text[span.start : span.end], head):
                head = ""
            piece = document.text[span.start : span.end]
            text = f"{span.header}\n{piece}" if span.header else piece
            place = len(parts)
            parts.append(Chunk(document_id, place, text, page, section, source, span.start, span.end, sections, head))
    return CutDocument(_numbered(parts, chunks), _chunk_spans(parts, chunks))


def _spans(document: LoadedDocument, start: int, end: int, size: int) -> list[Span]:
    """Return the pieces of one page that hold any text."""
    places = [table.start for table in document.tables]
    tables = document.tables[bisect_left(places, start) : bisect_left(places, end)]

    def pieces(begin: int, stop: int, most: int) -> Iterator[Span]:
        return cut_text(document.text[begin:stop], begin, most, 0, units)

    measure = partial(_units_between, document.text)
    found = table_passages(document.text, (start, end), tables, size, pieces, measure)
    return [span for span in found if document.text[span.start : span.end].strip()]


def _tiled(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """Widen the pieces of a page to cover it whole: the space between two belongs to the first."""
    begins = [start, *(span.start for span in spans[1:]), end]
    for span, (begin, stop) in zip(spans, pairwise(begins), strict=False):
        yield span._replace(start=begin, end=stop)


def units(text: str) -> int:
    """Return how many units a text has."""
    return len(text) if text.isascii() else round(len(text) + (WIDE - 1) * len(_WIDE.findall(text)))


def _units_between(text: str, start: int, end: int) -> float:
    return units(text[start:end])


def _numbered(parts: Sequence[Chunk], chunks: Sequence[Chunk]) -> list[Chunk]:
    """Say of each part to which chunk of the list it belongs: the last that begins no later than its text."""
    starts = [chunk.start for chunk in chunks]
    bodies = (part.text[len(part.text) - (part.end - part.start) :] for part in parts)
    begins = [part.start + len(body) - len(body.lstrip()) for part, body in zip(parts, bodies, strict=True)]
    return [
        replace(part, number=max(0, bisect_right(starts, begin) - 1)) for part, begin in zip(parts, begins, strict=True)
    ]


def _chunk_spans(parts: Sequence[Chunk], chunks: Sequence[Chunk]) -> list[ChunkSpan]:
    starts = [part.start for part in parts]
    ends = [part.end - len(part.text) + len(part.text.rstrip()) for part in parts]
    spans = []
    for chunk in chunks:
        first, after = bisect_right(ends, chunk.start), bisect_left(starts, chunk.end)
        spans.append(ChunkSpan(chunk.start, chunk.end, first, max(first + 1, after), header_of(chunk)))
    return spans
