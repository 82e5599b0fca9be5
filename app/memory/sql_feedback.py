"""Feedback in SQL: one row for each answer that somebody has rated."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, literal, select, tuple_, update
from typing_extensions import override

from app.common.absent import no_feedback, no_such_answer, no_such_session
from app.common.cursors import decode_rated, encode_place
from app.common.database import AnyRow
from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory import message_ids
from app.memory import queries as q
from app.memory.cache import Key
from app.memory.feedback import Feedback, FeedbackCounts, FeedbackPage, FeedbackStore, Opinion, RatedAnswer, Rating
from app.memory.sql_session_reader import Reading, bound
from app.memory.tables import feedback, messages, sessions

T = TypeVar("T")

_question = messages.alias("question")
_ANSWER = (
    select(messages.c.id, sessions.c.created_at)
    .select_from(q.JOINED)
    .where(q.OF_SESSION, q.ALIVE, messages.c.position == bindparam("number"), messages.c.role == "assistant")
)
_STORED = select(feedback).where(feedback.c.message_id == bindparam("answer"))
_CHANGE = update(feedback).where(feedback.c.message_id == bindparam("answer"))
_REMOVE = delete(feedback).where(feedback.c.message_id == bindparam("answer"))
_RATED = (
    select(feedback, messages.c.content, messages.c.sources)
    .add_columns(_question.c.content.label("question"), sessions.c.created_at.label("begun"))
    .select_from(
        feedback.join(messages, messages.c.id == feedback.c.message_id)
        .join(
            sessions,
            and_(sessions.c.session_id == feedback.c.session_id, sessions.c.client_id == feedback.c.client_id),
        )
        .join(
            _question,
            and_(
                _question.c.session_id == feedback.c.session_id,
                _question.c.client_id == feedback.c.client_id,
                _question.c.position == feedback.c.position - 1,
            ),
        )
    )
    .where(feedback.c.client_id == bindparam("client"), q.ALIVE)
)
_PLACE = (feedback.c.updated_at, feedback.c.session_id, feedback.c.position)
_COUNTS = (
    select(feedback.c.rating, func.count().label("number"))
    .where(feedback.c.client_id == bindparam("client"))
    .group_by(feedback.c.rating)
)


class Writing(Protocol):
    """Runs work on a client's rows in a transaction, if that is still wanted, and returns its result."""

    def __call__(self, client_id: ClientId, standing: Standing | None, work: Callable[[Connection], T]) -> T:
        """Raises Conflict when the client was erased since `standing` began, and what that raises."""
        ...


def _not_counted(_connection: Connection, _client_id: ClientId, _more: int) -> None:
    """Do nothing: the sessions' own figures are all that is kept."""


class SqlFeedback(FeedbackStore):
    """The FeedbackStore on the tables of a session store."""

    def __init__(
        self,
        reading: Reading,
        writing: Writing,
        *,
        clock: Callable[[], float],
        count_bytes: Callable[[Connection, ClientId, int], None] = _not_counted,
    ) -> None:
        """`count_bytes` is told by how much a client's stored bytes change, in the same transaction."""
        self._reading = reading
        self._writing = writing
        self._clock = clock
        self._count_bytes = count_bytes

    @override
    def put(
        self,
        client_id: ClientId,
        session_id: str,
        message_id: str,
        opinion: Opinion,
        *,
        standing: Standing | None = None,
    ) -> Feedback:
        key = (client_id, session_id)
        said = _stored(opinion, self._clock())

        def work(connection: Connection) -> AnyRow:
            answer = self._answer(connection, key, message_id, locked=True)
            before = connection.execute(_STORED, {"answer": answer}).first()
            if before is None:
                place = {"message_id": answer, "client_id": client_id, "session_id": session_id}
                row = {**place, "position": message_ids.number_in(message_id), "created_at": said["updated_at"], **said}
                connection.execute(insert(feedback), row)
            else:
                connection.execute(_CHANGE.values(**said), {"answer": answer})
            after = connection.execute(_STORED, {"answer": answer}).one()
            self._count(connection, key, _size(after) - (_size(before) if before else 0))
            return after

        return _as_feedback(self._writing(client_id, standing, work), message_id)

    @override
    def find(self, client_id: ClientId, session_id: str, message_id: str) -> Feedback:
        with self._reading(client_id) as connection:
            answer = self._answer(connection, (client_id, session_id), message_id)
            row = connection.execute(_STORED, {"answer": answer}).first()
        if row is None:
            raise no_feedback()
        return _as_feedback(row, message_id)

    @override
    def remove(self, client_id: ClientId, session_id: str, message_id: str) -> None:
        key = (client_id, session_id)

        def work(connection: Connection) -> None:
            answer = self._answer(connection, key, message_id, locked=True)
            before = connection.execute(_STORED, {"answer": answer}).first()
            if before is None:
                raise no_feedback()
            connection.execute(_REMOVE, {"answer": answer})
            self._count(connection, key, -_size(before))

        self._writing(client_id, None, work)

    @override
    def list(
        self, client_id: ClientId, *, limit: int, cursor: str | None = None, rating: Rating | None = None
    ) -> FeedbackPage:
        chosen = _RATED.order_by(*(column.desc() for column in _PLACE)).limit(limit + 1)
        if rating is not None:
            chosen = chosen.where(feedback.c.rating == rating)
        if cursor is not None:
            chosen = chosen.where(tuple_(*_PLACE) < tuple_(*map(literal, _place(cursor))))
        with self._reading(client_id) as connection:
            rows = connection.execute(chosen, {"client": client_id, "now": self._clock()}).all()
        page = tuple(_as_rated(row) for row in rows[:limit])
        return FeedbackPage(page, _cursor(rows[limit - 1]) if len(rows) > limit else None)

    @override
    def counts(self, client_id: ClientId) -> FeedbackCounts:
        with self._reading(client_id) as connection:
            counted = {row.rating: row.number for row in connection.execute(_COUNTS, {"client": client_id})}
        return FeedbackCounts(**counted)

    def _answer(self, connection: Connection, key: Key, message_id: str, *, locked: bool = False) -> int:
        """Return the row of an answer in a session that is alive; with `locked` nobody else changes that meanwhile."""
        now = self._clock()
        session = connection.execute(q.SESSION.with_for_update() if locked else q.SESSION, bound(key)).first()
        if session is None or session.expires_at <= now:
            raise no_such_session()
        number = message_ids.number_in(message_id)
        found = connection.execute(_ANSWER, {**bound(key), "now": now, "number": number}).first()
        if found is None or message_id != message_ids.message_id(*key, found.created_at, number):
            raise no_such_answer()
        answer: int = found.id
        return answer

    def _count(self, connection: Connection, key: Key, more: int) -> None:
        connection.execute(q.ADD_BYTES, {**bound(key), "size": more})
        self._count_bytes(connection, key[0], more)


def _stored(opinion: Opinion, now: float) -> dict[str, object]:
    """Return an opinion's columns. PostgreSQL's texts hold every character but one."""
    comment = opinion.comment.replace("\0", "\ufffd")
    return {"rating": opinion.rating, "reason": opinion.reason, "comment": comment, "updated_at": now}


def _size(row: AnyRow) -> int:
    """Return how many bytes of feedback count as stored by the client."""
    return len(row.comment.encode())


def _as_feedback(row: AnyRow, message_id: str) -> Feedback:
    opinion = Opinion(row.rating, row.reason, row.comment)
    return Feedback(message_id, opinion, created_at=row.created_at, updated_at=row.updated_at)


def _as_rated(row: AnyRow) -> RatedAnswer:
    name = message_ids.message_id(ClientId(row.client_id), row.session_id, row.begun, row.position)
    return RatedAnswer(
        session_id=row.session_id,
        feedback=_as_feedback(row, name),
        question=row.question,
        answer=row.content,
        sources=row.sources or (),
    )


def _cursor(row: AnyRow) -> str:
    return encode_place(row.updated_at, str(row.position), row.session_id)


def _place(cursor: str) -> tuple[float, str, int]:
    moment, position, session_id = decode_rated(cursor)
    return moment, session_id, position
