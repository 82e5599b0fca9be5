"""Places in conversations: what the ids of responses and of their parts stand for.

A stored response is a turn of a session of its client. Its id says which: the session, and the number of the turn. So
nothing has to be looked up by an id alone, and another client's id leads to a session that this client does not have.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.common.errors import NotFound
from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory import Message, SessionStore

MOST_COPIED = 100
"""Messages before a response that are read, or copied where a conversation branches: as much as any memory uses. Of
answers that are named by their ids no more are looked up either."""

_FORM = re.compile(r"(?:resp|msg|fs)_([0-9a-f]{24})_([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Place:
    """A turn, counted from 1, of a conversation."""

    conversation: str
    turn: int

    @classmethod
    def first(cls) -> "Place":
        """Begin a conversation that nobody can guess."""
        return cls(secrets.token_hex(12), 1)

    @classmethod
    def of(cls, name: str) -> "Place":
        """Return what the id of a response, or of a part of one, stands for. Raises NotFound."""
        found = _FORM.fullmatch(name)
        if found is None:
            raise no_such_response()
        return cls(found[1], int(found[2]))

    def name(self, kind: str) -> str:
        """Return the id of the response (`resp`), its message (`msg`) or its file search (`fs`)."""
        return f"{kind}_{self.conversation}_{self.turn}"

    @property
    def session_id(self) -> str:
        """The session of the conversation."""
        return f"resp_{self.conversation}"


class Conversations:
    """The stored conversations of one client. Blocks."""

    def __init__(self, sessions: SessionStore, client_id: ClientId) -> None:
        self._sessions = sessions
        self._client_id = client_id
        self._copy: Place | None = None
        """The place of the turn that is to follow in a copy."""

    @property
    def copied(self) -> bool:
        """Whether a conversation was copied here."""
        return self._copy is not None

    def after(self, place: Place, standing: Standing) -> Place:
        """Return the place of the turn that follows this one.

        When the conversation has gone on already, a copy of it up to this turn goes on in another way. Raises NotFound
        when the turn is not stored, and what SessionStore.append_turn raises.
        """
        turns = self._turns(place)
        if place.turn < turns:
            return self._branch(place, standing)
        return replace(place, turn=turns + 1)

    def until(self, place: Place) -> Sequence[Message]:
        """Return the latest messages up to the turn's answer, oldest first. Raises NotFound when it is not stored."""
        self._turns(place)
        return self._messages(place, MOST_COPIED)

    def answer(self, place: Place) -> str:
        """Return the turn's answer. Raises NotFound when it is not stored."""
        self._turns(place)
        (message,) = self._messages(place, 1)
        return message.content

    def discard_unused(self) -> None:
        """Delete the copy that was made here if no turn followed in it: what was asked was refused, or failed."""
        if self._copy is None:
            return
        name = self._copy.session_id
        if self._sessions.info(self._client_id, name).message_count < 2 * self._copy.turn:
            self._sessions.delete(self._client_id, name)

    def _messages(self, place: Place, limit: int) -> Sequence[Message]:
        before = 2 * place.turn + 1
        return self._sessions.messages(self._client_id, place.session_id, before=before, limit=limit).messages

    def _turns(self, place: Place) -> int:
        """Return how many turns there are; raises NotFound when there are fewer than the place says."""
        try:
            info = self._sessions.info(self._client_id, place.session_id)
        except NotFound as exc:
            raise no_such_response() from exc
        turns = 0 if info.is_expired else info.message_count // 2
        if turns < place.turn:
            raise no_such_response()
        return turns

    def _branch(self, place: Place, standing: Standing) -> Place:
        messages = self.until(place)
        branch = replace(Place.first(), turn=len(messages) // 2 + 1)
        self._copy = branch
        for asked, answered in zip(messages[::2], messages[1::2], strict=True):
            self._sessions.append_turn(
                self._client_id,
                branch.session_id,
                asked.content,
                answered.content,
                sources=answered.sources,
                extra=answered.extra,
                standing=standing,
            )
        return branch


def no_such_response() -> NotFound:
    """Return the answer about a response that is not there, was not stored, or is not the caller's."""
    return NotFound(
        "There is no such response to go on from: it was not stored, or has expired. Send the conversation as text.",
        code="previous_response_not_found",
    )
