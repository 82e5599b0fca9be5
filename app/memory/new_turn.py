"""A turn on its way into the database: its rows, its size and its tokens."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.common.errors import InvalidInput
from app.memory import JsonObject, Turn
from app.memory.cache import Key
from app.memory.message_ids import message_id
from app.memory.tokens import MESSAGE_OVERHEAD


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A question with its answer and what stays with the answer; `size` is in bytes."""

    question: str
    answer: str
    question_tokens: int
    answer_tokens: int
    sources: list[dict[str, object]] | None
    extra: dict[str, object] | None
    size: int

    @classmethod
    def of(
        cls,
        question: str,
        answer: str,
        *,
        sources: Sequence[JsonObject],
        extra: JsonObject | None,
        count_tokens: Callable[[str], int],
    ) -> "NewTurn":
        """Measure a turn. Raises InvalidInput for text that is not valid Unicode (half of a surrogate pair)."""
        plain_sources = [dict(source) for source in sources] or None
        plain_extra = dict(extra) if extra else None
        try:
            size = len(question.encode()) + len(answer.encode())
        except UnicodeEncodeError as exc:
            raise InvalidInput("The text holds characters that are not valid Unicode: remove them.") from exc
        size += sum(len(json.dumps(part)) for part in (plain_sources, plain_extra) if part)
        tokens = count_tokens(question), count_tokens(answer)
        return cls(question, answer, *tokens, plain_sources, plain_extra, size)

    def session_row(self, key: Key, *, created_at: float, expires_at: float) -> dict[str, Any]:
        """Return the row of a session that begins with this turn."""
        return {
            "client_id": key[0],
            "session_id": key[1],
            "created_at": created_at,
            "last_accessed": created_at,
            "expires_at": expires_at,
            "message_count": 2,
            "stored_bytes": self.size,
        }

    def message_rows(self, key: Key, number: int, now: float) -> list[dict[str, Any]]:
        """Return the rows of the question and of the answer of turn `number`."""
        common = {"client_id": key[0], "session_id": key[1], "timestamp": now}
        asked = {"role": "user", "content": self.question, "tokens": self.question_tokens}
        answered = {"role": "assistant", "content": self.answer, "tokens": self.answer_tokens}
        return [
            {**common, **asked, "position": 2 * number - 1, "sources": None, "extra": None},
            {**common, **answered, "position": 2 * number, "sources": self.sources, "extra": self.extra},
        ]

    def as_turn(self, key: Key, number: int, *, begun: float, last_id: int) -> Turn:
        """Return the turn as the store gives it out once it is stored, in a session that was created at `begun`."""
        tokens = self.question_tokens + self.answer_tokens + 2 * MESSAGE_OVERHEAD
        return Turn(number, self.question, self.answer, tokens, last_id, message_id(*key, begun, 2 * number))
