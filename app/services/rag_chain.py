"""One question answered: remember, retrieve, ask the model, remember.

Waiting for the model costs no thread. What blocks is done in threads: `finding` ones are busy with the processor,
`storing` ones may wait for the disk.
"""

import asyncio
import copy
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import anyio

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.metering import UNMETERED, Behalf, Meter, Usage, act_for
from app.common.work import SharedThreads, Threads, run_blocking
from app.memory import SessionStore
from app.memory.strategies import Memory
from app.services.answering.answerers import Answerer, ModelAnswerer, Piece, QuotingAnswerer
from app.services.answering.drafts import Draft
from app.services.answering.keeping import TurnKeeper
from app.services.answering.types import Answer, AnswerOptions, ChatQuestion, Delta, Prepared, Progress
from app.services.conversing.computing import Computing
from app.services.conversing.preparing import Asked, Preparer
from app.services.llm.types import Completion
from app.telemetry.counting import chat_stage, count_first_words

__all__ = [
    "Answer", "AnswerOptions", "Answerer", "ChatQuestion", "ChatThreads", "Delta", "ModelAnswerer", "Prepared",
    "Progress", "QuotingAnswerer", "RagChain", "StreamPiece",
]  # fmt: skip

logger = logging.getLogger(__name__)

StreamPiece = Progress | Prepared | Delta | Answer

LONG_PIECE = 2000
"""Characters of a streamed piece that are read at once on the event loop, in a millisecond or two."""


@dataclass(frozen=True, slots=True)
class ChatThreads:
    """Where a chain does what blocks: in the running loop's worker threads unless told otherwise."""

    finding: Threads = field(default_factory=SharedThreads)
    storing: Threads = field(default_factory=SharedThreads)


class RagChain:
    """Answers one client's messages, within a session if asked to."""

    def __init__(
        self,
        *,
        preparer: Preparer,
        computing: Computing,
        answerer: Answerer,
        sessions: SessionStore,
        memory: Memory,
        meter: Meter = UNMETERED,
    ) -> None:
        """`in_threads` returns a chain that shares its threads fairly between clients."""
        self._computing = computing
        self._preparer = preparer
        self._answerer = answerer
        self._keeper = TurnKeeper(sessions)
        self._memory = memory
        self._meter = meter
        self.threads = ChatThreads()

    def in_threads(self, threads: ChatThreads) -> Self:
        """Return the same chain, but working in these threads."""
        chain = copy.copy(self)
        chain.threads = threads
        return chain

    def ask(self, question: ChatQuestion) -> Answer:
        """Answer in one go and prepare the session's next question. Blocks; for callers outside of the server's loop.

        Raises what `prepare` and `answer` raise.
        """
        return run_blocking(_answered(self.in_threads(ChatThreads()), question))

    async def prepare(self, question: ChatQuestion) -> Prepared:
        """Do all that comes before the answer's first word: what fails here has changed nothing.

        Raises NotFound when the client has no documents, Unavailable when the model has no room for its question,
        LimitReached when the client has used up its tokens,
        InsufficientStorage when the turn is to be remembered and the disk is full, and what the threads raise. A model
        that fails to rewrite the question is no error.
        """
        prepared = await self._prepared(question)
        self._meter.count(question.client_id, Usage(chats=1))
        return prepared

    async def _prepared(self, question: ChatQuestion) -> Prepared:
        self._answerer.require_room(question.client_id)
        begun = await self.threads.finding.run(question.client_id, partial(self._begin, question, time.perf_counter()))
        if isinstance(begun, Asked):
            with chat_stage("rewriting"):
                alone = await self._preparer.stand_alone(begun)
            begun = await self.threads.finding.run(question.client_id, partial(self._preparer.go_on, begun, alone))
        return await self._computing.of(await self._preparer.reranked(begun), self.threads.finding)

    async def answer(self, prepared: Prepared) -> Answer:
        """Ask the model and store the turn.

        Raises the model's errors, and those of the question's standing: that its client was erased meanwhile, or its
        sender may no longer write. Then nothing is stored.
        """
        async with aclosing(self._read(prepared)) as steps:
            async for step in steps:
                prepared = step if isinstance(step, Prepared) else prepared
        draft = Draft(prepared)
        async with aclosing(self._pieces(prepared, streamed=False)) as pieces:
            whole = [piece async for piece in pieces]
        return await self.threads.storing.run(prepared.question.client_id, partial(self._keeper.finish, draft, whole))

    async def stream(self, prepared: Prepared) -> AsyncGenerator[StreamPiece, None]:
        """Yield the answer's pieces as they come, and the whole Answer, stored, at last.

        Where long documents have to be read first, the progress of that comes before, and then what is prepared now.
        Raises what `answer` raises; then nothing is stored. Closing the generator, or cancelling the task that waits
        for it, ends the model's call; what was yielded until then is stored, marked as cut off.
        """
        async with aclosing(self._read(prepared)) as steps:
            async for step in steps:
                yield step
                if isinstance(step, Prepared):
                    prepared = step
        draft = Draft(prepared)
        try:
            async with aclosing(self._pieces(prepared, streamed=True)) as pieces:
                async for piece in pieces:
                    if text := await self._add(draft, piece):
                        yield Delta(text)
            if text := draft.end():
                yield Delta(text)
            answer = await self.threads.storing.run(prepared.question.client_id, partial(self._keeper.finish, draft))
        except (GeneratorExit, asyncio.CancelledError):
            with anyio.CancelScope(shield=True):
                await self._cut_off(draft)
            raise
        yield answer

    @property
    def consolidates(self) -> bool:
        """Whether `consolidate` does anything."""
        return self._memory.consolidates

    async def consolidate(self, client_id: ClientId, session_id: str) -> None:
        """Prepare the session's next question; may call the model, so call it after the answer was given."""
        await self._memory.consolidate(client_id, session_id, self.threads.storing)

    def _begin(self, question: ChatQuestion, started: float) -> Prepared | Asked:
        self._keeper.require_room(question)
        return self._preparer.begin(question, started)

    async def _read(self, prepared: Prepared) -> AsyncGenerator[Progress | Prepared, None]:
        """Read long documents, if that is yet to be done: yields progress, and what is then prepared."""
        if prepared.reading is None:
            return
        async with aclosing(prepared.reading(self.threads.finding)) as steps:
            async for step in steps:
                yield step if isinstance(step, Progress) else prepared.with_material(step)

    async def _pieces(self, prepared: Prepared, *, streamed: bool) -> AsyncGenerator[Piece, None]:
        if prepared.said:
            for said in prepared.said:
                yield said
            yield Completion(text="", model=self._answerer.name, usage=None)
            return
        ask = self._answerer.stream if streamed else self._answerer.answer
        first = True
        with chat_stage("answer"):
            async with aclosing(ask(prepared, self.threads.finding)) as pieces:
                async for piece in pieces:
                    if first:
                        count_first_words(time.perf_counter() - prepared.started)
                        first = False
                    yield piece

    async def _add(self, draft: Draft, piece: Piece) -> str:
        """Take in a piece; a long one in a thread, as reading it takes a while."""
        if isinstance(piece, str) and len(piece) > LONG_PIECE:
            return await self.threads.finding.run(draft.prepared.question.client_id, partial(draft.add, piece))
        return draft.add(piece)

    async def _cut_off(self, draft: Draft) -> None:
        """Keep what the reader got before leaving. Never raises: nobody is there."""
        if not draft.text:
            return
        try:
            await self.threads.storing.run(draft.prepared.question.client_id, partial(self._keeper.keep_part, draft))
        except AppError as exc:
            client_id = draft.prepared.question.client_id
            logger.warning("cut-off turn not stored", extra={"client": client_id, "code": exc.code})


async def _answered(chain: RagChain, question: ChatQuestion) -> Answer:
    act_for(Behalf(kind="chat"))
    answer = await chain.answer(await chain.prepare(question))
    if answer.memory_used:
        await chain.consolidate(question.client_id, answer.session_id)
    return answer
