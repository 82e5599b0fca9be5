"""All that comes before an answer's first word: what kind of turn it is, what is searched for, what is found."""

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import BaseMessage

from app.common.ids import ClientId
from app.common.passages import NO_POOL, Found, Passage
from app.memory.strategies import Memory
from app.services.answering.drafts import elapsed_ms
from app.services.answering.followups import FollowUps, StandAlone, combined
from app.services.answering.grounding import GateOf
from app.services.answering.types import NOT_FOUND, ChatQuestion, Prepared, Refusal
from app.services.conversing.refusing import refusal
from app.services.conversing.service import Conversing
from app.services.conversing.talk import NEEDS_PASSAGES
from app.services.conversing.types import Reply, Turn
from app.services.reranking.service import Reranking
from app.services.retriever import Retriever
from app.telemetry.counting import chat_stage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn whose preparation has begun. Times are those of time.perf_counter()."""

    turn: Turn
    started: float
    remembered: float


class Preparer:
    """Prepares answers. Its methods block, except for `stand_alone` and `reranked`, which wait for a model.

    When what is found does not pass the `gate`, the answer says that the documents do not hold it, without asking the
    model; None leaves that to the model.
    """

    def __init__(
        self,
        *,
        retriever: Retriever,
        reranking: Reranking,
        memory: Memory,
        follow_ups: FollowUps,
        conversing: Conversing,
        gate: GateOf | None,
    ) -> None:
        self._retriever = retriever
        self._reranking = reranking
        self._memory = memory
        self._follow_ups = follow_ups
        self._conversing = conversing
        self._gate = gate

    def begin(self, question: ChatQuestion, started: float) -> Prepared | Asked:
        """Prepare at once what stands alone; what leans on the conversation is to be made to stand alone first.

        That may cost money, so it must not be for nothing: a client without documents is told now.
        """
        session_id = question.session_id or str(uuid.uuid4())
        history = self._history(question, session_id)
        turn = self._conversing.read(question, session_id, history)
        asked = Asked(turn, started, time.perf_counter())
        if turn.rewritten or (turn.intent == "search" and self._follow_ups.follows(question, history)):
            self._retriever.require_documents(question.client_id)
            return asked
        return self._made(asked, question.text)

    async def stand_alone(self, asked: Asked) -> StandAlone:
        """Return what a turn that leans on the conversation asks for. May ask the model, which may fail."""
        return await self._follow_ups.stand_alone(asked.turn.question, asked.turn.history)

    def go_on(self, asked: Asked, alone: StandAlone) -> Prepared:
        """Prepare what was made to stand alone."""
        turn = self._conversing.decided(asked.turn, alone.intent, alone.text)
        return self._made(replace(asked, turn=turn), alone.text)

    async def reranked(self, prepared: Prepared) -> Prepared:
        """Return it with its sources in the reranker's order, if there is one. Whether they are relevant stays."""
        if not prepared.pool.passages:
            return prepared
        started, found = time.perf_counter(), Found(prepared.sources, prepared.pool)
        with chat_stage("reranking"):
            sources = await self._reranking.best(prepared.question.client_id, prepared.search_query, found)
        took = prepared.retrieval_ms + elapsed_ms(started, time.perf_counter())
        return replace(prepared, sources=sources, pool=NO_POOL, retrieval_ms=round(took, 1))

    def _made(self, asked: Asked, query: str) -> Prepared:
        turn = asked.turn
        whole = self._conversing.whole(turn, query) if turn.intent == "document" else None
        if whole is not None:
            return _prepared(asked, whole, query)
        if turn.intent in ("search", "document"):
            return self._find(asked, query)
        found: Sequence[Passage] = ()
        if turn.reading.kind in NEEDS_PASSAGES:  # "why?" alone finds nothing
            found = self._retrieved(turn, query if turn.rewritten else combined(query, turn.history)).passages
        return _prepared(asked, self._conversing.reply(turn, found), query)

    def _history(self, question: ChatQuestion, session_id: str) -> Sequence[BaseMessage]:
        if not question.remembered:
            return question.history or ()
        return self._memory.recall(question.client_id, session_id).messages()

    def _find(self, asked: Asked, query: str) -> Prepared:
        rewritten = time.perf_counter()
        found = self._retrieved(asked.turn, query)
        passages = found.passages
        relevant = asked.turn.intent == "document" or self._relevant(asked.turn.question.client_id, query, passages)
        retrieved = time.perf_counter()
        logger.debug(
            "chat stages",
            extra={
                "client": asked.turn.question.client_id,
                "history_ms": elapsed_ms(asked.started, asked.remembered),
                "rewriting_ms": elapsed_ms(asked.remembered, rewritten),
                "retrieval_ms": elapsed_ms(rewritten, retrieved),
                "passages": len(passages),
                "relevant": relevant,
            },
        )
        said = refusal(asked.turn, query, passages)
        reply = Reply(passages) if relevant else Reply(said=(Refusal(said),))
        if asked.turn.intent == "document":
            reply = replace(reply, coverage=self._conversing.coverage(asked.turn, passages))
        prepared = _prepared(asked, reply, query, refused=said)
        return replace(prepared, pool=found.pool) if relevant else prepared

    def _retrieved(self, turn: Turn, query: str) -> Found:
        options, client_id, where = turn.question.options, turn.question.client_id, turn.question.where
        with chat_stage("retrieval"):
            if turn.documents:
                ids = [record.document_id for record in turn.documents]
                return Found(
                    self._retriever.retrieve_each(
                        client_id, query, ids, context_tokens=options.context_tokens, where=where
                    )
                )
            return self._retriever.find(
                client_id, query, top_k=options.top_k, context_tokens=options.context_tokens, where=where
            )

    def _relevant(self, client_id: ClientId, query: str, passages: Sequence[Passage]) -> bool:
        return bool(passages) if self._gate is None else self._gate(client_id).passes(query, passages)


def _prepared(asked: Asked, reply: Reply, query: str, *, refused: str = NOT_FOUND) -> Prepared:
    turn = asked.turn
    return Prepared(
        question=turn.question,
        session_id=turn.session_id,
        search_query=query,
        history=turn.history,
        sources=reply.sources,
        relevant=bool(reply.sources),
        started=asked.started,
        retrieval_ms=elapsed_ms(asked.remembered, time.perf_counter()),
        intent=turn.intent,
        said=reply.said,
        refusal=refused,
        prompt=reply.prompt,
        coverage=reply.coverage,
        reading=reply.reading,
    )
