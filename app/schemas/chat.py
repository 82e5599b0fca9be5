"""Chat on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.filters import AnyFilter
from app.schemas.ids import NamedClient, NamedSession
from app.schemas.labels import Labelled
from app.schemas.numbers import ContextTokens, TopK
from app.schemas.passages import FoundPassage
from app.schemas.stated import NEEDED_WITHOUT_KEYS
from app.schemas.text import Question

Finish = Literal["stop", "length", "content_filter"]
How = Literal["whole", "digest", "passages", "sentences"]
COVERAGE = "For the intent `document`: how much of each document was read. Empty for others."
Intent = Literal["search", "smalltalk", "inventory", "conversation", "document", "task"]
INTENT = (
    "What kind of turn the message was: `search` looks through the documents, also whenever in doubt; `smalltalk` is a "
    "greeting or thanks; `inventory` asks which documents there are; `conversation` is about what was said before; "
    "`document` is about whole documents; `task` is a front end's own prompt, for a title or the like."
)

ClientIdField = Annotated[
    str,
    Field(description="Whose documents: 3 to 63 letters, digits, `.`, `-` or `_`.", examples=["client_a1b2c3d4"]),
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

    message: Question
    client_id: NamedClient | None = Field(
        None,
        description="Whose documents. Required, except for callers whose API key belongs to one client.",
        examples=["client_a1b2c3d4"],
        json_schema_extra=NEEDED_WITHOUT_KEYS,
    )
    session_id: NamedSession | None = Field(
        None, description="The conversation to continue, or a name for a new one; generated when left out."
    )
    use_memory: bool = Field(default=True, description="Whether the session is read and the turn stored in it.")
    top_k: TopK | None = Field(None, description="How many passages to answer from (setting TOP_K).")
    context_tokens: ContextTokens | None = Field(
        None, description="How much text of passages, in tokens (setting CONTEXT_TOKENS)."
    )
    filters: AnyFilter | None = Field(None, description="Answer only from passages that these let through.")
    stream: bool = Field(default=False, description="Answer as server-sent events, as /api/v1/chat/stream does.")


class Source(FoundPassage):
    """A passage the answer was made from."""

    citation: int = Field(description="The number by which the answer cites it: [1], [2], ...")
    cited: bool | None = Field(description="Whether the answer cites it; null as long as it is being streamed.")


class Place(BaseModel):
    """A place in the answer, in characters (Unicode code points)."""

    start: int = Field(description="Where the bracket opens in `response`.")
    end: int = Field(description="After the bracket that closes.")


class Citation(Labelled):
    """A passage that the answer cites. All offsets are in characters (Unicode code points)."""

    number: int = Field(description="As it stands in the answer, without the brackets; the place in `sources`.")
    document_id: str
    source: str = Field(description="The file's name.")
    page: int
    section: str
    start: int = Field(description="Where the quote begins in the document's text.")
    end: int
    quote: str = Field(description="The passage, verbatim: what the statement rests on.")
    answer_start: int = Field(description="Where the bracket of the first place opens in `response`.")
    answer_end: int = Field(description="After the closing bracket.")
    places: list[Place] = Field(description="All places that cite the passage, 50 at most, in the text's order.")


class Coverage(BaseModel):
    """How much of one document was read for an answer about all of it."""

    document_id: str
    source: str = Field(description="The file's name.")
    how: How = Field(
        description="`whole`: all of its text was given to the model. `digest`: notes that were made from it part by "
        "part. `passages`: those that were found for the question. `sentences`: the most central ones are quoted."
    )
    pages: int = Field(description="Pages it has.")
    pages_read: int = Field(description="Pages that the answer was made from.")
    parts: int = Field(description="Parts it is stored in, of about 400 characters.")
    parts_read: int


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


class Computation(BaseModel):
    """What was computed over a table, instead of being read from passages."""

    document_id: str
    source: str = Field(description="The file's name.")
    sheet: str = Field(description="The name of the sheet; empty if it has none.")
    plan: str = Field(description="What was computed, in words: `sum of Amount; where Region = North`.")
    rows: str = Field(description="The numbers of the rows it rests on, as in the file: `2-5, 9`; a thousand at most.")
    row_count: int = Field(description="How many rows it rests on.")


class ChatResponse(BaseModel):
    """The answer with what it rests on."""

    response: str
    session_id: str
    message_id: str | None = Field(
        description="The answer's id, to give feedback on it; null when the turn is not stored (`use_memory` false)."
    )
    client_id: str
    sources: list[Source] = Field(description="The passages given to the model, in the order of their numbers.")
    citations: list[Citation] = Field(
        description="One for each passage that is cited, in the text's order. Numbers the model made up are gone."
    )
    grounded: bool = Field(
        description="False when the documents hold nothing relevant, and the answer says so, or when it rests on no "
        "document, as a greeting does."
    )
    intent: Intent = Field(description=INTENT)
    computation: Computation | None = Field(
        description="The computation over a table that the answer is; null where it is none."
    )
    coverage: list[Coverage] = Field([], description=COVERAGE)
    search_query: str = Field(description="What was searched for: the question, or a follow-up made to stand alone.")
    memory_used: bool
    model: str
    finish_reason: Finish = Field(
        description="`stop` when the answer is whole; `length` when it was cut at MAX_ANSWER_TOKENS, `content_filter` "
        "when the model's service held the rest back."
    )
    usage: Usage | None
    timings_ms: Timings


class StreamSources(BaseModel):
    """The event `sources`, the first except for `progress`: what the answer will be made from."""

    type: Literal["sources"] = "sources"
    session_id: str
    client_id: str
    search_query: str
    intent: Intent
    sources: list[Source]


class StreamProgress(BaseModel):
    """An event `progress`, before `sources`: how far the reading of long documents is."""

    type: Literal["progress"] = "progress"
    stage: Literal["reading", "merging"] = Field(
        description="`reading`: notes are made on each part of a document; `merging`: they are put together."
    )
    done: int = Field(description="Calls of the model that are done.")
    total: int = Field(description="Calls that this stage takes.")


class StreamDelta(BaseModel):
    """An event `delta`: the next piece of the answer. All of them together are the `response`."""

    type: Literal["delta"] = "delta"
    text: str


class StreamDone(ChatResponse):
    """The last event, `done`: the whole answer as it is without streaming."""

    type: Literal["done"] = "done"


class CollectionSummary(BaseModel):
    """One client's collection in a list."""

    client_id: str
    document_count: int = Field(description="Documents, that is, uploaded files.")
    chunk_count: int = Field(description="The pieces they were cut into.")


class CollectionList(BaseModel):
    """Clients that have documents."""

    collections: list[CollectionSummary]
    total: int = Field(description="How many there are in all, on this page or not.")
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; absent on the last page.")


class CollectionStats(BaseModel):
    """One client's collection."""

    client_id: str
    collection_name: str
    exists: bool
    document_count: int
    chunk_count: int
    older_documents: int = Field(
        description="Documents that an earlier version stored: they answer, but are found less well until "
        "they are uploaded again."
    )
    outdated_model: bool = Field(
        description="Whether another embedding model than the one in use made its vectors: the documents answer, until "
        "the operator has them embedded again."
    )
    last_modified: float | None = Field(description="Seconds since the epoch; null when nothing was ever stored.")


class Message(BaseModel):
    """A sentence about what was done."""

    message: str


class CollectionDeleted(Message):
    """What was deleted."""

    client_id: str
    documents_deleted: int
