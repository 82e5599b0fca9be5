"""Passages on the wire."""

from pydantic import Field

from app.schemas.labels import Labelled


class FoundPassage(Labelled):
    """A passage that was found for a question, with the metadata and tags of its document."""

    page: int = Field(description="1-based; always 1 for kinds of files without pages.")
    content: str = Field(description="The passage, verbatim.")
    source: str = Field(description="The file's name.")
    section: str = Field(description="The headings above where the passage begins, or empty.")
    sections: list[str] = Field([], description="All sections that it reaches into, when that is more than `section`.")
    document_id: str
    chunk_index: int
    start: int = Field(description="Where the passage begins in the document's text, in characters.")
    end: int
    score: float = Field(description="Cosine similarity to the question, -1 to 1.")
