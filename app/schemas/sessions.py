"""Sessions on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.schemas.chat import Message

WHOSE_SESSION = "Whose session. Needed only when several clients have one of that id and the key does not say which."
MAX_TITLE = 200
MAX_NUMBER = 2**31 - 1
# A title is one line: in lists, and as the heading of an export.
_ONE_LINE = r"^[^\x00-\x1f\x7f\x85\u2028\u2029]+$"
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE, pattern=_ONE_LINE)]


class SessionStats(BaseModel):
    """Counts over all sessions, or over the caller's own in locked mode."""

    active_chains: int = Field(description="Conversations kept in memory, at most MAX_CACHED_SESSIONS.")
    total_sessions: int
    active_sessions: int = Field(description="Those that have not expired.")
    total_messages: int
    avg_messages_per_session: float
    database_size_mb: float


class SessionInfo(BaseModel):
    """One session; times are seconds since the epoch."""

    session_id: str
    client_id: str
    title: str | None = Field(None, description="Set with PATCH; null until then.")
    message_count: int
    created_at: float
    last_accessed: float
    expires_at: float
    is_expired: bool


class SessionSummary(BaseModel):
    """One session in a list; times are seconds since the epoch."""

    session_id: str
    client_id: str
    title: str | None
    message_count: int
    created_at: float
    last_message_at: float
    expires_at: float


class SessionPage(BaseModel):
    """Sessions, last used first."""

    sessions: list[SessionSummary]
    next_cursor: str | None = Field(description="Give this as `cursor` to go on; null on the last page.")


class SessionTitle(BaseModel):
    """The name of a conversation."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Warranty of the compressor"}]})

    title: Title | None = Field(description="One line; null takes the name away.")


class StoredMessage(BaseModel):
    """A question or an answer."""

    message_id: str
    number: int = Field(description="Its place in the session, from 1: questions are odd, answers even.")
    turn: int = Field(description="Question and answer together are a turn.")
    role: Literal["user", "assistant"]
    content: str
    timestamp: float = Field(description="Seconds since the epoch.")
    sources: list[dict[str, object]] = Field(
        description="For an answer, what it was made from: document, file, page, section, place, score; not the text."
    )
    extra: dict[str, object] = Field(
        description="What else was stored with the answer: `intent` where it was no search, `coverage` and "
        "`computation` where there are any, and how it ended if it is not whole."
    )
    rating: Literal["up", "down"] | None = Field(description="For an answer, the rating of its feedback, if any.")


class MessagePage(BaseModel):
    """Messages in their order."""

    session_id: str
    client_id: str
    messages: list[StoredMessage]
    has_more: bool = Field(description="Whether there are further ones in the direction of the page.")


class SessionDeleted(Message):
    """Which session was deleted."""

    session_id: str
    messages_deleted: int


class CleanupResponse(Message):
    """How many sessions went, and what is left."""

    sessions_deleted: int
    current_stats: SessionStats
