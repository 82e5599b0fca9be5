"""The end of an answer: the last pieces are taken in, and its turn is stored."""

import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, replace

from app.memory import SessionStore
from app.services.answering.answerers import Piece
from app.services.answering.drafts import Draft, elapsed_ms, source
from app.services.answering.types import Answer, ChatQuestion, Prepared
from app.services.llm.types import Completion
from app.telemetry.counting import chat_stage

logger = logging.getLogger(__name__)


class TurnKeeper:
    """Stores turns that are to be remembered, each once. Blocks."""

    def __init__(self, sessions: SessionStore) -> None:
        self._sessions = sessions

    def require_room(self, question: ChatQuestion) -> None:
        """Raise InsufficientStorage when the question is to be remembered and the disk is full."""
        if question.remembered:
            self._sessions.require_room()

    def finish(self, draft: Draft, rest: Iterable[Piece] = ()) -> Answer:
        """Take in the rest of the answer, store the turn and return the whole.

        Raises UpstreamFailed when nothing is left of the answer, and what SessionStore.append_turn raises.
        """
        for piece in rest:
            draft.add(piece)
        draft.end()
        answered = time.perf_counter()
        answer = draft.answer(answered)
        message_id = self._store(draft, _how_it_ended(answer.completion))
        logger.debug(
            "chat answered",
            extra={
                "client": draft.prepared.question.client_id,
                "generation_ms": answer.generation_ms,
                "store_ms": elapsed_ms(answered, time.perf_counter()),
                "citations": len(answer.citations),
            },
        )
        return replace(answer, message_id=message_id)

    def keep_part(self, draft: Draft) -> None:
        """Store the turn of an answer that was cut off, as far as it came."""
        self._store(draft, {"cut_off": True})

    def _store(self, draft: Draft, extra: dict[str, object]) -> str | None:
        """Store the turn and return the answer's message id; None when it is not to be stored, or was before."""
        prepared = draft.prepared
        # Once: a reader may leave while the turn is being stored.
        if not prepared.question.remembered or not draft.claim():
            return None
        cited = draft.cited
        with chat_stage("store"):
            turn = self._sessions.append_turn(
                prepared.question.client_id,
                prepared.session_id,
                prepared.question.text,
                draft.text,
                sources=[source(passage, n, cited=n in cited) for n, passage in enumerate(prepared.sources, start=1)],
                extra={**extra, **_what_it_is(prepared)},
                standing=prepared.question.standing,
            )
        return turn.message_id


def _what_it_is(prepared: Prepared) -> dict[str, object]:
    """Return what a conversation that is read again has to show of an answer, beside text and sources."""
    kind: dict[str, object] = {} if prepared.intent == "search" else {"intent": prepared.intent}
    if prepared.coverage:
        kind["coverage"] = [asdict(each) for each in prepared.coverage]
    if prepared.computation is not None:
        kind["computation"] = asdict(prepared.computation)
    return kind


def _how_it_ended(completion: Completion) -> dict[str, object]:
    """Return what is stored with an answer that is not whole."""
    return {} if completion.finish == "stop" else {"cut_off": True, "finish_reason": completion.finish}
