"""Cutting a document's text into chunks that know their page, section and place."""

from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter

from langchain_text_splitters import RecursiveCharacterTextSplitter

from app.common.file_loader import Heading, LoadedDocument
from app.common.passages import Chunk

SECTION_SEPARATOR = " > "
_SEPARATORS = ["\n\n", "\n", " "]


def split(
    document: LoadedDocument, *, document_id: str, source: str, chunk_size: int, chunk_overlap: int
) -> list[Chunk]:
    """Cut the text into chunks of at most `chunk_size` characters that overlap by about `chunk_overlap`.

    A chunk never reaches over the end of a page, so its page is the page of all its text; it is a verbatim piece
    of the text: `document.text[chunk.start:chunk.end] == chunk.text`.
    """
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=chunk_size,
        chunk_overlap=chunk_overlap,
        separators=_SEPARATORS,
        add_start_index=True,
        strip_whitespace=True,
    )
    outline = _outline(document.headings)
    chunks: list[Chunk] = []
    for page, page_start, page_text in _pages(document):
        for piece in splitter.create_documents([page_text]):
            begin = page_start + piece.metadata["start_index"]
            for offset, text in _windows(piece.page_content, chunk_size, chunk_overlap):
                start, end = begin + offset, begin + offset + len(text)
                section = _section_at(outline, (start + end) // 2)
                chunks.append(Chunk(document_id, len(chunks), text, page, section, source, start, end))
    return chunks


def _windows(text: str, size: int, overlap: int) -> Iterator[tuple[int, str]]:
    """Cut what has no separator in it, such as a text without spaces, into pieces of the full size.

    The splitter would take a text apart letter by letter, and some seconds for a megabyte.
    """
    if len(text) <= size:
        yield 0, text
        return
    for offset in range(0, len(text) - overlap, size - overlap):
        piece = text[offset : offset + size]
        if stripped := piece.strip():
            yield offset + len(piece) - len(piece.lstrip()), stripped


def _pages(document: LoadedDocument) -> Iterator[tuple[int, int, str]]:
    """Yield (1-based page number, offset in the text, text) of each page."""
    ends = [*document.page_starts[1:], len(document.text)]
    for number, (start, end) in enumerate(zip(document.page_starts, ends, strict=True), start=1):
        yield number, start, document.text[start:end]


def _outline(headings: tuple[Heading, ...]) -> list[tuple[int, str]]:
    """Return (offset, path of headings) for each place where the section changes."""
    outline: list[tuple[int, str]] = []
    above: list[Heading] = []
    for heading in headings:
        above = [*(h for h in above if h.level < heading.level), heading]
        outline.append((heading.start, SECTION_SEPARATOR.join(h.title for h in above)))
    return outline


def _section_at(outline: list[tuple[int, str]], place: int) -> str:
    """Return the section that `place` lies in: a chunk belongs to the one its middle is in."""
    index = bisect_right(outline, place, key=itemgetter(0))
    return outline[index - 1][1] if index else ""
