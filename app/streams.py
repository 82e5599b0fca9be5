"""Server-sent events: send answers piece by piece, under any event names."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, Self, TypeVar

import anyio
from fastapi import Request
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.background import BackgroundTask
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from app.common.errors import AppError
from app.problems import Problem, describe, describe_unexpected

HEARTBEAT_SECONDS = 15
"""Proxies close connections that stay silent for longer, usually from 30 seconds on."""
GRACE_SECONDS = 1.0
"""An answer that fails within this time keeps its status; the events of one that takes longer begin without it."""
LAST_WORDS_SECONDS = 600.0
"""How long the library may let a stream go on when the process is told to stop. It would cut it off at once; when the
stream's time is over, whatever it is made from fails, and it ends with an `error` event (see app/edge/drain.py)."""
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Each event goes out at once, through proxies too."""

EVENTS_SCHEMA: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["data"],
        "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    }
}
"""How the OpenAPI document describes a stream: by what each of its events is."""

T = TypeVar("T")
Events = AsyncGenerator[ServerSentEvent, None]

_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}
"""They may stand in JSON, but some readers of event streams take them for ends of lines."""


def event(name: str | None, data: BaseModel | dict[str, object] | str) -> ServerSentEvent:
    """Make one event of JSON data (a string is sent as it is); without a name it is a plain message."""
    if isinstance(data, BaseModel):
        data = data.model_dump_json()
    elif not isinstance(data, str):
        data = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return ServerSentEvent(data.translate(_LINE_ENDS), event=name, sep="\n")


class FirstPiece(Generic[T]):
    """An iterator over `pieces` whose first one is here, or was waited for long enough. Close it in any case."""

    def __init__(self, first: "asyncio.Future[T]", pieces: AsyncGenerator[T, None]) -> None:
        self._first: asyncio.Future[T] | None = first
        self._pieces = pieces

    @classmethod
    async def wait(cls, pieces: AsyncGenerator[T, None], *, seconds: float = GRACE_SECONDS) -> Self:
        """Wait for the first piece, but no longer than `seconds`; raises what `pieces` raises until then."""
        first = asyncio.ensure_future(anext(pieces))
        begun = cls(first, pieces)
        try:
            await asyncio.wait({first}, timeout=seconds)
            if first.done():
                first.result()
        except BaseException:
            await begun.aclose()
            raise
        return begun

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._first is None:
            return await anext(self._pieces)
        first, self._first = self._first, None
        return await first

    async def aclose(self) -> None:
        """End what is under way."""
        first, self._first = self._first, None
        with anyio.CancelScope(shield=True):
            if first is not None:
                first.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await first
            await self._pieces.aclose()


class EventStream(EventSourceResponse):
    """Sends events as they come, with comments as heartbeats; `after` runs when all is over.

    A reader who leaves cancels whatever `events` waits for. `source`, what they are made from, is closed even if
    the reader was gone before the first event.
    """

    def __init__(self, events: Events, *, source: FirstPiece[T], after: BackgroundTask | None = None) -> None:
        super().__init__(
            events,
            headers=HEADERS,
            sep="\n",
            ping=HEARTBEAT_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(comment="still here", sep="\n"),
            background=after,
            shutdown_grace_period=LAST_WORDS_SECONDS,
        )
        self._source = source

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.aclose()


class Failure:
    """How a stream ended that had begun: `problem` is None as long as nothing went wrong."""

    def __init__(self) -> None:
        self.problem: Problem | None = None
        self.retry_after: int | None = None


@contextmanager
def capture_failure(request: Request) -> Iterator[Failure]:
    """Catch whatever goes wrong in the block: the status is sent already, so it has to become an event.

    The request's log line then carries the problem's code as `stream`, or else `done`.
    """
    failure = Failure()
    request.state.stream = "done"
    try:
        yield failure
    except AppError as exc:
        failure.problem = describe(request, exc)
        failure.retry_after = exc.retry_after
    except Exception as exc:  # noqa: BLE001 - the edge: whatever escapes becomes an event without its text
        failure.problem = describe_unexpected(request, exc)
    if failure.problem:
        request.state.stream = failure.problem.code
