"""Cutting a document's text into chunks that know their page, section and place."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from operator import itemgetter

from langchain_text_splitters import RecursiveCharacterTextSplitter

from app.common.file_loader import Heading, LoadedDocument
from app.common.passages import Chunk
from app.services.ingestion.table_passages import Span, table_passages

SECTION_SEPARATOR = " > "
MOST_SECTIONS = 50
"""So many sections are named of one chunk: a page of headings and nothing else has more than anybody looks for."""

_SEPARATORS = ["\n\n", "\n", " "]


def split(
    document: LoadedDocument, *, document_id: str, source: str, chunk_size: int, chunk_overlap: int
) -> list[Chunk]:
    """Cut the text into chunks of at most `chunk_size` characters that overlap by about `chunk_overlap`.

    A chunk never reaches over the end of a page, so its page is the page of all its text; it is a verbatim piece
    of the text: `document.text[chunk.start:chunk.end] == chunk.text`. Rows of a table that do not begin with its header
    have it put before them: the chunk's text then ends with that piece, and `start` and `end` are those of the rows.
    Rows do not overlap.
    """

    def pieces(start: int, end: int, size: int) -> Iterator[Span]:
        return cut_text(document.text[start:end], start, size, min(chunk_overlap, size - 1), len)

    outline = outline_of(document.headings)
    chunks: list[Chunk] = []
    places = [table.start for table in document.tables]
    for page, start, end in pages_of(document):
        tables = document.tables[bisect_left(places, start) : bisect_left(places, end)]
        for span in table_passages(document.text, (start, end), tables, chunk_size, pieces, _characters):
            text, begin, stop = _stripped(document.text, span)
            if text:
                section, sections = sections_of(outline, begin, stop)
                chunks.append(Chunk(document_id, len(chunks), text, page, section, source, begin, stop, sections))
    return chunks


def _characters(start: int, end: int) -> float:
    return end - start


def cut_text(text: str, offset: int, size: int, overlap: int, measure: Callable[[str], int]) -> Iterator[Span]:
    """Cut a text that begins at `offset` between paragraphs, lines or words; `size` is in units of `measure`."""
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size,
        chunk_overlap=overlap,
        separators=_SEPARATORS,
        add_start_index=True,
        strip_whitespace=True,
        length_function=measure,
    )
    for piece in splitter.create_documents([text]):
        begin = offset + piece.metadata["start_index"]
        for place, window in _windows(piece.page_content, size, overlap, measure):
            yield Span(begin + place, begin + place + len(window))


def _stripped(text: str, span: Span) -> tuple[str, int, int]:
    """Return the text of a chunk, and where it begins and ends without the space around it."""
    piece = text[span.start : span.end]
    bare = piece.strip()
    begin = span.start + len(piece) - len(piece.lstrip())
    return (f"{span.header}\n{bare}" if span.header and bare else bare), begin, begin + len(bare)


def _windows(text: str, size: int, overlap: int, measure: Callable[[str], int]) -> Iterator[tuple[int, str]]:
    """Cut what has no separator in it, such as a text without spaces, into pieces of the full size.

    The splitter would take a text apart letter by letter, and some seconds for a megabyte.
    """
    length = measure(text)
    if length <= size:
        yield 0, text
        return
    size = max(overlap + 1, size * len(text) // length)
    for offset in range(0, len(text) - overlap, size - overlap):
        piece = text[offset : offset + size]
        if stripped := piece.strip():
            yield offset + len(piece) - len(piece.lstrip()), stripped


def pages_of(document: LoadedDocument) -> Iterator[tuple[int, int, int]]:
    """Yield (1-based page number, offset in the text, offset after its end) of each page."""
    ends = [*document.page_starts[1:], len(document.text)]
    for number, (start, end) in enumerate(zip(document.page_starts, ends, strict=True), start=1):
        yield number, start, end


def outline_of(headings: tuple[Heading, ...]) -> list[tuple[int, str]]:
    """Return (offset, path of headings) for each place where the section changes."""
    outline: list[tuple[int, str]] = []
    above: list[Heading] = []
    for heading in headings:
        above = [*(h for h in above if h.level < heading.level), heading] if heading.title else []
        outline.append((heading.start, SECTION_SEPARATOR.join(h.title for h in above)))
    return outline


def sections_of(outline: list[tuple[int, str]], start: int, end: int) -> tuple[str, tuple[str, ...]]:
    """Return the section in which a chunk begins, and all that it reaches into when they are more than one."""
    first = bisect_right(outline, start, key=itemgetter(0))
    after = bisect_left(outline, end, key=itemgetter(0))
    section = outline[first - 1][1] if first else ""
    found = dict.fromkeys((section, *(path for _, path in outline[first:after])))
    named = tuple(path for path in found if path)
    return section, named[:MOST_SECTIONS] if len(named) > 1 or named != (section,) else ()
