"""One question answered: remember, retrieve, ask the model, remember."""

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.messages import BaseMessage

from app.common.ids import ClientId
from app.common.passages import Passage
from app.memory import SessionStore
from app.memory.strategies import Memory
from app.services.extractive import ExtractiveAnswerer
from app.services.llm import Completion, LanguageModel
from app.services.prompts import NOT_FOUND, build_prompt
from app.services.retriever import Retriever

logger = logging.getLogger(__name__)


class Answerer(Protocol):
    """What turns passages into an answer: a language model, or the extractive mode."""

    name: str

    def answer(
        self, client_id: ClientId, question: str, passages: Sequence[Passage], history: Sequence[BaseMessage]
    ) -> Completion:
        """Return the answer; raises the AppErrors of a failing model."""


class ModelAnswerer:
    """Answers with a language model from numbered passages."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.name = model.name

    def answer(
        self, client_id: ClientId, question: str, passages: Sequence[Passage], history: Sequence[BaseMessage]
    ) -> Completion:
        """Ask the model once."""
        return self._model.complete(client_id, build_prompt(question, passages, history))


class QuotingAnswerer:
    """Answers with the passages' own sentences; needs no vendor."""

    name = "extractive"

    def __init__(self, extractive: ExtractiveAnswerer) -> None:
        self._extractive = extractive

    def answer(
        self,
        client_id: ClientId,  # noqa: ARG002 - there is no vendor whose slots would have to be shared
        question: str,
        passages: Sequence[Passage],
        history: Sequence[BaseMessage],  # noqa: ARG002 - sentences are quoted for this question alone
    ) -> Completion:
        """Quote the sentences that answer best."""
        return Completion(text=self._extractive.answer(question, passages).text, model=self.name, usage=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered question. `sources` are the passages in the order of their citation numbers, from 1."""

    text: str
    session_id: str
    sources: Sequence[Passage]
    completion: Completion
    memory_used: bool
    retrieval_ms: float
    generation_ms: float
    total_ms: float


class RagChain:
    """Answers questions from one client's passages, within a session if asked to."""

    def __init__(self, *, retriever: Retriever, answerer: Answerer, sessions: SessionStore, memory: Memory) -> None:
        self._retriever = retriever
        self._answerer = answerer
        self._sessions = sessions
        self._memory = memory

    def ask(
        self, client_id: ClientId, question: str, *, session_id: str | None, use_memory: bool, top_k: int
    ) -> Answer:
        """Answer `question`; without `use_memory` the session is neither read nor written.

        Raises NotFound when the client has no documents, and the errors of the model; then nothing is stored.
        """
        started = time.perf_counter()
        session_id = session_id or str(uuid.uuid4())
        history = self._memory.recall(client_id, session_id).messages() if use_memory else []
        remembered = time.perf_counter()
        passages = self._retriever.retrieve(client_id, question, top_k=top_k)
        retrieved = time.perf_counter()
        completion = self._answer(client_id, question, passages, history)
        generated = time.perf_counter()
        if use_memory:
            self._sessions.append_turn(
                client_id, session_id, question, completion.text, sources=[source(p) for p in passages]
            )
        done = time.perf_counter()
        logger.debug(
            "chat stages",
            extra={
                "client": client_id,
                "history_ms": _ms(started, remembered),
                "retrieval_ms": _ms(remembered, retrieved),
                "generation_ms": _ms(retrieved, generated),
                "store_ms": _ms(generated, done),
                "passages": len(passages),
            },
        )
        return Answer(
            text=completion.text,
            session_id=session_id,
            sources=passages,
            completion=completion,
            memory_used=use_memory,
            retrieval_ms=_ms(remembered, retrieved),
            generation_ms=_ms(retrieved, generated),
            total_ms=_ms(started, done),
        )

    def consolidate(self, client_id: ClientId, session_id: str) -> None:
        """Prepare the session's next question; may call the model, so call it after the answer was given."""
        self._memory.consolidate(client_id, session_id)

    def _answer(
        self, client_id: ClientId, question: str, passages: Sequence[Passage], history: Sequence[BaseMessage]
    ) -> Completion:
        if not passages:
            return Completion(text=NOT_FOUND, model=self._answerer.name, usage=None)
        return self._answerer.answer(client_id, question, passages, history)


def source(passage: Passage) -> dict[str, object]:
    """Return what is kept with an answer about a passage it was given: where it is from, not its text."""
    chunk = passage.chunk
    return {
        "document_id": chunk.document_id,
        "source": chunk.source,
        "page": chunk.page,
        "section": chunk.section,
        "chunk_index": chunk.index,
        "start": chunk.start,
        "end": chunk.end,
        "score": round(passage.score, 4),
    }


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)
