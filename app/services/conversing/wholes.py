"""Answers about whole documents: all of their text where it fits, else notes on it and the best passages."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from app.common.passages import Passage
from app.common.work import Threads
from app.services.answering.renumbering import renumbered
from app.services.answering.types import Coverage, Material, Progress
from app.services.catalog.records import DocumentRecord
from app.services.conversing.coverage import coverage_of, digest_coverage
from app.services.conversing.types import Reply, Turn
from app.services.conversing.whole_prompts import NotesOn, whole_prompt
from app.services.digests.cache import DigestCache
from app.services.digests.notes import Digest
from app.services.digests.tree import Task, TreeReader
from app.services.intents.types import Kind
from app.services.library.texts import DocumentTexts
from app.services.llm.types import LanguageModel
from app.services.retriever import Retriever

CHARACTERS_PER_TOKEN = 4
"""At most, about, in prose: a text of more characters does not fit for sure."""
ASKED_OF_ALL: frozenset[Kind] = frozenset(("count", "items"))
"""What a summary cannot answer: the document is read for the question itself."""

Digests = Mapping[str, Digest]
"""By the ids of their documents."""


@dataclass(frozen=True, slots=True)
class WholeLimits:
    """Documents of `fitting` tokens together are given whole; of longer ones `most_tokens` are read in all."""

    fitting: int
    most_tokens: int


class WholeDocuments:
    """Makes answers of the intent `document` with a model."""

    def __init__(
        self,
        *,
        texts: DocumentTexts,
        cache: DigestCache,
        retriever: Retriever,
        tree: TreeReader,
        model: LanguageModel,
        limits: WholeLimits,
    ) -> None:
        self._texts = texts
        self._cache = cache
        self._retriever = retriever
        self._tree = tree
        self._model = model
        self._limits = limits

    def reply(self, turn: Turn, query: str) -> Reply | None:
        """Return what the answer is made from, None if passages that are found have to do. Blocks.

        `query` is the question, made to stand alone. Nothing is read at length for documents that were guessed.
        """
        texts = self._texts_of(turn)
        if texts is not None:
            coverage = [coverage_of(record, texts, "whole") for record in turn.documents]
            return Reply(texts, prompt=whole_prompt(turn, (), texts, first=1), coverage=coverage)
        question = _question(turn, query)
        kept = {record.document_id: self._cache.get(record, question) for record in turn.documents}
        digests = {name: digest for name, digest in kept.items() if digest is not None}
        if len(digests) == len(kept):
            made = self._material(turn, query, digests)
            return Reply(made.sources, prompt=made.prompt, coverage=made.coverage)
        return None if turn.guessed else Reply(reading=partial(self._read, turn, query, digests))

    def _texts_of(self, turn: Turn) -> list[Passage] | None:
        """Return the documents' passages if they fit into one prompt."""
        fitting = max(self._limits.fitting, turn.question.options.context_tokens or 0)
        if sum(record.characters for record in turn.documents) > fitting * CHARACTERS_PER_TOKEN:
            return None
        found = [passage for record in turn.documents for passage in self._texts.passages(record)]
        tokens = sum(self._model.count_tokens(passage.chunk.text) for passage in found)
        return found if tokens <= fitting else None

    async def _read(
        self, turn: Turn, query: str, kept: Digests, threads: Threads
    ) -> AsyncGenerator[Progress | Material, None]:
        client_id, digests = turn.question.client_id, dict(kept)
        for record in turn.documents:
            if record.document_id in kept:
                continue
            async with aclosing(self._digested(turn, query, record, threads)) as steps:
                async for step in steps:
                    if isinstance(step, Progress):
                        yield step
                    else:
                        digests[record.document_id] = step
        yield await threads.run(client_id, partial(self._material, turn, query, digests))

    async def _digested(
        self, turn: Turn, query: str, record: DocumentRecord, threads: Threads
    ) -> AsyncGenerator[Progress | Digest, None]:
        """Have a document read, and keep what comes of it."""
        client_id, question = turn.question.client_id, _question(turn, query)
        share = self._limits.most_tokens // len(turn.documents)
        most = share * CHARACTERS_PER_TOKEN
        passages = await threads.run(client_id, partial(self._texts.passages, record, most_characters=most))
        task = Task(client_id, question, model=turn.question.options.model, most_tokens=share)
        async with aclosing(self._tree.read(task, passages)) as steps:
            async for step in steps:
                # What was read in a share of the budget, beside other documents, is not kept as all that can be read.
                if isinstance(step, Digest) and (len(turn.documents) == 1 or step.parts_read >= record.stored_parts):
                    await threads.run(client_id, partial(self._cache.keep, record, question, step))
                yield step

    def _material(self, turn: Turn, query: str, digests: Digests) -> Material:
        sources: list[Passage] = []
        notes: list[NotesOn] = []
        for record in turn.documents:
            digest = digests[record.document_id]
            numbers: dict[int, int] = {}
            for number, passage in enumerate(self._texts.at(record, digest.note.places), start=1):
                if passage is not None:
                    sources.append(passage)
                    numbers[number] = len(sources)
            notes.append(NotesOn(renumbered(digest.note.text, numbers), digest_coverage(record, digest)))
        passages = self._best(turn, query)
        prompt = whole_prompt(turn, notes, passages, first=len(sources) + 1)
        coverage: Sequence[Coverage] = [note.coverage for note in notes]
        return Material([*sources, *passages], prompt, coverage)

    def _best(self, turn: Turn, query: str) -> list[Passage]:
        """Return the passages of each document that fit best; none for what asks for all of something."""
        if turn.reading.kind in ASKED_OF_ALL:
            return []
        options, ids = turn.question.options, [record.document_id for record in turn.documents]
        return self._retriever.retrieve_each(
            turn.question.client_id, query, ids, context_tokens=options.context_tokens, where=turn.question.where
        )


def _question(turn: Turn, query: str) -> str:
    """Return what a document is read for; empty for a summary of it."""
    return query if turn.reading.kind in ASKED_OF_ALL else ""
