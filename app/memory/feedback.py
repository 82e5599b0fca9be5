"""What people say about answers: the values, and the interface of where they are kept.

Feedback hangs on an answer and goes with it: when its session is deleted or expires, or its client is erased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.common.ids import ClientId
from app.common.lives import Standing

Rating = Literal["up", "down"]
Reason = Literal["accuracy", "completeness", "sources", "clarity", "freshness", "refusal", "other"]
"""What a rating is about, good or bad."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody thinks of an answer."""

    rating: Rating
    reason: Reason | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """An opinion with the answer it is about. Times are seconds since 1970 (UTC)."""

    message_id: str
    opinion: Opinion
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """Feedback with what was asked and answered."""

    session_id: str
    feedback: Feedback
    question: str
    answer: str
    sources: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Some of a client's feedback; `next_cursor` continues the list and is None at its end."""

    answers: tuple[RatedAnswer, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """How many answers were rated."""

    up: int = 0
    down: int = 0


class FeedbackStore(Protocol):
    """Keeps one opinion of each answer. Safe to share between threads.

    Methods that name an answer raise NotFound when the client has no such session or no such answer in it; all raise
    Unavailable when the database cannot be reached.
    """

    def put(
        self,
        client_id: ClientId,
        session_id: str,
        message_id: str,
        opinion: Opinion,
        *,
        standing: Standing | None = None,
    ) -> Feedback:
        """Store what somebody thinks of an answer, in the place of what was said before.

        Raises InsufficientStorage when the disk is full, Conflict when the client was erased since the request began,
        and what `standing` raises.
        """
        ...

    def find(self, client_id: ClientId, session_id: str, message_id: str) -> Feedback:
        """Return the feedback on an answer; raises NotFound when there is none."""
        ...

    def remove(self, client_id: ClientId, session_id: str, message_id: str) -> None:
        """Take the feedback on an answer back; raises NotFound when there is none."""
        ...

    def list(
        self, client_id: ClientId, *, limit: int, cursor: str | None = None, rating: Rating | None = None
    ) -> FeedbackPage:
        """Return a client's feedback, what was said last first, without that of expired sessions.

        Raises InvalidInput for a bad cursor.
        """
        ...

    def counts(self, client_id: ClientId) -> FeedbackCounts:
        """Return how many of a client's answers were rated."""
        ...
