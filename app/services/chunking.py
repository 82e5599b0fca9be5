"""Cutting a document's text into chunks that know their page, section and place."""

from collections.abc import Iterator

from langchain_text_splitters import RecursiveCharacterTextSplitter

from app.common.file_loader import Heading, LoadedDocument
from app.common.passages import Chunk

SECTION_SEPARATOR = " > "


def split(
    document: LoadedDocument, *, document_id: str, source: str, chunk_size: int, chunk_overlap: int
) -> list[Chunk]:
    """Cut the text into chunks of at most `chunk_size` characters that overlap by about `chunk_overlap`.

    A chunk never reaches over the end of a page, so its page is the page of all its text; it is a verbatim piece
    of the text: `document.text[chunk.start:chunk.end] == chunk.text`.
    """
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=chunk_size, chunk_overlap=chunk_overlap, add_start_index=True, strip_whitespace=True
    )
    outline = _outline(document.headings)
    chunks: list[Chunk] = []
    for page, page_start, page_text in _pages(document):
        for piece in splitter.create_documents([page_text]):
            start = page_start + piece.metadata["start_index"]
            end = start + len(piece.page_content)
            section = _section_at(outline, (start + end) // 2)
            chunks.append(Chunk(document_id, len(chunks), piece.page_content, page, section, source, start, end))
    return chunks


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
    section = ""
    for start, path in outline:
        if start > place:
            break
        section = path
    return section
