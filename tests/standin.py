"""A stand-in for a language model's service: a real HTTP server on loopback that speaks OpenAI's chat completions.

    with StandIn() as standin:
        standin.answer = "Refunds take five days [1]."
        standin.script(Status(429, retry_after=1), Reply("second try"))
        ...point the client at standin.base_url (Groq) or standin.openai_base_url (OpenAI-compatible)...
        assert standin.requests[0].messages[-1]["content"] == "How long do refunds take?"

Every path that ends in /chat/completions, or in the `path` that it is made with, is answered, streamed when the request
says so. What it answers is, in this order: the next scripted behaviour, then `standin.behave(request)` when set, then
`Reply(standin.answer)` with `standin.delay` and `standin.word_delay`.
"""

import asyncio
import gzip
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

from tests.waiting import PATIENCE, wait_for


@dataclass(frozen=True)
class Reply:
    """A good answer: `delay` seconds before anything is sent, `word_delay` seconds before each streamed word.

    With `once_open` it is held back until that many calls have been open at one time: a proof of concurrency
    that needs no clock. `finish` is the finish_reason.
    """

    text: str
    delay: float = 0.0
    word_delay: float = 0.0
    once_open: int = 0
    finish: str = "stop"


@dataclass(frozen=True)
class Status:
    """An error answer; `body` is the JSON object sent, an OpenAI-like error by default."""

    code: int
    retry_after: str | int | None = None
    body: dict[str, Any] | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class Hang:
    """Accept the request and say nothing until the caller leaves; after `after_words` words when streaming."""

    after_words: int = 0


@dataclass(frozen=True)
class Drop:
    """Break the connection: before any answer, or after `after_words` streamed words."""

    after_words: int = 0


@dataclass(frozen=True)
class Cut:
    """End a stream in order after `after_words` words, but without the chunk that says it is whole; else as Drop."""

    after_words: int = 0


@dataclass(frozen=True)
class StreamError:
    """Send an error object inside a stream after `after_words` words, as vendors do; without stream as Drop."""

    after_words: int = 0


@dataclass(frozen=True)
class Endless:
    """Send the head of a good answer, and then text without end until the caller leaves; `text` is repeated.

    With `line` what never ends is one line, or one string, of nothing that could be an answer.
    """

    text: str = "word "
    line: bool = False


@dataclass(frozen=True)
class Compressed:
    """Answer with a body that becomes much larger than it is, whatever was asked for."""

    size: int = 50_000_000


@dataclass(frozen=True)
class Malformed:
    """Status 200 with a body that is not what was promised."""

    body: str = '{"choices": [{"mess'


Behaviour = Reply | Status | Hang | Drop | Cut | StreamError | Endless | Compressed | Malformed


@dataclass(frozen=True)
class Request:
    """What one call sent; `arrived` is time.monotonic(), header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    arrived: float

    @property
    def messages(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.body.get("messages", []))

    @property
    def model(self) -> str:
        return cast("str", self.body["model"])

    @property
    def prompt(self) -> str:
        """All messages' contents in one string, to look for what was sent."""
        return "\n".join(str(message["content"]) for message in self.messages)


class CallerLeft(Exception):
    """The client closed its connection while it was being served."""


@dataclass
class StandIn:
    """Use as a context manager. Counters and `requests` may be read from any thread."""

    answer: str = "An answer."
    delay: float = 0.0
    word_delay: float = 0.0
    behave: Callable[[Request], Behaviour] | None = None
    path: str = "/chat/completions"
    requests: list[Request] = field(default_factory=list)
    open_calls: int = 0
    peak_open_calls: int = 0
    cancelled_calls: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self._scripted: deque[Behaviour] = deque()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="standin", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        """What GROQ_API_BASE is set to."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def openai_base_url(self) -> str:
        """What LLM_BASE_URL is set to."""
        return f"{self.base_url}/v1"

    def script(self, *behaviours: Behaviour) -> None:
        """Answer the next calls so, one after the other, before the default applies again."""
        self._scripted.extend(behaviours)

    def wait_until(self, holds: Callable[[Self], bool], *, timeout: float = PATIENCE) -> None:
        """Return as soon as `holds(self)`; fail when it does not within `timeout` seconds."""
        wait_for(lambda: holds(self), seconds=timeout)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        try:
            while request := await _read_request(reader):
                self.requests.append(request)
                await self._serve(request, _Caller(reader, writer))
        except (CallerLeft, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()  # one connection is over, whichever side ended it; the test reads the counters
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, request: Request, caller: "_Caller") -> None:
        self.open_calls += 1
        self.peak_open_calls = max(self.peak_open_calls, self.open_calls)
        try:
            await caller.unless_gone(self._answer(request, self._next_behaviour(request), caller))
        except (CallerLeft, ConnectionError):
            self.cancelled_calls += 1
            raise
        finally:
            self.open_calls -= 1

    async def _answer(self, request: Request, behaviour: Behaviour, caller: "_Caller") -> None:
        while self.peak_open_calls < getattr(behaviour, "once_open", 0):  # noqa: ASYNC110 - simplest for a test part
            await asyncio.sleep(0.01)
        known = request.path.endswith(self.path)
        await _answer(request, behaviour if known else Status(404), self.answer, caller)

    def _next_behaviour(self, request: Request) -> Behaviour:
        if self._scripted:
            return self._scripted.popleft()
        if self.behave is not None:
            return self.behave(request)
        return Reply(self.answer, delay=self.delay, word_delay=self.word_delay)


class _Dropped(ConnectionAbortedError):
    """We break the connection ourselves."""


class _Caller:
    """One connection: what may be sent to it, and whether it is still there."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def unless_gone(self, answer: Any) -> None:
        """Run `answer` to its end, or raise CallerLeft as soon as the client closes the connection."""
        work = asyncio.ensure_future(answer)
        gone = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise CallerLeft
            try:
                work.result()
            except _Dropped:
                self._writer.transport.abort()
        finally:
            work.cancel()
            gone.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_body(self, status: int, body: str, extra: str = "") -> None:
        data = body.encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n{extra}\r\n"
        await self.send(head.encode() + data)

    async def send_event(self, data: str) -> None:
        await self.send_chunk(f"data: {data}\n\n")

    async def send_chunk(self, text: str) -> None:
        data = text.encode()
        if data:
            await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(first.split(" ")[1], headers, json.loads(body or b"{}"), time.monotonic())


async def _answer(request: Request, behaviour: Behaviour, text: str, caller: _Caller) -> None:
    await asyncio.sleep(getattr(behaviour, "delay", 0.0))
    if isinstance(behaviour, Status):
        await _send_status(behaviour, caller)
    elif isinstance(behaviour, Malformed | Endless | Compressed):
        await _send_what_was_not_promised(request, behaviour, caller)
    elif request.body.get("stream"):
        await _stream(request, behaviour, text, caller)
    elif isinstance(behaviour, Reply):
        await caller.send_body(200, json.dumps(_completion(request, behaviour.text, behaviour.finish)))
    elif isinstance(behaviour, Hang):
        await asyncio.Event().wait()
    else:
        raise _Dropped


async def _send_status(behaviour: Status, caller: _Caller) -> None:
    secret = {"error": {"message": "vendor text that callers must never see", "type": "error", "code": None}}
    extra = "" if behaviour.retry_after is None else f"retry-after: {behaviour.retry_after}\r\n"
    await caller.send_body(behaviour.code, json.dumps(behaviour.body or secret), extra)


async def _send_what_was_not_promised(
    request: Request, behaviour: Malformed | Endless | Compressed, caller: _Caller
) -> None:
    if isinstance(behaviour, Malformed):
        await caller.send_body(200, behaviour.body)
    elif isinstance(behaviour, Compressed):
        await _send_compressed(behaviour, caller)
    else:
        await _send_endlessly(request, behaviour, caller)


async def _send_endlessly(request: Request, behaviour: Endless, caller: _Caller) -> None:
    streamed = bool(request.body.get("stream"))
    kind = "text/event-stream" if streamed else "application/json"
    await caller.send(f"HTTP/1.1 200 X\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
    begin, _, _ = json.dumps(_completion(request, "|")).partition("|")
    await caller.send_chunk("data: " if streamed and behaviour.line else "" if streamed else begin)
    piece = behaviour.text * 200
    event = f"data: {json.dumps(_chunk(request, {'role': 'assistant', 'content': piece}))}\n\n"
    while True:
        await caller.send_chunk(event if streamed and not behaviour.line else piece)


async def _send_compressed(behaviour: Compressed, caller: _Caller) -> None:
    data = gzip.compress(b" " * behaviour.size)
    head = f"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {len(data)}"
    await caller.send(f"{head}\r\n\r\n".encode() + data)


async def _stream(
    request: Request, behaviour: Reply | Hang | Drop | Cut | StreamError, text: str, caller: _Caller
) -> None:
    said = behaviour.text if isinstance(behaviour, Reply) else text
    words = [word + " " for word in said.split(" ")]
    words[-1] = words[-1][:-1]
    shown = words if isinstance(behaviour, Reply) else words[: behaviour.after_words]
    if shown or not isinstance(behaviour, Hang | Drop):
        await caller.send(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for word in shown:
        await asyncio.sleep(getattr(behaviour, "word_delay", 0.0))
        await caller.send_event(json.dumps(_chunk(request, {"role": "assistant", "content": word})))
    if isinstance(behaviour, Reply):
        await _end_stream(request, behaviour, caller)
    else:
        await _break_off(behaviour, caller)


async def _end_stream(request: Request, reply: Reply, caller: _Caller) -> None:
    usage = _usage(request, reply.text)
    await caller.send_event(
        json.dumps(_chunk(request, {}, finish=reply.finish) | {"x_groq": {"id": "x", "usage": usage}})
    )
    if (request.body.get("stream_options") or {}).get("include_usage"):
        await caller.send_event(json.dumps(_chunk(request, {}) | {"choices": [], "usage": usage}))
    await caller.send_event("[DONE]")
    await caller.send(b"0\r\n\r\n")


async def _break_off(behaviour: Hang | Drop | Cut | StreamError, caller: _Caller) -> None:
    if isinstance(behaviour, Hang):
        await asyncio.Event().wait()
    if isinstance(behaviour, Drop):
        raise _Dropped
    if isinstance(behaviour, StreamError):
        await caller.send_event(json.dumps({"error": {"message": "vendor text", "type": "server_error"}}))
    await caller.send(b"0\r\n\r\n")


def _usage(request: Request, text: str) -> dict[str, int]:
    prompt, answer = len(request.prompt.split()), len(text.split())
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _completion(request: Request, text: str, finish: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish, "logprobs": None}
    return _envelope(request, "chat.completion") | {"choices": [choice], "usage": _usage(request, text)}


def _chunk(request: Request, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return _envelope(request, "chat.completion.chunk") | {"choices": [choice]}


def _envelope(request: Request, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-standin", "object": kind, "created": 1, "model": request.model}


def _serve_until_stdin_ends() -> None:
    """Run as a process of its own (`python -m tests.standin [delay [word_delay]]`): print the URL, end with stdin.

    Benchmarks want this: in one process the two sides would take the interpreter's lock from each other.
    """
    delay, word_delay = (*(float(value) for value in sys.argv[1:3]), 0.0, 0.0)[:2]
    with StandIn(delay=delay, word_delay=word_delay) as standin:
        print(standin.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve_until_stdin_ends()
