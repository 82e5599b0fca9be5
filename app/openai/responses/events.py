"""A response as events, in the order in which OpenAI sends them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from sse_starlette import ServerSentEvent

from app.common.passages import Passage
from app.openai.responses.answers import FileSearchCall, OutputMessage
from app.openai.responses.replies import Reply, error_fields
from app.problems import Problem
from app.services.rag_chain import Answer, Delta, Prepared, StreamPiece
from app.streams import Events, capture_failure, event


@dataclass(slots=True)
class Writer:
    """Makes the events of one response; they are numbered."""

    reply: Reply
    query: str
    sources: Sequence[Passage]
    _numbers: Iterator[int] = field(default_factory=count)
    _search: FileSearchCall | None = None
    _begun: bool = False

    def opening(self) -> Iterator[ServerSentEvent]:
        """Yield what comes before everything else."""
        for kind in ("response.created", "response.in_progress"):
            yield self.event(kind, response=self.reply.empty())

    def found(self, prepared: Prepared) -> None:
        """Note what was found once long documents are read."""
        self.query, self.sources = prepared.search_query, prepared.sources

    def delta(self, text: str) -> Iterator[ServerSentEvent]:
        """Yield the next piece of the text, and before the first one what leads to it."""
        yield from self._begin()
        yield self._of_text("response.output_text.delta", delta=text, logprobs=[])

    def closing(self, answer: Answer) -> Iterator[ServerSentEvent]:
        """Yield what comes after the text, and the whole response."""
        yield from self._begin()
        message, response = self.reply.message(answer), self.reply.whole(answer, self.sources)
        (part,) = message.content
        for number, annotation in enumerate(part.annotations):
            yield self._of_text("response.output_text.annotation.added", annotation=annotation, annotation_index=number)
        yield self._of_text("response.output_text.done", text=part.text, logprobs=[])
        yield self._of_text("response.content_part.done", part=part)
        yield self._of_item("response.output_item.done", message)
        yield self.event(f"response.{response.status}", response=response)

    def failing(self, problem: Problem) -> Iterator[ServerSentEvent]:
        """Yield what ends a stream that broke: some programs read the one, some the other."""
        yield self.event("error", **error_fields(problem))
        yield self.event("response.failed", response=self.reply.failed(problem))

    def event(self, kind: str, **fields: Any) -> ServerSentEvent:
        """Make the next event."""
        shown = {name: value.model_dump() if isinstance(value, BaseModel) else value for name, value in fields.items()}
        return event(kind, {"type": kind, "sequence_number": next(self._numbers), **shown})

    def _begin(self) -> Iterator[ServerSentEvent]:
        if self._begun:
            return
        self._begun = True
        self._search = self.reply.search(self.query, self.sources)
        if self._search:
            yield from self._searched(self._search)
        message = OutputMessage(id=self.reply.place.name("msg"), status="in_progress", content=[])
        yield self._of_item("response.output_item.added", message)
        yield self._of_text("response.content_part.added", part={"type": "output_text", "text": "", "annotations": []})

    def _searched(self, search: FileSearchCall) -> Iterator[ServerSentEvent]:
        begun = search.model_copy(update={"status": "in_progress", "results": None, "queries": []})
        yield self.event("response.output_item.added", output_index=0, item=begun)
        for stage in ("in_progress", "searching", "completed"):
            yield self.event(f"response.file_search_call.{stage}", output_index=0, item_id=search.id)
        yield self.event("response.output_item.done", output_index=0, item=search)

    def _of_item(self, kind: str, item: OutputMessage) -> ServerSentEvent:
        return self.event(kind, output_index=self._place, item=item)

    def _of_text(self, kind: str, **fields: Any) -> ServerSentEvent:
        at = {"item_id": self.reply.place.name("msg"), "output_index": self._place, "content_index": 0}
        return self.event(kind, **at, **fields)

    @property
    def _place(self) -> int:
        return 1 if self._search else 0


async def events_of(request: Request, pieces: AsyncIterator[StreamPiece], writer: Writer) -> Events:
    """Yield the events of a response that is written as it comes."""
    for one in writer.opening():
        yield one
    with capture_failure(request) as failure:
        async for piece in pieces:
            for one in _events(piece, writer):
                yield one
    if failure.problem:
        for one in writer.failing(failure.problem):
            yield one


def _events(piece: StreamPiece, writer: Writer) -> Iterator[ServerSentEvent]:
    if isinstance(piece, Delta):
        yield from writer.delta(piece.text)
    elif isinstance(piece, Answer):
        yield from writer.closing(piece)
    elif isinstance(piece, Prepared):
        writer.found(piece)
