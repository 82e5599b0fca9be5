"""Reading conversations from SQL."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection
from typing_extensions import override

from app.common.absent import no_such_session
from app.common.cursors import decode_client_place, encode_place
from app.common.errors import Conflict
from app.common.ids import ClientId
from app.memory import (
    MessagePage,
    SessionExport,
    SessionInfo,
    SessionPage,
    SessionStats,
    SessionStore,
    Summary,
    Turn,
)
from app.memory import queries as q
from app.memory.cache import Key, RecentSessions, RecentTurns
from app.memory.tables import sessions

_PAGE_TURNS = 32
_END = 2**31 - 1
_BYTES_PER_MB = 1024 * 1024


Reading = Callable[[ClientId | None], AbstractContextManager[Connection]]
"""A consistent view of a client's rows, or with None of everybody's."""


class SqlSessionReader(SessionStore):
    """The reading half of a SessionStore on tables that are up to date."""

    def __init__(self, reading: Reading, *, cached_sessions: int, clock: Callable[[], float]) -> None:
        self._reading = reading
        self._clock = clock
        self._recent = RecentSessions(cached_sessions, turns_each=_PAGE_TURNS)

    @override
    def history(
        self, client_id: ClientId, session_id: str, *, max_turns: int | None = None, max_tokens: int | None = None
    ) -> list[Turn]:
        key = (client_id, session_id)
        now = self._clock()
        recent = self._recent.get(key, now, lambda limit: self._load(key, now, limit))
        if recent is None:
            return []
        return _fit(self._backwards(key, recent, now), max_turns, max_tokens)

    def _load(self, key: Key, now: float, limit: int) -> RecentTurns | None:
        bounds = {"after": 0, "before": _END, "limit": 2 * limit, "now": now}
        with self._reading(key[0]) as connection:
            rows = connection.execute(q.LATEST_MESSAGES, {**bound(key), **bounds}).all()
        return RecentTurns(tuple(q.as_turns(rows[::-1])), rows[0].expires_at) if rows else None

    def _backwards(self, key: Key, recent: RecentTurns, now: float) -> Iterator[Turn]:
        """Yield the session's turns, latest first, reading on page by page as far as they are asked for."""
        turns: Sequence[Turn] = recent.turns
        while turns:
            yield from reversed(turns)
            if turns[0].number == 1:
                break
            bounds = {"after": 0, "before": 2 * turns[0].number - 1, "limit": 2 * _PAGE_TURNS, "now": now}
            with self._reading(key[0]) as connection:
                rows = connection.execute(q.LATEST_MESSAGES, {**bound(key), **bounds}).all()
            turns = q.as_turns(rows[::-1])

    @override
    def turns(self, client_id: ClientId, session_id: str, *, after: int, before: int, limit: int) -> list[Turn]:
        bounds = {"after": 2 * after, "before": 2 * before - 1, "limit": 2 * limit, "now": self._clock()}
        with self._reading(client_id) as connection:
            rows = connection.execute(q.EARLIEST_MESSAGES, {**bound((client_id, session_id)), **bounds}).all()
        return q.as_turns(rows)

    @override
    def messages(
        self,
        client_id: ClientId,
        session_id: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> MessagePage:
        key = (client_id, session_id)
        backwards = after is None and before is not None
        with self._reading(client_id) as connection:
            session = self._alive(connection, key)
            chosen = q.message_page(after=after or 0, before=before or _END, backwards=backwards)
            rows = connection.execute(chosen.limit(limit + 1), bound(key)).all()
        kept = [q.as_message(row, session.created_at) for row in rows[:limit]]
        return MessagePage(tuple(reversed(kept) if backwards else kept), has_more=len(rows) > limit)

    @override
    def info(self, client_id: ClientId, session_id: str) -> SessionInfo:
        with self._reading(client_id) as connection:
            return self._find(connection, (client_id, session_id))

    @override
    def owner_of(self, session_id: str) -> ClientId:
        wanted = {"session": session_id, "now": self._clock()}
        with self._reading(None) as connection:
            owners = connection.execute(q.ACTIVE_OWNERS, wanted).scalars().all()
            owners = owners or connection.execute(q.OWNERS, wanted).scalars().all()
        if not owners:
            raise no_such_session()
        if len(owners) > 1:
            raise Conflict(
                "Several clients have a session of that id: say which client is meant with client_id.",
                code="ambiguous_session",
            )
        return ClientId(owners[0])

    @override
    def active_ids(self, owner: ClientId | None = None, *, limit: int | None = None) -> list[str]:
        chosen = q.active_sessions(self._clock(), owner=owner, limit=limit)
        with self._reading(owner) as connection:
            return list(connection.execute(chosen.with_only_columns(sessions.c.session_id)).scalars())

    @override
    def list_sessions(
        self, owner: ClientId | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> SessionPage:
        now = self._clock()
        below = decode_client_place(cursor) if cursor is not None else None
        with self._reading(owner) as connection:
            chosen = q.active_sessions(now, owner=owner, limit=limit + 1, below=below)
            found = [q.as_info(row, now) for row in connection.execute(chosen)]
        page = tuple(found[:limit])
        return SessionPage(page, _after(page[-1]) if len(found) > limit else None)

    @override
    def export(self, client_id: ClientId, session_id: str) -> SessionExport:
        key = (client_id, session_id)
        with self._reading(client_id) as connection:
            session = self._alive(connection, key)
            chosen = q.message_page(after=0, before=_END)
            stored = [q.as_message(row, session.created_at) for row in connection.execute(chosen, bound(key))]
        return SessionExport(session, tuple(stored))

    @override
    def summary(self, client_id: ClientId, session_id: str) -> Summary | None:
        with self._reading(client_id) as connection:
            return find_summary(connection, (client_id, session_id), self._clock())

    def _alive(self, connection: Connection, key: Key) -> SessionInfo:
        info = self._find(connection, key)
        if info.is_expired:
            raise no_such_session()
        return info

    def _find(self, connection: Connection, key: Key) -> SessionInfo:
        row = connection.execute(q.SESSION, bound(key)).first()
        if row is None:
            raise no_such_session()
        return q.as_info(row, self._clock())


def bound(key: Key) -> dict[str, object]:
    """Return the parameters that name a session."""
    return {"client": key[0], "session": key[1]}


def _after(last: SessionInfo) -> str:
    return encode_place(last.expires_at, last.client_id, last.session_id)


def _fit(latest_first: Iterator[Turn], max_turns: int | None, max_tokens: int | None) -> list[Turn]:
    left = float("inf") if max_tokens is None else max_tokens
    chosen: list[Turn] = []
    while max_turns is None or len(chosen) < max_turns:
        turn = next(latest_first, None)
        if turn is None or turn.tokens > left:
            break
        chosen.append(turn)
        left -= turn.tokens
    return chosen[::-1]


def find_summary(connection: Connection, key: Key, now: float) -> Summary | None:
    """Return the summary of a session that has not expired."""
    row = connection.execute(q.SUMMARY, {**bound(key), "now": now}).first()
    return Summary(row.content, row.summarised_up_to, (row.position + 1) // 2) if row else None


def figures(*, sessions: int, expired: int, messages: int, size_bytes: int, held: int) -> SessionStats:
    """Return figures in the form in which they are given out; `held` sessions are in memory."""
    return SessionStats(
        active_chains=held,
        total_sessions=sessions,
        active_sessions=sessions - expired,
        expired_sessions=expired,
        total_messages=messages,
        avg_messages_per_session=round(messages / sessions, 2) if sessions else 0.0,
        database_size_mb=round(size_bytes / _BYTES_PER_MB, 3),
    )
