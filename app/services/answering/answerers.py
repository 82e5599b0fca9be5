"""What turns passages into an answer: a language model, or the documents' own sentences."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Protocol

from langchain_core.messages import BaseMessage

from app.common.ids import ClientId
from app.common.work import Threads
from app.services.answering.extractive import ExtractiveAnswer, ExtractiveAnswerer
from app.services.answering.prompts import build_prompt
from app.services.answering.types import Prepared, Quote, Refusal
from app.services.llm.types import Completion, LanguageModel

Piece = str | Quote | Refusal | Completion
"""A model's words as they come, a document's own words with their passage, that there is no answer, or the whole of it:
the last piece."""


class Answerer(Protocol):
    """Answers prepared questions. Both ways yield the same pieces, and raise the AppErrors of a failing model.

    `aclose()` of what they return ends whatever is under way. What keeps a processor busy is done in `threads`.
    """

    name: str

    def require_room(self, client_id: ClientId) -> None:
        """Raise Unavailable when a question of the client asked now would be refused at once."""
        ...

    def answer(self, prepared: Prepared, threads: Threads) -> AsyncGenerator[Piece, None]:
        """Yield the answer's pieces when all of it is there."""
        ...

    def stream(self, prepared: Prepared, threads: Threads) -> AsyncGenerator[Piece, None]:
        """Yield the pieces as they come."""
        ...


class ModelAnswerer(Answerer):
    """Answers with a language model from numbered passages."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.name = model.name

    def require_room(self, client_id: ClientId) -> None:
        """See Answerer."""
        self._model.require_room(client_id)

    async def answer(self, prepared: Prepared, threads: Threads) -> AsyncGenerator[Piece, None]:
        """Ask the model once."""
        client_id, options = prepared.question.client_id, prepared.question.options
        prompt = await threads.run(client_id, partial(_prompt, prepared))
        completion = await self._model.complete(client_id, prompt, temperature=options.temperature, model=options.model)
        yield completion.text
        yield completion

    async def stream(self, prepared: Prepared, threads: Threads) -> AsyncGenerator[Piece, None]:
        """Ask the model once, word by word."""
        client_id, options = prepared.question.client_id, prepared.question.options
        prompt = await threads.run(client_id, partial(_prompt, prepared))
        words = self._model.stream(client_id, prompt, temperature=options.temperature, model=options.model)
        async with aclosing(words):
            async for piece in words:
                yield piece


class QuotingAnswerer(Answerer):
    """Answers with the passages' own sentences; needs no vendor."""

    name = "extractive"

    def __init__(self, extractive: ExtractiveAnswerer) -> None:
        self._extractive = extractive

    def require_room(self, client_id: ClientId) -> None:
        """See Answerer: there is always room."""

    async def answer(self, prepared: Prepared, threads: Threads) -> AsyncGenerator[Piece, None]:
        """Quote the sentences that answer best. They are all found before the first one is known to be the best."""
        found = await threads.run(prepared.question.client_id, partial(self._found, prepared))
        for piece in found.quotes or (Refusal(prepared.refusal),):
            yield piece
        yield Completion(text=found.text or prepared.refusal, model=self.name, usage=None)

    def stream(self, prepared: Prepared, threads: Threads) -> AsyncGenerator[Piece, None]:
        """Quote sentence by sentence."""
        return self.answer(prepared, threads)

    def _found(self, prepared: Prepared) -> ExtractiveAnswer:
        owner = prepared.question.client_id
        return self._extractive.answer(prepared.search_query, prepared.sources, owner=owner)


def _prompt(prepared: Prepared) -> list[BaseMessage]:
    if prepared.prompt:
        return list(prepared.prompt)
    question = prepared.question
    return build_prompt(question.text, prepared.sources, prepared.history, instructions=question.options.instructions)
