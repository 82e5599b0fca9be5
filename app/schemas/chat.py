"""Chat on the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ClientIdField = Annotated[
    str,
    Field(
        description="Whose documents: 3 to 63 letters, digits, dots, dashes or underscores.",
        examples=["client_a1b2c3d4"],
    ),
]


class ChatRequest(BaseModel):
    """A question to one client's documents."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message": "How long is the warranty on the compressor?",
                    "client_id": "client_a1b2c3d4",
                    "use_memory": True,
                }
            ]
        }
    )

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    client_id: str | None = Field(
        None,
        description="Whose documents. Required, but for callers whose API key belongs to one client.",
        examples=["client_a1b2c3d4"],
    )
    session_id: str | None = Field(
        None, description="The conversation to go on with, or a name for a new one; made up when left out."
    )
    use_memory: bool = Field(default=True, description="Whether the session is read and the turn stored in it.")
    top_k: int | None = Field(None, ge=1, le=50, description="How many passages to answer from (setting TOP_K).")


class Source(BaseModel):
    """A passage the answer was made from."""

    page: int = Field(description="1-based; always 1 for kinds of files without pages.")
    content: str = Field(description="The passage, verbatim.")
    source: str = Field(description="The file's name.")
    section: str = Field(description="The headings above the passage, or empty.")
    document_id: str
    chunk_index: int
    start: int = Field(description="Where the passage begins in the document's text, in characters.")
    end: int
    score: float = Field(description="Cosine similarity to the question, -1 to 1.")
    citation: int = Field(description="The number by which the answer cites it: [1], [2], ...")


class Usage(BaseModel):
    """Tokens, as the model's service counted them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Timings(BaseModel):
    """Milliseconds."""

    retrieval: float
    generation: float
    total: float


class ChatResponse(BaseModel):
    """The answer with what it rests on."""

    response: str
    session_id: str
    client_id: str
    sources: list[Source]
    memory_used: bool
    model: str
    usage: Usage | None
    timings_ms: Timings


class CollectionSummary(BaseModel):
    """One client's collection in a list."""

    client_id: str
    document_count: int = Field(description="Documents, that is, uploaded files.")
    chunk_count: int = Field(description="The pieces they were cut into.")


class CollectionList(BaseModel):
    """Clients that have documents."""

    collections: list[CollectionSummary]
    total: int = Field(description="How many there are in all, on this page or not.")
    next_cursor: str | None = Field(None, description="Give this as `cursor` to go on; absent on the last page.")


class CollectionStats(BaseModel):
    """One client's collection."""

    client_id: str
    collection_name: str
    exists: bool
    document_count: int
    chunk_count: int
    last_modified: float | None = Field(description="Seconds since the epoch; null when nothing was ever stored.")


class Message(BaseModel):
    """A sentence about what was done."""

    message: str


class CollectionDeleted(Message):
    """What was deleted."""

    client_id: str
    documents_deleted: int
