"""A request's body while it arrives: not larger than its route takes, and not slower than anybody needs to be."""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.drain import Drain
from app.edge.paths import own_path

STILL_SECONDS = 20.0
"""How long a body may stand still."""
LEAST_BYTES_PER_SECOND = 200
"""A body that comes more slowly uses up the time for standing still; a modem is faster."""
SHUTTING_DOWN_RETRY_SECONDS = 10

_TOO_LARGE = "The request is larger than this service accepts; send less at once."
_TOO_SLOW = "The request's body stopped arriving; send the request again."
_SHUTTING_DOWN = "The service is shutting down; send the request again shortly."


class BodyLimit:
    """Answers 413 as soon as a body is known to be, or has become, larger than its route's limit, in bytes."""

    def __init__(self, app: ASGIApp, *, limit: int, larger: Mapping[str, int]) -> None:
        """`larger` are the limits below certain paths, by the path's beginning."""
        self._app = app
        self._limit = limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = own_path(scope)
        limit = next((size for begin, size in self._larger.items() if path.startswith(begin)), self._limit)
        # The server holds a caller to the length it declared; only a body without one has to be counted.
        declared = dict(scope["headers"]).get(b"content-length", b"")
        seen = int(declared) if declared.isdigit() else 0

        async def limited() -> Message:
            nonlocal seen
            if seen > limit:
                raise HTTPException(413, _TOO_LARGE)
            message = await receive()
            if not declared:
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise HTTPException(413, _TOO_LARGE)
            return message

        await self._app(scope, limited, send)


class BodyPace:
    """Answers 408 to a body that stops arriving, and 503 to one that is arriving when the service is told to stop.

    Only the time spent waiting for the caller counts, and each byte earns some of it back: a slow upload may take
    hours, one that stands still ends after STILL_SECONDS.
    """

    def __init__(self, app: ASGIApp, *, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with a watched body, if it has one."""
        if scope["type"] == "http" and _has_body(scope):
            receive = _PacedBody(receive, self._drain).receive
        await self._app(scope, receive, send)


class _PacedBody:
    def __init__(self, receive: Receive, drain: Drain) -> None:
        self._receive = receive
        self._drain = drain
        self._seconds = STILL_SECONDS
        self._more = True

    async def receive(self) -> Message:
        """Return the next message; raise HTTPException when the next piece of the body does not come in time."""
        if not self._more:
            return await self._receive()
        if self._drain.begun:
            raise _stopping()
        clock = asyncio.get_running_loop().time
        begun = clock()
        message = await self._next_piece()
        earned = len(message.get("body", b"")) / LEAST_BYTES_PER_SECOND
        self._seconds = min(STILL_SECONDS, self._seconds - (clock() - begun) + earned)
        self._more = message.get("more_body", False)
        return message

    async def _next_piece(self) -> Message:
        try:
            async with asyncio.timeout(max(0.0, self._seconds)) as timeout:
                with self._drain.ends(timeout):
                    return await self._receive()
        except TimeoutError:
            if self._drain.begun:
                raise _stopping() from None
            raise HTTPException(408, _TOO_SLOW, headers={"Connection": "close"}) from None


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _stopping() -> HTTPException:
    headers = {"Retry-After": str(SHUTTING_DOWN_RETRY_SECONDS), "Connection": "close"}
    return HTTPException(503, _SHUTTING_DOWN, headers=headers)
