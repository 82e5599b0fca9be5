"""Chunks and passages: the pieces of documents that are stored, found and cited."""

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one document.

    `start` and `end` are character offsets into the document's cleaned text, `page` is 1-based, `section` is the
    path of headings above where it begins (`Billing > Refunds`) or empty, `source` is the file name as the client gave
    it. `sections` are all that it reaches into, the first included, when that is more than `section` says. Rows of a
    table may have its header put before them; `start` and `end` are then those of the rows.
    """

    document_id: str
    index: int
    text: str
    page: int
    section: str
    source: str
    start: int
    end: int
    sections: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The chunk's id in the vector store: the same document never holds two of one id."""
        return f"{self.document_id}:{self.index}"


class Reference(TypedDict):
    """Where a passage is from, and how well it fits, without its text: what is stored with an answer and shown."""

    document_id: str
    source: str
    page: int
    section: str
    sections: list[str]
    chunk_index: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found for a question; `score` is the cosine similarity, -1 to 1."""

    chunk: Chunk
    score: float

    def reference(self) -> Reference:
        """Return where the passage is from."""
        chunk = self.chunk
        return Reference(
            document_id=chunk.document_id,
            source=chunk.source,
            page=chunk.page,
            section=chunk.section,
            sections=list(chunk.sections),
            chunk_index=chunk.index,
            start=chunk.start,
            end=chunk.end,
            score=round(self.score, 4),
        )
