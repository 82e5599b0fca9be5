"""Requests that are done once, however often they are sent: those with an Idempotency-Key.

A route depends on `do_once`, or on `take_once` where it reads an upload, and its router's routes are OnceRoutes. The
first request with a key claims it, and its answer is kept if it was a success; the same request again gets that answer.
What failed has made nothing: it is not kept, and sending it again tries again.
"""

import hashlib
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send
from typing_extensions import override

from app.common.lives import Standing
from app.dependencies.callers import CallerDep
from app.dependencies.idempotent_request import Doing, Keeping, WholeAnswer
from app.dependencies.services import KeptAnswersDep, SettingsDep, WorkDep
from app.dependencies.uploads import ONCE_HEADER, UploadFormDep
from app.edge.paths import own_path

REPLAYED_HEADER = "Idempotency-Replayed"
LONGEST_KEY = 255
MOST_BYTES = 2 << 20
"""A longer answer is not kept."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=ONCE_HEADER,
        min_length=1,
        max_length=LONGEST_KEY,
        pattern=r"^[!-~]+$",
        description="Something new for each request, such as a UUID, and the same when it is "
        f"sent again. The request is done once; sent again it gets the first answer, with `{REPLAYED_HEADER}: true`.",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]


class _AnsweredBeforeError(Exception):
    """The handler is not to run: there is its answer already."""

    def __init__(self, answer: WholeAnswer) -> None:
        super().__init__()
        self.answer = answer


async def get_doing(
    request: Request,
    caller: CallerDep,
    store: KeptAnswersDep,
    work: WorkDep,
    settings: SettingsDep,
    key: IdempotencyKey = None,
) -> Doing | None:
    """Return what does the request once; None where it has no key, or IDEMPOTENCY_HOURS is 0."""
    if key is None or not settings.idempotency_hours:
        return None
    keeping = Keeping(store, work.write, settings.idempotency_hours * 3600)
    place = (caller.own_client or "", request.method, own_path(request.scope))
    # With the API key in it the secret is as hard to guess as that one is, however short the Idempotency-Key.
    return Doing(keeping, f"{key} {caller.principal.secret}", place, caller.own_client)


DoingDep = Annotated[Doing | None, Depends(get_doing)]


async def do_once(request: Request, caller: CallerDep, doing: DoingDep) -> None:
    """Go on with a request that is not done yet; raises Conflict for one that is under way, or another one."""
    if doing is not None:
        await begin_once(request, caller.standing, doing, hashlib.sha256(await request.body()).digest())


async def take_once(request: Request, caller: CallerDep, doing: DoingDep, form: UploadFormDep) -> None:
    """See do_once; what separates the parts of a form is no part of what it says, and differs each time."""
    if doing is not None:
        await begin_once(request, caller.standing, doing, form.digest)


async def begin_once(request: Request, standing: Standing, doing: Doing, body: bytes) -> None:
    """See do_once; `body` is what, beside the query, makes it the same request."""
    before = await doing.begin(request.scope["query_string"] + b"\0" + body)
    if before is not None:
        raise _AnsweredBeforeError(before)
    request.state.once = _Held(doing, standing)


class OnceRoute(APIRoute):
    """A route whose answer is kept, or given again, when it depends on `do_once` or `take_once`."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            try:
                async with AsyncExitStack() as failure:
                    failure.push_async_callback(_give_up, request)
                    response = await handle(request)
                    failure.pop_all()
            except _AnsweredBeforeError as before:
                return _again(request, before.answer)
            held = _held(request)
            return response if held is None else _KeptResponse(response, held)

        return handle_once


class _Held:
    """The claim of a request that is being worked on, and whether its sender may still write when it is done."""

    def __init__(self, doing: Doing, standing: Standing) -> None:
        self.doing = doing
        self.standing = standing


def _held(request: Request) -> _Held | None:
    return getattr(request.state, "once", None)


async def _give_up(request: Request) -> None:
    if held := _held(request):
        await held.doing.give_up()


def _again(request: Request, answer: WholeAnswer) -> Response:
    if answer.client_id is not None:
        request.state.client_id = answer.client_id  # for the request's line in the log
    return Response(answer.body, answer.status, headers={**dict(answer.headers), REPLAYED_HEADER: "true"})


class _KeptResponse(Response):
    """Sends a response and keeps it: before its last piece, so that whoever has read it whole gets it again."""

    def __init__(self, response: Response, held: _Held) -> None:
        self._response = response
        self._held = held
        self._recording = _Recording()

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def recorded(message: Message) -> None:
            self._recording.add(message)
            if self._recording.ended:
                await self._end(scope)
            await send(message)

        try:
            await self._response(scope, receive, recorded)
        finally:
            if self._held.doing.held:  # it was broken off
                await self._held.doing.give_up()

    async def _end(self, scope: Scope) -> None:
        state = scope["state"]
        answer = self._recording.answer(state.get("client_id"))
        if answer is None or state.get("stream", "done") != "done":
            await self._held.doing.give_up()
        else:
            await self._held.doing.keep(answer, self._held.standing)


class _Recording:
    """An answer on its way out."""

    def __init__(self) -> None:
        self._status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()
        self._too_long = False
        self.ended = False

    def add(self, message: Message) -> None:
        """Note one piece of it."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message["headers"]
                if name.lower() != b"content-length"
            )
        elif message["type"] == "http.response.body":
            self._too_long = self._too_long or len(self._body) + len(message.get("body", b"")) > MOST_BYTES
            if not self._too_long:
                self._body += message.get("body", b"")
            self.ended = not message.get("more_body", False)

    def answer(self, client_id: Any) -> WholeAnswer | None:
        """Return the whole answer; None when it was no success, or is too long."""
        if self._too_long or not 200 <= self._status < 300:
            return None
        return WholeAnswer(self._status, self._headers, bytes(self._body), client_id)
