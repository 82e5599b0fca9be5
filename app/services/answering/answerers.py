"""What turns passages into an answer: a language model, or the documents' own sentences."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Protocol

import anyio.to_thread
from langchain_core.messages import BaseMessage

from app.services.answering.extractive import ExtractiveAnswerer, Quote
from app.services.answering.prompts import build_prompt
from app.services.answering.types import Prepared
from app.services.llm.types import Completion, LanguageModel

Piece = str | Quote | Completion
"""A model's words as they come, a document's own words with their passage, or the whole of it: the last piece."""


class Answerer(Protocol):
    """Answers prepared questions. Both ways yield the same pieces, and raise the AppErrors of a failing model."""

    name: str

    def answer(self, prepared: Prepared) -> Iterator[Piece]:
        """Yield the answer's pieces. Blocks."""
        ...

    def stream(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        """Yield the pieces as they come; `aclose()` ends whatever is under way."""
        ...


class ModelAnswerer:
    """Answers with a language model from numbered passages."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.name = model.name

    def answer(self, prepared: Prepared) -> Iterator[Piece]:
        """Ask the model once."""
        client_id, options = prepared.question.client_id, prepared.question.options
        completion = self._model.complete(
            client_id, _prompt(prepared), temperature=options.temperature, model=options.model
        )
        yield completion.text
        yield completion

    async def stream(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        """Ask the model once, word by word."""
        client_id, options = prepared.question.client_id, prepared.question.options
        words = self._model.stream(client_id, _prompt(prepared), temperature=options.temperature, model=options.model)
        async with aclosing(words):
            async for piece in words:
                yield piece


class QuotingAnswerer:
    """Answers with the passages' own sentences; needs no vendor."""

    name = "extractive"

    def __init__(self, extractive: ExtractiveAnswerer) -> None:
        self._extractive = extractive

    def answer(self, prepared: Prepared) -> Iterator[Piece]:
        """Quote the sentences that answer best."""
        found = self._extractive.answer(prepared.search_query, prepared.sources)
        yield from found.quotes or (found.text,)
        yield Completion(text=found.text, model=self.name, usage=None)

    async def stream(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        """Quote sentence by sentence. They are all found before the first one is known to be the best."""
        for piece in await anyio.to_thread.run_sync(lambda: list(self.answer(prepared))):
            yield piece


def _prompt(prepared: Prepared) -> list[BaseMessage]:
    question = prepared.question
    return build_prompt(question.text, prepared.sources, prepared.history, instructions=question.options.instructions)
