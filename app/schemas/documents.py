"""Documents on the wire. Times are seconds since the epoch."""

from typing import Literal

from pydantic import BaseModel, Field

from app.schemas.chat import Message
from app.schemas.labels import Labelled

DocumentStatus = Literal["indexing", "ready", "deleting"]


class DocumentInfo(Labelled):
    """One document."""

    document_id: str
    client_id: str
    filename: str = Field(description="As its sender called it.")
    type: str = Field(description="pdf, docx, doc, txt, md, ...", examples=["pdf"])
    status: DocumentStatus = Field(description="Only `ready` documents answer questions.")
    size_bytes: int
    sha256: str = Field(description="Of the file's bytes.")
    pages: int
    characters: int
    chunks: int
    chunk_size: int
    chunk_overlap: int
    warnings: list[str] = Field(description="What could not be read, in sentences.")
    created_at: float
    updated_at: float


class DocumentDetail(DocumentInfo):
    """One document with its summary."""

    summary: str | None = Field(
        None,
        description="Written when somebody asked for one, or in the background (setting SUMMARIES); absent until then.",
    )


class DocumentList(BaseModel):
    """A client's documents, newest first."""

    documents: list[DocumentInfo]
    total: int = Field(description="How many there are in all, on this page or not.")
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; absent on the last page.")


class ChunkInfo(BaseModel):
    """A piece of a document."""

    index: int = Field(description="Its number in the document, from 0.")
    text: str
    page: int = Field(description="1-based; always 1 for kinds of files without pages.")
    section: str = Field(description="The headings above where it begins, or empty.")
    sections: list[str] = Field([], description="All sections that it reaches into, when that is more than `section`.")
    start: int = Field(
        description="Where it begins in the document's text, in characters. Rows of a table may have its header before "
        "them in `text`; this is then where the rows begin."
    )
    end: int


class ChunkList(BaseModel):
    """A document's chunks in order."""

    chunks: list[ChunkInfo]
    total: int
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; absent on the last page.")


class DocumentDeleted(Message):
    """Which document was deleted."""

    document_id: str
    chunks_deleted: int
