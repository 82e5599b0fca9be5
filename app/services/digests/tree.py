"""A long document read by a model: notes on each part, then notes on notes, until they are short enough."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import anyio
from langchain_core.messages import BaseMessage

from app.common.errors import AppError, UpstreamFailed
from app.common.ids import ClientId
from app.common.parallel import completed
from app.common.passages import Passage
from app.services.answering.types import Progress, Stage
from app.services.digests.notes import Digest, Note, joined_notes, read_note
from app.services.digests.prompts import merging_prompt, reading_prompt
from app.services.library.texts import place_of, spread
from app.services.llm.types import LanguageModel

logger = logging.getLogger(__name__)

SUMMARY_TOKENS = 600
"""Of one note for a summary, and of the summary itself."""
CHARACTERS_PER_TOKEN = 3
LEAST_MERGED = 3
"""Notes that are put together in one call at least, so that there are soon fewer of them."""
TRIES = 6
LONGEST_PAUSE = 10.0
"""So often, and after so many seconds, a call that found no slot is made."""
LEFT_OUT = frozenset(
    {"model_rejected", "model_filtered", "model_context_too_long", "model_empty_answer", "model_bad_answer",
     "model_out_of_tokens", "model_answer_too_long"}
)  # fmt: skip
"""What is the matter with one part alone: it is left out, and the coverage says so."""


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """A part of a document, which is what one call gets, has `part_tokens`; `most_tokens` of one are read in all.

    `at_once` calls of one reading are made at one time.
    """

    part_tokens: int
    most_tokens: int
    at_once: int


@dataclass(frozen=True, slots=True)
class Task:
    """For whom and for what a document is read: a question about all of it, or, if it is empty, a summary."""

    client_id: ClientId
    question: str = ""
    model: str | None = None
    most_tokens: int | None = None


class TreeReader:
    """Reads documents with a model. Waits for it without a thread."""

    def __init__(self, model: LanguageModel, limits: TreeLimits) -> None:
        self._model = model
        self._limits = limits

    async def read(self, task: Task, passages: Sequence[Passage]) -> AsyncGenerator[Progress | Digest, None]:
        """Yield how far it is, and at last the digest; closing the generator ends the calls.

        `passages` are the document in its order; of more than the limit allows, parts are read that are spread evenly.
        Raises the model's errors, except about single parts.
        """
        parts = self._parts(task, passages)
        yield Progress("reading", 0, len(parts))
        works = [partial(self._note, task, part) for part in parts]
        notes: list[Note | None] = [None] * len(parts)
        async with aclosing(self._done(works, notes, "reading")) as steps:
            async for step in steps:
                yield step
        taken = _worth(task, [note for note in notes if note is not None])
        if not taken:
            raise UpstreamFailed("The language model could read no part of the document.", code="model_failed")
        async with aclosing(self._merged(task, taken)) as merging:
            async for step_or_note in merging:
                if isinstance(step_or_note, Progress):
                    yield step_or_note
                else:
                    yield _digest(step_or_note, parts, notes)

    def _parts(self, task: Task, passages: Sequence[Passage]) -> list[list[Passage]]:
        sizes = [self._model.count_tokens(passage.chunk.text) for passage in passages]
        parts = [[passages[i] for i in group] for group in _grouped(sizes, self._limits.part_tokens)]
        most = (task.most_tokens or self._limits.most_tokens) // self._limits.part_tokens
        return [parts[number] for number in spread(len(parts), max(1, most))]

    async def _merged(self, task: Task, notes: list[Note]) -> AsyncGenerator[Progress | Note, None]:
        """Put notes together until they fit: those for a summary to one, those for a question into one prompt."""
        while not self._fits(task, notes):
            sizes = [self._model.count_tokens(note.text) for note in notes]
            groups = list(_grouped(sizes, self._limits.part_tokens, least=LEAST_MERGED))
            works = [partial(self._merge, task, [notes[i] for i in group]) for group in groups]
            merged: list[Note | None] = [None] * len(groups)
            async with aclosing(self._done(works, merged, "merging")) as steps:
                async for step in steps:
                    yield step
            notes = [note for note in merged if note is not None]
        yield joined_notes(notes)

    def _fits(self, task: Task, notes: Sequence[Note]) -> bool:
        if len(notes) == 1:
            return True
        return bool(task.question) and self._tokens(notes) <= self._limits.part_tokens

    def _tokens(self, notes: Sequence[Note]) -> int:
        return sum(self._model.count_tokens(note.text) for note in notes)

    async def _done(
        self, works: Sequence[Callable[[], Awaitable[Note | None]]], results: list[Note | None], stage: Stage
    ) -> AsyncGenerator[Progress, None]:
        """Do the works and put down their results, saying how many are done."""
        done = 0
        async with aclosing(completed(works, at_once=self._limits.at_once)) as finished:
            async for number, note in finished:
                results[number] = note
                done += 1
                yield Progress(stage, done, len(works))

    async def _note(self, task: Task, part: Sequence[Passage]) -> Note | None:
        written = await self._asked(task, reading_prompt(part, task.question))
        places = [place_of(passage) for passage in part]
        return None if written is None else read_note(written, places, most_characters=self._most_characters(task))

    async def _merge(self, task: Task, notes: Sequence[Note]) -> Note:
        if len(notes) == 1:
            return notes[0]
        joined = joined_notes(notes)
        written = await self._asked(task, merging_prompt(joined.text, task.question))
        # What the model cannot put together is kept as it is, cut: what it has read counts as read.
        return read_note(written or joined.text, joined.places, most_characters=self._most_characters(task))

    def _most_characters(self, task: Task) -> int:
        share = self._limits.part_tokens // (LEAST_MERGED + 1)
        return CHARACTERS_PER_TOKEN * (share if task.question else min(SUMMARY_TOKENS, share))

    async def _asked(self, task: Task, prompt: Sequence[BaseMessage]) -> str | None:
        """Return what the model writes; None when it cannot with this part. A call that finds no slot waits for one."""
        for attempt in range(TRIES):
            try:
                completion = await self._model.complete(task.client_id, prompt, temperature=0, model=task.model)
            except AppError as exc:
                if exc.code in LEFT_OUT:
                    logger.warning("part of a document left out", extra={"client": task.client_id, "code": exc.code})
                    return None
                if exc.code != "model_queue_full" or attempt == TRIES - 1:
                    raise
                await anyio.sleep(min(LONGEST_PAUSE, exc.retry_after or 1))
            else:
                return completion.text
        return None


def _grouped(sizes: Sequence[int], most: int, *, least: int = 1) -> list[list[int]]:
    """Put numbers of things that follow each other together: groups of `most` size, or of `least` things."""
    groups: list[list[int]] = []
    size = 0
    for number, each in enumerate(sizes):
        if not groups or (size + each > most and len(groups[-1]) >= least):
            groups.append([])
            size = 0
        groups[-1].append(number)
        size += each
    return groups


def _digest(note: Note, parts: Sequence[Sequence[Passage]], notes: Sequence[Note | None]) -> Digest:
    read = [passage for part, taken in zip(parts, notes, strict=True) if taken is not None for passage in part]
    pages = {passage.chunk.page for passage in read}
    parts_read = sum(passage.parts for passage in read)
    return Digest(note, pages_read=len(pages), parts_read=parts_read, whole=None not in notes)


def _worth(task: Task, notes: list[Note]) -> list[Note]:
    """Return the notes without those that say of their part that it has nothing of what is asked about."""
    if not task.question:
        return notes
    return [note for note in notes if note.text.strip(" .\n").casefold() != "none"] or notes[:1]
