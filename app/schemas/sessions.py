"""Sessions on the wire."""

from pydantic import BaseModel, Field

from app.schemas.chat import Message


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
    message_count: int
    created_at: float
    last_accessed: float
    expires_at: float
    is_expired: bool


class SessionDeleted(Message):
    """Which session was deleted."""

    session_id: str
    messages_deleted: int


class CleanupResponse(Message):
    """How many sessions went, and what is left."""

    sessions_deleted: int
    current_stats: SessionStats
