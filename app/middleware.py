"""What happens to every request: an id, one log line, its figures and its span."""

import logging
import re
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.common.ids import new_request_id
from app.telemetry.counting import count_request
from app.telemetry.tracing import RequestSpan, request_span

logger = logging.getLogger("app.request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACE_HEADERS = (b"traceparent", b"tracestate")


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
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        state["began"] = time.perf_counter()  # before the body: what ends meanwhile is told from what begins then
        line = _Line(scope, self._clock, send)
        with request_span(_trace_of(scope)) as span:
            try:
                await self._app(scope, receive, line.send)
            except Exception as exc:  # noqa: BLE001 - the edge: whatever escapes becomes an answer without its text
                response = self._unexpected(Request(scope), exc)
                if not line.status:
                    await response(scope, receive, line.send)
            finally:
                line.end(span)


class _Line:
    """What is noted of one request, from its beginning to its end."""

    def __init__(self, scope: Scope, clock: Callable[[], float], send: Send) -> None:
        self._scope = scope
        self._clock = clock
        self._send = send
        self._started = clock()
        self._ended = 0.0
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send a part of the answer, with the request's id in its head."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self._scope["state"]["request_id"]
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._ended = self._clock()  # what runs in the background afterwards keeps no caller waiting

    def end(self, span: RequestSpan) -> None:
        """Log and count the request."""
        state, method = self._scope["state"], self._scope["method"]
        route: str = getattr(self._scope.get("route"), "path", "-")
        status = self.status or 499  # the caller left before there was an answer
        seconds = (self._ended or self._clock()) - self._started
        span.ended(method=method, route=route, status=status, request_id=state["request_id"])
        count_request(method, route, status, seconds)
        logger.info(
            "request",
            extra={
                "request_id": state["request_id"],
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "client": state.get("client_id", "-"),
                **({"stream": state["stream"] if self._ended else "left"} if "stream" in state else {}),
            },
        )


def _trace_of(scope: Scope) -> dict[str, str]:
    """Return the headers that say which trace the request is part of."""
    given = {name: value for name, value in scope["headers"] if name in _TRACE_HEADERS}
    return {name.decode(): value.decode("latin-1") for name, value in given.items()}


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else new_request_id()
