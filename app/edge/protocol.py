"""uvicorn's HTTP/1.1 with bounds on what comes before the application.

uvicorn has no bound of its own for a head that never ends, for a connection that sends half of one, for trailers, for
pipelined requests and for a reader that stops reading (its `h11_max_incomplete_event_size` is h11's alone, and with
`uvicorn[standard]` httptools reads). What it has, keep-alive and flow control, stays as it is.
"""

import asyncio
from typing import Any

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.edge.connections import Connections, address_of
from app.edge.refusals import HEAD_TOO_LARGE, HEAD_TOO_SLOW, NOT_HTTP, TOO_MANY_CONNECTIONS, Refusal

MAX_HEAD_BYTES = 32 << 10
"""For the request line and all headers, and for what follows a body; one read of SLICE_BYTES may come on top."""
SLICE_BYTES = 16 << 10
HEAD_SECONDS = 10.0
"""From a connection's beginning, or a head's first byte, until the head is complete."""
STILL_SECONDS = 2.0
"""A connection whose body stands still for so long is the first to go when there are too many."""
LINGER_SECONDS = 30.0
"""How long the rest of a body is read and dropped after the request was answered."""
LAST_WORD_SECONDS = 2.0
LAST_WORD_BYTES = 4 << 20
"""What a caller may still send after a refusal. Closing at once would make its system throw the refusal away."""
WRITE_SECONDS = 60.0
"""A reader that leaves an answer waiting for so long, without taking even 48 KB of it, is gone."""
MAX_PIPELINED = 16


class GuardedProtocol(HttpToolsProtocol):
    """One connection. uvicorn makes it; the parser calls its `on_...` methods while it is fed."""

    address = ""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._admitted_to = connections
        self._in_head = False
        self._in_body = False
        self._moved = False
        self._fruitless = 0
        self._deaf = False
        self._dropped = 0
        self._heard = 0.0
        self._reading_timer: asyncio.TimerHandle | None = None
        self._writing_timer: asyncio.TimerHandle | None = None

    @property
    def may_be_closed(self) -> bool:
        """See Connection.may_be_closed."""
        still = self._in_body and self.loop.time() - self._heard > STILL_SECONDS
        return (self._idle or still) and not self.transport.is_closing()

    @property
    def _idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def give_way(self) -> None:
        """See Connection.give_way."""
        self._deaf = True
        self.transport.abort()

    # The connection

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        self.address = address_of(self.client)
        if not self._admitted_to.admit(self):
            self._deaf = True
            transport.write(TOO_MANY_CONNECTIONS.as_response())
            transport.close()
            return
        self._wait_for_reading(HEAD_SECONDS)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = True
        self._admitted_to.leave(self)
        self._stop_reading_timer()
        self._stop_writing_timer()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        for begin in range(0, len(data), SLICE_BYTES):
            if self._deaf:
                self._drop(len(data) - begin)
                return
            self._feed(data[begin : begin + SLICE_BYTES])

    def _feed(self, piece: bytes) -> None:
        """Let the parser read a piece, and count what it cannot make anything of as long as nothing gets ahead."""
        if self._idle and not self._in_body and self._reading_timer is None:
            self._wait_for_reading(HEAD_SECONDS)
        self._moved = False
        super().data_received(piece)
        self._fruitless = 0 if self._moved else self._fruitless + len(piece)
        if self._fruitless > MAX_HEAD_BYTES and not self._deaf:
            self._refuse(HEAD_TOO_LARGE)

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(NOT_HTTP)

    @override
    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a request that would like to speak something else is answered as it is."""

    def _refuse(self, refusal: Refusal) -> None:
        """Answer instead of the application, unless an answer is on its way already, and close the connection."""
        self._deaf = True
        if not self._idle or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write(refusal.as_response())
        self.transport.write_eof()
        self._wait_for_reading(LAST_WORD_SECONDS)

    def _drop(self, size: int) -> None:
        self._dropped += size
        if self._dropped > LAST_WORD_BYTES:
            self.give_way()

    # What the parser finds

    @override
    def on_message_begin(self) -> None:
        if self._deaf:
            return
        self._in_head = True
        if self._idle:
            self._wait_for_reading(HEAD_SECONDS)
        super().on_message_begin()

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # later ones are trailers: they must not join what the application has read
            super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        if self._deaf:
            return
        self._moved, self._in_head = True, False
        if len(self.pipeline) >= MAX_PIPELINED:
            self._deaf = True
            self.pipeline[0][0].keep_alive = False  # the last one accepted: the client sends the others again
            return
        self._in_body = True
        self._stop_reading_timer()
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        self._moved = True
        if not self._deaf:
            super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        if self._deaf:
            return
        self._moved, self._in_body = True, False
        if self._idle:  # answered before it was read to its end
            self._wait_for_reading(HEAD_SECONDS)
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or not self._idle:
            return
        if self._in_body:
            self._wait_for_reading(LINGER_SECONDS)
        elif self._in_head:
            self._wait_for_reading(HEAD_SECONDS)

    # Time

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_writing_timer()
        self._writing_timer = self.loop.call_later(WRITE_SECONDS, self.give_way)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_writing_timer()

    def _wait_for_reading(self, seconds: float) -> None:
        self._stop_reading_timer()
        self._reading_timer = self.loop.call_later(seconds, self._reading_took_too_long)

    def _reading_took_too_long(self) -> None:
        self._reading_timer = None
        if not self._idle:
            return
        if self._in_head and not self._deaf:
            self._refuse(HEAD_TOO_SLOW)
        else:
            self.give_way()

    def _stop_reading_timer(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _stop_writing_timer(self) -> None:
        if self._writing_timer is not None:
            self._writing_timer.cancel()
            self._writing_timer = None
