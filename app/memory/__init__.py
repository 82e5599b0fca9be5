"""Where conversations are kept: the session store's interface and the values it gives and takes.

A session is known by its client and its id together, so every method that reads or changes one takes the
`ClientId` first, and two clients may each have a session called `s1`. Only the views of an operator may span
clients: they take `owner`, where None means all of them. Times are seconds since 1970 (UTC).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypedDict

from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory.feedback import FeedbackStore, Rating
from app.memory.kept_answers import KeptAnswerStore

Role = Literal["user", "assistant"]
JsonObject = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer; `number` counts from 1 in its session, `tokens` includes both messages' overhead.

    `last_id` is the row of the answer: it is never given out twice, not even after a session was deleted.
    `message_id` is the answer's id for callers.
    """

    number: int
    question: str
    answer: str
    tokens: int
    last_id: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """One stored message; `number` counts from 1 in its session: questions are odd, answers even.

    `message_id` is its id for callers; `id`, its row, is for the store alone. `rating` is what was said about it.
    """

    id: int
    message_id: str
    number: int
    role: Role
    content: str
    timestamp: float
    sources: Sequence[JsonObject] = ()
    extra: JsonObject = field(default_factory=dict)
    rating: Rating | None = None

    @property
    def turn(self) -> int:
        """The number of the turn that the message belongs to."""
        return (self.number + 1) // 2


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages in their order; `has_more` says whether the same direction holds further ones."""

    messages: tuple[Message, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What is known about a session besides its messages. `last_accessed` is when its last turn was stored."""

    client_id: ClientId
    session_id: str
    title: str | None
    created_at: float
    last_accessed: float
    expires_at: float
    message_count: int
    is_expired: bool


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions; `next_cursor` continues the list and is None at its end."""

    sessions: tuple[SessionInfo, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SessionExport:
    """A whole conversation as it was at one moment."""

    session: SessionInfo
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for a session's first turns: all up to turn `up_to_turn`, whose answer has the id `up_to`."""

    text: str
    up_to: int
    up_to_turn: int


@dataclass(frozen=True, slots=True)
class Removed:
    """How much was deleted."""

    sessions: int = 0
    messages: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(self.sessions + other.sessions, self.messages + other.messages)


class SessionStats(TypedDict):
    """Figures of a client or of all. `active_chains` counts the sessions whose latest turns are held in memory.

    `database_size_mb` is the size on disk for all clients, and for one client the size of what it stored: one
    client's figures never move with another's.
    """

    active_chains: int
    total_sessions: int
    active_sessions: int
    expired_sessions: int
    total_messages: int
    avg_messages_per_session: float
    database_size_mb: float


class SessionStore(Protocol):
    """Keeps conversations until they expire. Safe to share between threads.

    Methods that read or change one session raise NotFound when the client has no such session; only
    `append_turn` and `history` do not, since a chat may name a session that is yet to begin. An expired session
    is gone, except that `info` still describes it and `delete` still removes it until the next `cleanup`.
    All methods raise Unavailable when the database cannot be reached or written, and those that store something
    raise InsufficientStorage when the disk is full.
    """

    feedback: FeedbackStore
    """What was said about the answers."""
    kept_answers: KeptAnswerStore
    """Answers to requests that may be sent again."""

    def require_room(self) -> None:
        """Raise InsufficientStorage when a turn could not be stored now: to be asked before a model is."""

    def append_turn(  # noqa: PLR0913 - a turn and all that belongs to it
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
        """Store a question and its answer, both or neither, and prolong the session.

        Begins the session when the client has none of that id, or only an expired one. `sources` and `extra`
        (both JSON) stay with the answer. Raises InvalidInput for text that is not valid Unicode, Conflict when the
        client was erased since the turn began, and what `standing` raises: nothing is stored too late.
        """

    def history(
        self, client_id: ClientId, session_id: str, *, max_turns: int | None = None, max_tokens: int | None = None
    ) -> list[Turn]:
        """Return the latest whole turns, oldest first, that keep within both limits; none for an unknown session.

        Only as much is read as is returned, however long the session.
        """

    def turns(self, client_id: ClientId, session_id: str, *, after: int, before: int, limit: int) -> list[Turn]:
        """Return up to `limit` turns with numbers between `after` and `before` (both excluded), oldest first."""

    def messages(
        self,
        client_id: ClientId,
        session_id: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> MessagePage:
        """Return up to `limit` messages in their order: the first after number `after`, or the last before `before`.

        With neither, the first ones; with both, the first between them.
        """

    def info(self, client_id: ClientId, session_id: str) -> SessionInfo:
        """Describe a session, also one that has expired and is not yet cleaned up."""

    def owner_of(self, session_id: str) -> ClientId:
        """Return whose session that is, for callers who may see all clients.

        Raises NotFound when it is nobody's, Conflict when several clients have one of that id.
        """

    def active_ids(self, owner: ClientId | None = None, *, limit: int | None = None) -> list[str]:
        """Return the ids of the sessions that have not expired, most recently used first."""

    def list_sessions(
        self, owner: ClientId | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> SessionPage:
        """Return sessions that have not expired, most recently used first. Raises InvalidInput for a bad cursor."""

    def set_title(
        self, client_id: ClientId, session_id: str, title: str | None, *, standing: Standing | None = None
    ) -> SessionInfo:
        """Name a session, or with None take its name away. Too late as for `append_turn`."""

    def export(self, client_id: ClientId, session_id: str) -> SessionExport:
        """Return the whole conversation."""

    def delete(self, client_id: ClientId, session_id: str) -> Removed:
        """Delete a session with all that belongs to it."""

    def delete_client(self, client_id: ClientId) -> Removed:
        """Delete all of a client's sessions and kept answers, in batches. `compact` leaves no trace on the disk."""

    def cleanup(self, owner: ClientId | None = None) -> Removed:
        """Delete expired sessions and kept answers, of one client or of all, in batches: writers get in between."""

    def compact(self) -> bool:
        """Rewrite the database without what was deleted. Readers go on meanwhile, writers wait (seconds per GB).

        Returns False when a reader was in the way: then try again later.
        """

    def get_stats(self, owner: ClientId | None = None) -> SessionStats:
        """Return figures."""

    def summary(self, client_id: ClientId, session_id: str) -> Summary | None:
        """Return the running summary of the session's first turns, if there is one."""

    def put_summary(self, client_id: ClientId, session_id: str, text: str, *, up_to: int, replaces: int | None) -> bool:
        """Store the summary of all turns up to the message with the id `up_to`.

        Does nothing and returns False when the stored summary is not the one that reached up to `replaces`
        (None: no summary), or when that message is gone: somebody else was faster.
        """

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
