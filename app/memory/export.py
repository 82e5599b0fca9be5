"""Export a whole conversation as a document."""

from datetime import UTC, datetime

from app.memory import JsonObject, Message, SessionExport


def as_json(conversation: SessionExport) -> dict[str, object]:
    """Return the conversation as JSON values; times are ISO 8601, UTC."""
    session = conversation.session
    return {
        "session_id": session.session_id,
        "client_id": session.client_id,
        "title": session.title,
        "created_at": _time(session.created_at),
        "last_accessed": _time(session.last_accessed),
        "messages": [_message(message) for message in conversation.messages],
    }


def as_markdown(conversation: SessionExport) -> str:
    """Return the conversation as Markdown: a heading for each message, the sources below their answer."""
    session = conversation.session
    lines = [f"# {session.title or session.session_id}", "", f"Begun {_time(session.created_at)}", ""]
    for message in conversation.messages:
        heading = "Question" if message.role == "user" else "Answer"
        lines += [f"## {heading} {message.turn}", "", message.content, ""]
        lines += [_source(number, source) for number, source in enumerate(message.sources, 1)]
        lines += [""] if message.sources else []
    return "\n".join(lines)


def _message(message: Message) -> dict[str, object]:
    value: dict[str, object] = {
        "message_id": message.message_id,
        "number": message.number,
        "turn": message.turn,
        "role": message.role,
        "content": message.content,
        "timestamp": _time(message.timestamp),
    }
    if message.role == "assistant":
        value["sources"] = [dict(source) for source in message.sources]
    if message.rating is not None:
        value["rating"] = message.rating
    return {**value, "extra": dict(message.extra)} if message.extra else value


def _source(number: int, source: JsonObject) -> str:
    name = source.get("source") or "document"
    page = f", page {source['page']}" if source.get("page") else ""
    return f"- [{source.get('citation') or number}] {name}{page}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
