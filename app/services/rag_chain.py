"""One question answered: remember, retrieve, ask the model, remember."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import anyio
import anyio.to_thread
from langchain_core.messages import BaseMessage

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.passages import Passage
from app.memory import SessionStore
from app.memory.strategies import Memory
from app.services.answering.answerers import Answerer, ModelAnswerer, Piece, QuotingAnswerer
from app.services.answering.drafts import Draft, elapsed_ms, source
from app.services.answering.followups import FollowUps
from app.services.answering.grounding import is_relevant
from app.services.answering.types import NOT_FOUND, Answer, AnswerOptions, ChatQuestion, Delta, Prepared
from app.services.llm.types import Completion
from app.services.retriever import Retriever

__all__ = [
    "Answer", "AnswerOptions", "Answerer", "ChatQuestion", "Delta", "ModelAnswerer", "Prepared", "QuotingAnswerer",
    "RagChain",
]  # fmt: skip

logger = logging.getLogger(__name__)

LONG_PIECE = 2000
"""Characters of a streamed piece that are read at once on the event loop, in a millisecond or two."""


class RagChain:
    """Answers questions from one client's passages, within a session if asked to.

    When the best passage is less relevant to a question than `min_relevance` (see `grounding`), the answer says that
    the documents do not hold it, without asking the model; None leaves that to the model.
    """

    def __init__(
        self,
        *,
        retriever: Retriever,
        answerer: Answerer,
        sessions: SessionStore,
        memory: Memory,
        follow_ups: FollowUps,
        min_relevance: float | None,
    ) -> None:
        self._retriever = retriever
        self._answerer = answerer
        self._sessions = sessions
        self._memory = memory
        self._follow_ups = follow_ups
        self._min_relevance = min_relevance

    def prepare(self, question: ChatQuestion) -> Prepared:
        """Do all that comes before the answer's first word: what fails here has changed nothing. Blocks.

        Raises NotFound when the client has no documents, and InsufficientStorage when the turn is to be remembered and
        the disk is full. A model that fails to rewrite the question is no error.
        """
        started = time.perf_counter()
        if question.remembered:
            self._sessions.require_room()
        life = self._sessions.life(question.client_id)
        session_id = question.session_id or str(uuid.uuid4())
        history = self._history(question, session_id)
        remembered = time.perf_counter()
        query = question.text
        if self._follow_ups.follows(question, history):
            # Rewriting may cost money, so it must not be for nothing.
            self._retriever.require_documents(question.client_id)
            query = self._follow_ups.stand_alone(question, history)
        rewritten = time.perf_counter()
        options = question.options
        passages = self._retriever.retrieve(
            question.client_id,
            query,
            top_k=options.top_k,
            context_tokens=options.context_tokens,
            where=question.where,
        )
        relevant = self._relevant(query, passages)
        retrieved = time.perf_counter()
        logger.debug(
            "chat stages",
            extra={
                "client": question.client_id,
                "history_ms": elapsed_ms(started, remembered),
                "rewriting_ms": elapsed_ms(remembered, rewritten),
                "retrieval_ms": elapsed_ms(rewritten, retrieved),
                "passages": len(passages),
                "relevant": relevant,
            },
        )
        return Prepared(
            question=question,
            session_id=session_id,
            search_query=query,
            history=history,
            sources=passages if relevant else [],
            relevant=relevant,
            started=started,
            retrieval_ms=elapsed_ms(remembered, retrieved),
            life=life,
        )

    def answer(self, prepared: Prepared) -> Answer:
        """Ask the model and store the turn; blocks.

        Raises the model's errors, and Conflict when the client was erased meanwhile; then nothing is stored.
        """
        draft = Draft(prepared)
        for piece in self._answerer.answer(prepared) if prepared.relevant else _not_found(self._answerer.name):
            draft.add(piece)
        return self._finish(draft)

    async def stream(self, prepared: Prepared) -> AsyncGenerator[Delta | Answer, None]:
        """Yield the answer's pieces as they come, and the whole Answer, stored, at last.

        Raises the model's errors; then nothing is stored. Closing the generator, or cancelling the task that waits
        for it, ends the model's call; what was yielded until then is stored, marked as cut off.
        """
        draft = Draft(prepared)
        try:
            async with aclosing(self._pieces(prepared)) as pieces:
                async for piece in pieces:
                    if text := await _add(draft, piece):
                        yield Delta(text)
            if text := draft.end():
                yield Delta(text)
            answer = await anyio.to_thread.run_sync(self._finish, draft)
        except (GeneratorExit, asyncio.CancelledError):
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._cut_off, draft)
            raise
        yield answer

    def ask(self, question: ChatQuestion) -> Answer:
        """Prepare and answer in one go; blocks."""
        return self.answer(self.prepare(question))

    @property
    def consolidates(self) -> bool:
        """Whether `consolidate` does anything; when not, its caller need not start a thread for it."""
        return self._memory.consolidates

    def consolidate(self, client_id: ClientId, session_id: str) -> None:
        """Prepare the session's next question; may call the model, so call it after the answer was given."""
        self._memory.consolidate(client_id, session_id)

    def _history(self, question: ChatQuestion, session_id: str) -> Sequence[BaseMessage]:
        if not question.remembered:
            return question.history or ()
        return self._memory.recall(question.client_id, session_id).messages()

    def _relevant(self, query: str, passages: Sequence[Passage]) -> bool:
        if self._min_relevance is None:
            return bool(passages)
        return is_relevant(query, passages, min_relevance=self._min_relevance)

    async def _pieces(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        if not prepared.relevant:
            for piece in _not_found(self._answerer.name):
                yield piece
            return
        async with aclosing(self._answerer.stream(prepared)) as pieces:
            async for piece in pieces:
                yield piece

    def _finish(self, draft: Draft) -> Answer:
        """Store the turn and return its answer."""
        draft.end()
        answered = time.perf_counter()
        answer = draft.answer(answered)
        self._store(draft, _how_it_ended(answer.completion))
        logger.debug(
            "chat answered",
            extra={
                "client": draft.prepared.question.client_id,
                "generation_ms": answer.generation_ms,
                "store_ms": elapsed_ms(answered, time.perf_counter()),
                "citations": len(answer.citations),
            },
        )
        return answer

    def _cut_off(self, draft: Draft) -> None:
        """Store what the reader got before leaving, if any text was sent. Never raises: the caller is gone."""
        if not draft.text:
            return
        try:
            self._store(draft, {"cut_off": True})
        except AppError as exc:
            client_id = draft.prepared.question.client_id
            logger.warning("cut-off turn not stored", extra={"client": client_id, "code": exc.code})

    def _store(self, draft: Draft, extra: dict[str, object]) -> None:
        """Store the turn, once: a reader may leave while it is being stored."""
        prepared = draft.prepared
        if not prepared.question.remembered or not draft.claim():
            return
        cited = draft.cited
        self._sessions.append_turn(
            prepared.question.client_id,
            prepared.session_id,
            prepared.question.text,
            draft.text,
            sources=[source(passage, n, cited=n in cited) for n, passage in enumerate(prepared.sources, start=1)],
            extra=extra,
            life=prepared.life,
        )


async def _add(draft: Draft, piece: Piece) -> str:
    """Take in a piece; a long one in a thread, as reading it takes a while."""
    if isinstance(piece, str) and len(piece) > LONG_PIECE:
        return await anyio.to_thread.run_sync(draft.add, piece)
    return draft.add(piece)


def _how_it_ended(completion: Completion) -> dict[str, object]:
    """Return what is stored with an answer that is not whole."""
    return {} if completion.finish == "stop" else {"cut_off": True, "finish_reason": completion.finish}


def _not_found(model: str) -> tuple[Piece, ...]:
    return NOT_FOUND, Completion(text=NOT_FOUND, model=model, usage=None)
