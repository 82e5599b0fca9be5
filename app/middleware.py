"""What happens to every request: an id and one log line."""

import logging
import re
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.common.ids import new_request_id

logger = logging.getLogger("app.request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestLog:
    """Gives each request an id (the caller's X-Request-ID if it is a plain one) and logs one line when it ends."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        unexpected: Callable[[Request, Exception], Response],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`unexpected` builds the answer to an error that no handler took, so that it is logged like all others.

        `clock` gives seconds that only grow.
        """
        self._app = app
        self._unexpected = unexpected
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        started, status, ended = self._clock(), 0, 0.0
        state["began"] = time.perf_counter()  # before the body: what ends meanwhile is told from what begins then

        async def send_with_id(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                ended = self._clock()  # what runs in the background afterwards keeps no caller waiting

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as exc:  # noqa: BLE001 - the edge: whatever escapes becomes an answer without its text
            response = self._unexpected(Request(scope), exc)
            if not status:
                await response(scope, receive, send_with_id)
        finally:
            route = scope.get("route")
            logger.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "route": getattr(route, "path", "-"),
                    "status": status or 499,  # the caller left before there was an answer
                    "ms": round(((ended or self._clock()) - started) * 1000, 1),
                    "client": state.get("client_id", "-"),
                    **({"stream": state["stream"] if ended else "left"} if "stream" in state else {}),
                },
            )


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else new_request_id()
