"""What tools take and give. Nothing here names a client: a connection has one, and no argument changes it."""

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.chat import Coverage, Finish, Intent
from app.schemas.documents import DocumentStatus
from app.schemas.filters import FieldFilters
from app.schemas.ids import NamedSession
from app.schemas.labels import Labelled
from app.schemas.numbers import Characters, Offset, PageNumber, PageSize, TopK
from app.schemas.passages import FoundPassage
from app.schemas.text import Question, ValidStr

USUAL_CHARACTERS = 20_000


class Arguments(BaseModel):
    """What a tool is called with: the fields that it knows, and no others."""

    model_config = ConfigDict(extra="forbid")


class SearchArguments(Arguments):
    """What to look for, and where."""

    query: Question = Field(description="What to look for, in words or as a question.")
    top_k: TopK | None = Field(None, description="How many passages, at most.")
    filters: FieldFilters | None = Field(
        None, description="Only passages that fit all of these: a value, a list of values, or operators."
    )


class ListArguments(Arguments):
    """Which documents to list."""

    filters: FieldFilters | None = Field(
        None, description="Only documents that fit all of these: source, type, tags, metadata, created_at, updated_at."
    )
    limit: PageSize = 50
    cursor: ValidStr = Field("", max_length=100, description="`next_cursor` of the page before.")


class ReadArguments(Arguments):
    """Which document to read, and what of it."""

    document_id: ValidStr = Field(max_length=100, description="As searching and listing show it.")
    first_page: PageNumber = 1
    last_page: PageNumber | None = Field(None, description="The last page to read; the document's own when left out.")
    start: Offset = Field(
        0,
        description="Where to begin in the document's text, in characters: `start` of a passage, or `next_start`.",
    )
    max_characters: Characters = Field(USUAL_CHARACTERS, description="About how much to read.")


class AskArguments(Arguments):
    """What to ask."""

    question: Question
    session_id: NamedSession | None = Field(
        None,
        description="The conversation to go on with, or a name for a new one; nothing is remembered when left out.",
    )
    top_k: TopK | None = Field(None, description="How many passages to answer from, at most.")
    filters: FieldFilters | None = Field(None, description="Answer only from passages that fit all of these.")


class Found(BaseModel):
    """Passages, best first."""

    passages: list[FoundPassage]


class ListedDocument(Labelled):
    """One document."""

    document_id: str
    filename: str
    type: str
    status: DocumentStatus
    pages: int
    characters: int
    created_at: float = Field(description="Seconds since the epoch.")


class Listed(BaseModel):
    """Documents, newest first."""

    documents: list[ListedDocument]
    total: int = Field(description="How many there are in all, on this page or not.")
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; absent on the last page.")


class Piece(BaseModel):
    """A piece of a document, on one page and in one section."""

    page: int = Field(description="1-based; always 1 for kinds of files without pages.")
    section: str = Field(description="The headings above it, or empty.")
    start: int = Field(description="Where it begins in the document's text, in characters.")
    end: int
    text: str


class Read(BaseModel):
    """A stretch of a document."""

    document_id: str
    filename: str
    pages: int = Field(description="Pages of the whole document.")
    characters: int = Field(description="Characters of the whole document.")
    pieces: list[Piece]
    next_start: int | None = Field(
        None, description="The `start` that goes on from here; absent when all that was asked for is here."
    )


class Cited(BaseModel):
    """A passage that the answer cites."""

    number: int = Field(description="As it stands in the answer: [1], [2], ...")
    document_id: str
    source: str = Field(description="The file's name.")
    page: int
    section: str
    start: int = Field(description="Where the quote begins in the document's text.")
    end: int
    quote: str = Field(description="The passage, verbatim.")


class Answered(BaseModel):
    """An answer with what it rests on."""

    answer: str
    citations: list[Cited]
    grounded: bool = Field(description="False when the documents hold nothing relevant, and the answer says so.")
    intent: Intent
    coverage: list[Coverage] = []
    session_id: str | None = Field(None, description="Absent when nothing was remembered.")
    model: str
    finish_reason: Finish
