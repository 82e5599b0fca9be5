"""Sessions on the wire."""

from app import memory
from app.schemas.sessions import SessionDeleted, SessionInfo, SessionStats, SessionSummary, StoredMessage


def session_stats(stats: memory.SessionStats) -> SessionStats:
    """Return the counts."""
    return SessionStats(
        active_chains=stats["active_chains"],
        total_sessions=stats["total_sessions"],
        active_sessions=stats["active_sessions"],
        total_messages=stats["total_messages"],
        avg_messages_per_session=stats["avg_messages_per_session"],
        database_size_mb=stats["database_size_mb"],
    )


def session_info(info: memory.SessionInfo) -> SessionInfo:
    """Return one session."""
    return SessionInfo(
        session_id=info.session_id,
        client_id=info.client_id,
        title=info.title,
        message_count=info.message_count,
        created_at=info.created_at,
        last_accessed=info.last_accessed,
        expires_at=info.expires_at,
        is_expired=info.is_expired,
    )


def session_summary(info: memory.SessionInfo) -> SessionSummary:
    """Return one session of a list."""
    return SessionSummary(
        session_id=info.session_id,
        client_id=info.client_id,
        title=info.title,
        message_count=info.message_count,
        created_at=info.created_at,
        last_message_at=info.last_accessed,
        expires_at=info.expires_at,
    )


def stored_message(message: memory.Message) -> StoredMessage:
    """Return a question or an answer."""
    return StoredMessage(
        message_id=message.message_id,
        number=message.number,
        turn=message.turn,
        role=message.role,
        content=message.content,
        timestamp=message.timestamp,
        sources=[dict(source) for source in message.sources],
        extra=dict(message.extra),
        rating=message.rating,
    )


def session_deleted(session_id: str, removed: memory.Removed) -> SessionDeleted:
    """Return which session was deleted."""
    return SessionDeleted(
        message=f"Session {session_id} cleared", session_id=session_id, messages_deleted=removed.messages
    )
