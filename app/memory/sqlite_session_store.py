"""Conversations in SQLite: the session store of the service."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Select
from typing_extensions import override

from app.common.absent import no_such_session
from app.common.database import Database
from app.common.ids import ClientId
from app.common.lives import Lives, Standing, erased_meanwhile
from app.memory import JsonObject, Removed, SessionInfo, SessionStats, Turn
from app.memory import queries as q
from app.memory.cache import Key
from app.memory.new_turn import NewTurn
from app.memory.sql_feedback import SqlFeedback
from app.memory.sql_kept_answers import SqlKeptAnswers
from app.memory.sql_session_reader import SqlSessionReader, bound, figures, find_summary
from app.memory.tables import ALL_CLIENTS
from app.memory.tokens import estimate_tokens

T = TypeVar("T")

MIGRATIONS = Path(__file__).with_name("migrations")
BATCH_SESSIONS = 100
BATCH_MESSAGES = 1000
"""A batch of deletions ends with whichever comes first, so that no writer waits long for its turn."""


class SqliteSessionStore(SqlSessionReader):
    """The SessionStore on an SQLite file. `ttl` is in seconds; `clock` gives seconds since 1970.

    `cached_sessions` bounds how many sessions' latest turns stay in memory. One process per file: the memory of
    a second one would not hear of the first one's turns.
    """

    def __init__(
        self,
        database: Database,
        *,
        ttl: float,
        cached_sessions: int = 100,
        clock: Callable[[], float] = time.time,
        count_tokens: Callable[[str], int] = estimate_tokens,
        lives: Lives | None = None,
    ) -> None:
        """Bring the schema of `database` up to date and use it; `close` closes it.

        `lives` are those of the clients, which end here when a client's sessions are deleted.
        """
        database.migrate(MIGRATIONS)
        super().__init__(lambda _: database.read(), cached_sessions=cached_sessions, clock=clock)
        self._db = database
        self._ttl = ttl
        self._count_tokens = count_tokens
        self._lives = lives or Lives(erased_meanwhile)
        self.feedback = SqlFeedback(self._reading, self._write, clock=clock, count_bytes=_count_bytes)
        self.kept_answers = SqlKeptAnswers(self._change, require=self._require, clock=clock)
        self.kept_answers.release_all()

    @override
    def close(self) -> None:
        self._db.close()

    @override
    def require_room(self) -> None:
        self._db.require_room()

    def _write(self, client_id: ClientId, standing: Standing | None, work: Callable[[Connection], T]) -> T:
        begun = standing or Standing()

        def checked(connection: Connection) -> T:
            self._lives.require(client_id, begun)
            return work(connection)

        return self._db.run(checked)

    def _change(self, _owner: ClientId | None, work: Callable[[Connection], T], *, removing: bool = False) -> T:
        return self._db.run(work, removing=removing)

    def _require(self, _connection: Connection, client_id: ClientId, standing: Standing) -> None:
        self._lives.require(client_id, standing)

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
        now = self._clock()
        new = NewTurn.of(question, answer, sources=sources, extra=extra, count_tokens=self._count_tokens)

        def work(connection: Connection) -> Turn:
            # Inside the transaction: an erasure that begins later than this removes what is stored here.
            self._lives.require(client_id, begun)
            return self._append(connection, key, new, now)

        return self._db.run(
            work,
            # Inside the write lock, so that memory changes in the order of the commits.
            then=lambda turn: self._recent.extend(key, turn, now + self._ttl),
        )

    def _append(self, connection: Connection, key: Key, new: NewTurn, now: float) -> Turn:
        change = {**bound(key), "now": now, "expires": now + self._ttl, "size": new.size}
        prolonged = connection.execute(q.PROLONG, change).first()
        if prolonged is None:
            q.remove_session(connection, key)  # one that expired and was not cleaned up yet
            row = new.session_row(key, created_at=now, expires_at=now + self._ttl)
            connection.execute(q.BEGIN_SESSION, row)
        q.add_totals(connection, key[0], sessions=int(prolonged is None), messages=2, size=new.size)
        count, begun = prolonged or (2, now)
        number = count // 2
        ids = connection.execute(q.ADD_MESSAGES, new.message_rows(key, number, now)).scalars()
        return new.as_turn(key, number, begun=begun, last_id=max(ids))

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
        key = (client_id, session_id)
        removed = self._db.run(
            lambda connection: q.remove_session(connection, key),
            then=lambda _: self._recent.discard([key]),
            removing=True,
        )
        if not removed.sessions:
            raise no_such_session()
        return removed

    @override
    def delete_client(self, client_id: ClientId) -> Removed:
        self._lives.end(client_id)
        self.kept_answers.remove_client(client_id)
        return self._remove_all(q.client_keys(client_id))

    @override
    def cleanup(self, owner: ClientId | None = None) -> Removed:
        self.kept_answers.remove_expired(owner)
        return self._remove_all(q.expired_keys(self._clock(), owner))

    def _remove_all(self, chosen: Select[str, str, int]) -> Removed:
        """Delete the chosen sessions in batches; writers that wait are served along with each of them."""
        total = Removed()
        while True:
            _, removed = self._db.run(
                lambda connection: _remove_batch(connection, chosen),
                then=lambda result: self._recent.discard(result[0]),
                removing=True,
            )
            if not removed.sessions:
                break
            total += removed
        self._db.truncate_log()
        return total

    @override
    def compact(self) -> bool:
        return self._db.compact()

    @override
    def get_stats(self, owner: ClientId | None = None) -> SessionStats:
        wanted = {"scope": owner or ALL_CLIENTS, "client": owner, "now": self._clock()}
        expired_count = q.EXPIRED_COUNT if owner is None else q.EXPIRED_COUNT_OF
        with self._db.read() as connection:
            row = connection.execute(q.TOTALS, wanted).first()
            expired: int = connection.execute(expired_count, wanted).scalar_one()
        sessions, messages, size = (row.sessions, row.messages, row.stored_bytes) if row else (0, 0, 0)
        return figures(
            sessions=sessions,
            expired=expired,
            messages=messages,
            size_bytes=self._db.size_bytes() if owner is None else size,
            held=self._recent.count(owner),
        )

    @override
    def put_summary(self, client_id: ClientId, session_id: str, text: str, *, up_to: int, replaces: int | None) -> bool:
        key = (client_id, session_id)
        now = self._clock()

        def work(connection: Connection) -> bool:
            stored = find_summary(connection, key, now)
            alive = connection.execute(q.ALIVE_MESSAGE, {**bound(key), "now": now, "up_to": up_to}).first()
            if alive is None or (stored.up_to if stored else None) != replaces:
                return False
            q.store_summary(connection, key, text=text, up_to=up_to, now=now)
            return True

        return self._db.run(work)


def _count_bytes(connection: Connection, client_id: ClientId, more: int) -> None:
    q.add_totals(connection, client_id, sessions=0, messages=0, size=more)


def _remove_batch(connection: Connection, chosen: Select[str, str, int]) -> tuple[list[Key], Removed]:
    keys: list[Key] = []
    budget = BATCH_MESSAGES
    for client, session, message_count in connection.execute(chosen.limit(BATCH_SESSIONS)):
        budget -= message_count
        if keys and budget < 0:
            break
        keys.append((ClientId(client), session))
    return keys, q.remove_sessions(connection, keys) if keys else Removed()
