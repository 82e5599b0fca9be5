"""The SessionStore on PostgreSQL."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Select
from typing_extensions import override

from app.common.absent import no_such_session
from app.common.ids import ClientId
from app.common.lives import Standing, erased_meanwhile
from app.common.postgres.database import PostgresDatabase
from app.common.postgres.lives import SharedLives
from app.memory import JsonObject, Removed, SessionInfo, SessionStats, Turn
from app.memory import queries as q
from app.memory.cache import Key
from app.memory.new_turn import NewTurn
from app.memory.postgres import statements as s
from app.memory.sql_feedback import SqlFeedback
from app.memory.sql_kept_answers import SqlKeptAnswers
from app.memory.sql_session_reader import SqlSessionReader, bound, figures, find_summary
from app.memory.tokens import estimate_tokens

T = TypeVar("T")

MIGRATIONS = Path(__file__).with_name("migrations")
TABLES = ("sessions", "messages", "feedback", "summaries", "kept_answers", "session_lives")
BATCH_SESSIONS = 100

_NO_NUL = str.maketrans({"\0": "�"})
"""PostgreSQL's texts hold every character but this one."""


class PostgresSessionStore(SqlSessionReader):
    """Conversations for any number of processes. `ttl` is in seconds; `clock` gives seconds since 1970.

    Nothing is held in memory: every history is read from the database, so no process misses another's turns.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        ttl: float,
        clock: Callable[[], float] = time.time,
        count_tokens: Callable[[str], int] = estimate_tokens,
    ) -> None:
        """Bring the tables in `database` up to date and use them; `close` closes it."""
        database.migrate(MIGRATIONS)
        super().__init__(database.read, cached_sessions=0, clock=clock)
        self._db = database
        self._lives = SharedLives("session_lives", erased_meanwhile)
        self._ttl = ttl
        self._count_tokens = count_tokens
        self.feedback = SqlFeedback(self._reading, self._write, clock=clock)
        self.kept_answers = SqlKeptAnswers(self._change, require=self._lives.require, clock=clock)

    @override
    def close(self) -> None:
        self._db.close()

    @override
    def require_room(self) -> None:
        """Only the server knows how its disks are: what finds no room is told when it is stored."""

    def _write(self, client_id: ClientId, standing: Standing | None, work: Callable[[Connection], T]) -> T:
        begun = standing or Standing()
        with self._db.write(client_id) as connection:
            self._lives.require(connection, client_id, begun)
            return work(connection)

    def _change(self, owner: ClientId | None, work: Callable[[Connection], T], *, removing: bool = False) -> T:
        with self._db.write(owner, removing=removing) as connection:
            return work(connection)

    @override
    def append_turn(
        self,
        client_id: ClientId,
        session_id: str,
        question: str,
        answer: str,
        *,
        sources: Sequence[JsonObject] = (),
        extra: JsonObject | None = None,
        standing: Standing | None = None,
    ) -> Turn:
        key, begun = (client_id, session_id), standing or Standing()
        texts = question.translate(_NO_NUL), answer.translate(_NO_NUL)
        new = NewTurn.of(*texts, sources=sources, extra=extra, count_tokens=self._count_tokens)
        with self._db.write(client_id) as connection:
            self._lives.require(connection, client_id, begun)
            number, begun_at = self._prolong_or_begin(connection, key, new)
            # The session's row is locked until the commit: turns of several processes get their numbers in turn.
            ids = connection.execute(q.ADD_MESSAGES, new.message_rows(key, number, self._clock())).scalars()
            return new.as_turn(key, number, begun=begun_at, last_id=max(ids))

    def _prolong_or_begin(self, connection: Connection, key: Key, new: NewTurn) -> tuple[int, float]:
        """Count the turn in its session, which is locked by that.

        Returns the turn's number and when the session was created.

        Whoever finds neither a session nor room for a new one was overtaken by somebody who began it.
        """
        now = self._clock()
        change = {**bound(key), "now": now, "expires": now + self._ttl, "size": new.size}
        while True:
            session = connection.execute(q.PROLONG, change).first()
            if session is None:
                connection.execute(s.REMOVE_EXPIRED, {**bound(key), "now": now})
                row = new.session_row(key, created_at=now, expires_at=now + self._ttl)
                session = connection.execute(s.BEGIN_SESSION, row).first()
            if session is not None:
                return session.message_count // 2, session.created_at

    @override
    def set_title(
        self, client_id: ClientId, session_id: str, title: str | None, *, standing: Standing | None = None
    ) -> SessionInfo:
        now = self._clock()
        change = {**bound((client_id, session_id)), "now": now, "new_title": title}
        row = self._write(client_id, standing, lambda connection: connection.execute(q.SET_TITLE, change).first())
        if row is None:
            raise no_such_session()
        return q.as_info(row, now)

    @override
    def delete(self, client_id: ClientId, session_id: str) -> Removed:
        with self._db.write(client_id) as connection:
            gone = connection.execute(q.REMOVE_ONE, bound((client_id, session_id))).first()
        if gone is None:
            raise no_such_session()
        return Removed(1, gone.message_count)

    @override
    def delete_client(self, client_id: ClientId) -> Removed:
        with self._db.write(client_id) as connection:
            self._lives.end(connection, client_id, now=self._clock())
        self.kept_answers.remove_client(client_id)
        return self._remove_all(client_id, q.client_keys(client_id), skip=False)

    @override
    def cleanup(self, owner: ClientId | None = None) -> Removed:
        now = self._clock()
        with self._db.write(owner) as connection:
            self._lives.forget(connection, now=now)
        self.kept_answers.remove_expired(owner)
        # Several processes clean up at once without waiting for each other: what one has, the others leave out.
        return self._remove_all(owner, q.expired_keys(now, owner), skip=True)

    def _remove_all(self, owner: ClientId | None, chosen: Select[str, str, int], *, skip: bool) -> Removed:
        total = Removed()
        batch = s.locked(chosen, limit=BATCH_SESSIONS, skip=skip)
        while removed := self._db.run(owner, lambda connection: _remove_batch(connection, batch)):
            total += removed
        return total

    @override
    def compact(self) -> bool:
        self._db.vacuum(*TABLES)
        with self._db.read(None) as connection:
            # A transaction that began before the deletion can still see its rows: they stay until it has ended.
            return not connection.execute(s.STILL_DEAD, {"table": "messages"}).scalar()

    @override
    def get_stats(self, owner: ClientId | None = None) -> SessionStats:
        wanted = {"now": self._clock(), "client": owner}
        with self._db.read(owner) as connection:
            row = connection.execute(s.FIGURES if owner is None else s.FIGURES_OF, wanted).one()
            sessions, messages, size, expired = map(int, row)
            if owner is None:
                size = int(connection.execute(s.DISK_BYTES, {"tables": list(TABLES)}).scalar_one())
        return figures(sessions=sessions, expired=expired, messages=messages, size_bytes=size, held=0)

    @override
    def put_summary(self, client_id: ClientId, session_id: str, text: str, *, up_to: int, replaces: int | None) -> bool:
        key = (client_id, session_id)
        now = self._clock()
        with self._db.write(client_id) as connection:
            # One summary of a session at a time, also of several processes.
            connection.execute(s.LOCK_SESSION, bound(key))
            stored = find_summary(connection, key, now)
            alive = connection.execute(q.ALIVE_MESSAGE, {**bound(key), "now": now, "up_to": up_to}).first()
            if alive is None or (stored.up_to if stored else None) != replaces:
                return False
            q.store_summary(connection, key, text=text.translate(_NO_NUL), up_to=up_to, now=now)
            return True


def _remove_batch(connection: Connection, batch: Select[str, str, int]) -> Removed | None:
    keys = [(ClientId(client), session) for client, session, _ in connection.execute(batch)]
    if not keys:
        return None
    gone = connection.execute(s.named(keys)).all()
    return Removed(len(gone), sum(row.message_count for row in gone))
