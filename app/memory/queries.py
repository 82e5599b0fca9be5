"""The SQL of the sessions database: statements, and the rows they give as values.

All statements are SQLAlchemy Core without a dialect of their own, so that they run on PostgreSQL as they do on
SQLite. Statements on the path of a chat are built once.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from app.common.database import AnyRow
from app.common.ids import ClientId
from app.memory import Message, Removed, SessionInfo, Turn
from app.memory.message_ids import message_id
from app.memory.tables import ALL_CLIENTS, feedback, messages, sessions, summaries, totals
from app.memory.tokens import MESSAGE_OVERHEAD

IS_SESSION = and_(sessions.c.session_id == bindparam("session"), sessions.c.client_id == bindparam("client"))
OF_SESSION = and_(messages.c.session_id == bindparam("session"), messages.c.client_id == bindparam("client"))
ALIVE = sessions.c.expires_at > bindparam("now")
JOINED = messages.join(
    sessions,
    and_(messages.c.session_id == sessions.c.session_id, messages.c.client_id == sessions.c.client_id),
)

PROLONG = (
    update(sessions)
    .where(IS_SESSION, ALIVE)
    .values(
        message_count=sessions.c.message_count + 2,
        stored_bytes=sessions.c.stored_bytes + bindparam("size"),
        last_accessed=bindparam("now"),
        expires_at=bindparam("expires"),
    )
    .returning(sessions.c.message_count, sessions.c.created_at)
)
BEGIN_SESSION = insert(sessions)
ADD_MESSAGES = insert(messages).returning(messages.c.id)

LATEST_MESSAGES = (
    select(messages.c.id, messages.c.position, messages.c.content, messages.c.tokens)
    .add_columns(sessions.c.client_id, sessions.c.session_id, sessions.c.created_at, sessions.c.expires_at)
    .select_from(JOINED)
    .where(OF_SESSION, ALIVE, messages.c.position < bindparam("before"))
    .where(messages.c.position > bindparam("after"))
    .order_by(messages.c.position.desc())
    .limit(bindparam("limit"))
)
EARLIEST_MESSAGES = LATEST_MESSAGES.order_by(None).order_by(messages.c.position)

SESSION = select(sessions).where(IS_SESSION)
SET_TITLE = update(sessions).where(IS_SESSION, ALIVE).values(title=bindparam("new_title")).returning(sessions)
ADD_BYTES = update(sessions).where(IS_SESSION).values(stored_bytes=sessions.c.stored_bytes + bindparam("size"))
OWNERS = select(sessions.c.client_id).where(sessions.c.session_id == bindparam("session")).limit(2)
ACTIVE_OWNERS = OWNERS.where(ALIVE)
_KEYS = select(sessions.c.client_id, sessions.c.session_id, sessions.c.message_count)

# The ids of messages are never reused, so a summary never passes for one of a later session of the same id.
SUMMARY = (
    select(summaries.c.content, summaries.c.summarised_up_to, messages.c.position)
    .select_from(JOINED.join(summaries, messages.c.id == summaries.c.summarised_up_to))
    .where(OF_SESSION, ALIVE)
    .where(summaries.c.session_id == bindparam("session"), summaries.c.client_id == bindparam("client"))
)
ALIVE_MESSAGE = select(messages.c.id).select_from(JOINED).where(OF_SESSION, ALIVE, messages.c.id == bindparam("up_to"))

REMOVE = delete(sessions).returning(sessions.c.client_id, sessions.c.message_count, sessions.c.stored_bytes)
REMOVE_ONE = REMOVE.where(IS_SESSION)

TOTALS = select(totals).where(totals.c.scope == bindparam("scope"))
EXPIRED_COUNT = select(func.count()).select_from(sessions).where(sessions.c.expires_at <= bindparam("now"))
EXPIRED_COUNT_OF = EXPIRED_COUNT.where(sessions.c.client_id == bindparam("client"))
_ADD_TOTALS = (
    update(totals)
    .where(totals.c.scope.in_([bindparam("in_scope"), ALL_CLIENTS]))
    .values(
        sessions=totals.c.sessions + bindparam("more_sessions"),
        messages=totals.c.messages + bindparam("more_messages"),
        stored_bytes=totals.c.stored_bytes + bindparam("more_bytes"),
    )
    .returning(totals.c.scope)
)
_DROP_EMPTY_TOTALS = delete(totals).where(
    totals.c.sessions == 0, totals.c.scope != ALL_CLIENTS, totals.c.scope == bindparam("in_scope")
)


def add_totals(connection: Connection, client: ClientId, *, sessions: int, messages: int, size: int) -> None:
    """Count sessions, messages and bytes (also negative ones) for the client and for all."""
    more = {"more_sessions": sessions, "more_messages": messages, "more_bytes": size}
    updated = connection.execute(_ADD_TOTALS, {"in_scope": client, **more}).scalars()
    for scope in {client, ALL_CLIENTS}.difference(updated):
        row = {"scope": scope, "sessions": sessions, "messages": messages, "stored_bytes": size}
        connection.execute(insert(totals), row)
    if sessions < 0:
        connection.execute(_DROP_EMPTY_TOTALS, {"in_scope": client})


def remove_session(connection: Connection, key: tuple[ClientId, str]) -> Removed:
    """Delete a session, if there is one, with what hangs on it, and correct the totals."""
    gone = connection.execute(REMOVE_ONE, {"client": key[0], "session": key[1]}).first()
    return _discount(connection, [gone]) if gone else Removed()


def remove_sessions(connection: Connection, keys: Sequence[tuple[ClientId, str]]) -> Removed:
    """Delete the sessions named by client and id, with what hangs on them, and correct the totals."""
    named = tuple_(sessions.c.client_id, sessions.c.session_id).in_(keys)
    return _discount(connection, connection.execute(REMOVE.where(named)).all())


def _discount(connection: Connection, gone: Sequence[Row[str, int, int]]) -> Removed:
    by_client: dict[str, list[int]] = {}
    for client, message_count, size in gone:
        tally = by_client.setdefault(client, [0, 0, 0])
        tally[0] += 1
        tally[1] += message_count
        tally[2] += size
    for client, (count, message_count, size) in by_client.items():
        add_totals(connection, ClientId(client), sessions=-count, messages=-message_count, size=-size)
    return Removed(len(gone), sum(message_count for _, message_count, _ in gone))


def store_summary(connection: Connection, key: tuple[ClientId, str], *, text: str, up_to: int, now: float) -> None:
    """Put a session's summary in the place of the one before it, if there is one."""
    of_session = and_(summaries.c.client_id == key[0], summaries.c.session_id == key[1])
    values = {"content": text, "summarised_up_to": up_to, "updated_at": now}
    if not connection.execute(update(summaries).where(of_session).values(values)).rowcount:
        connection.execute(insert(summaries), {"client_id": key[0], "session_id": key[1], **values})


def message_page(*, after: int, before: int, backwards: bool = False) -> Select[*tuple[Any, ...]]:
    """Select a session's messages with positions between `after` and `before`, both excluded."""
    order = messages.c.position.desc() if backwards else messages.c.position
    between = and_(messages.c.position > after, messages.c.position < before)
    rated = messages.outerjoin(feedback, feedback.c.message_id == messages.c.id)
    return select(messages, feedback.c.rating).select_from(rated).where(OF_SESSION, between).order_by(order)


def expired_keys(now: float, owner: ClientId | None) -> Select[str, str, int]:
    """Select client, id and message count of the sessions that expired by `now`, of one client or of all."""
    expired = _KEYS.where(sessions.c.expires_at <= now).order_by(sessions.c.expires_at)
    return expired if owner is None else expired.where(sessions.c.client_id == owner)


def client_keys(client: ClientId) -> Select[str, str, int]:
    """Select client, id and message count of all sessions of a client."""
    return _KEYS.where(sessions.c.client_id == client)


def active_sessions(
    now: float, *, owner: ClientId | None, limit: int | None, below: tuple[float, str, str] | None = None
) -> Select[*tuple[Any, ...]]:
    """Select the sessions that are alive, most recently used first, of one client or of all.

    The order is that of expiry, which is the order of use as long as the time to live stays the same; `below`
    is the (expires_at, client_id, session_id) of the row to continue after.
    """
    order = (sessions.c.expires_at, sessions.c.client_id, sessions.c.session_id)
    chosen = select(sessions).where(sessions.c.expires_at > now)
    if owner is not None:
        chosen = chosen.where(sessions.c.client_id == owner)
    if below is not None:
        chosen = chosen.where(tuple_(*order) < below)
    return chosen.order_by(*(column.desc() for column in order)).limit(limit)


def as_info(row: AnyRow, now: float) -> SessionInfo:
    """Return a row of `sessions` as a value."""
    return SessionInfo(
        client_id=ClientId(row.client_id),
        session_id=row.session_id,
        title=row.title,
        created_at=row.created_at,
        last_accessed=row.last_accessed,
        expires_at=row.expires_at,
        message_count=row.message_count,
        is_expired=row.expires_at <= now,
    )


def as_message(row: AnyRow, begun: float) -> Message:
    """Return a row of `messages`, of a session that was created at `begun`, as a value."""
    return Message(
        id=row.id,
        message_id=message_id(row.client_id, row.session_id, begun, row.position),
        number=row.position,
        role=row.role,
        content=row.content,
        timestamp=row.timestamp,
        sources=row.sources or (),
        extra=row.extra or {},
        rating=row.rating,
    )


def as_turns(rows: Sequence[AnyRow]) -> list[Turn]:
    """Return rows of questions and answers in turn, ordered by position, as turns."""
    return [
        Turn(
            number=(question.position + 1) // 2,
            question=question.content,
            answer=answer.content,
            tokens=question.tokens + answer.tokens + 2 * MESSAGE_OVERHEAD,
            last_id=answer.id,
            message_id=message_id(answer.client_id, answer.session_id, answer.created_at, answer.position),
        )
        for question, answer in zip(rows[::2], rows[1::2], strict=True)
    ]
