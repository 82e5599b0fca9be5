"""Chunks and passages: the pieces of documents that are stored, found and cited."""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found for a question; `score` is the cosine similarity, -1 to 1."""

    chunk: Chunk
    score: float
