"""What comes before a request is bounded in size, number and time."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.edge import protocol
from tests.edge.wires import Wire, status
from tests.serving import serving
from tests.waiting import turn, wait_for

GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"headers": len(request.headers), "body": len(body)})


async def at_once(_request: Request) -> Response:
    return Response("read nothing")


async def endless(_request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536
            await turn()  # or nobody would notice that the reader is gone

    return StreamingResponse(pieces())


ROUTES = [
    Route("/echo", echo, methods=["GET", "POST"]),
    Route("/at-once", at_once, methods=["POST"]),
    Route("/endless", endless),
]


@pytest.fixture
def url() -> Iterator[str]:
    with serving(Starlette(routes=ROUTES), max_connections=20) as address:
        yield address


def _problem(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"connection: close" in head
    found: dict[str, object] = json.loads(body)
    assert found["status"] == status(answer)
    return found


@pytest.mark.parametrize("piece", [b"a" * 8192, b"a: b\r\n" * 1000], ids=["one header", "many headers"])
def test_a_head_without_an_end_is_431(url: str, piece: bytes) -> None:
    with Wire(url) as wire:
        wire.send(GET + b"X-Long: ")
        for _ in range(12):
            wire.send(piece)
        assert _problem(wire.everything())["code"] == "headers_too_large"


def test_a_long_address_is_431_too(url: str) -> None:
    with Wire(url) as wire:
        wire.send(b"GET /echo?" + b"q" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert _problem(wire.everything())["status"] == 431


def test_large_but_sane_heads_and_large_bodies_are_served(url: str) -> None:
    body = b"b" * 1_000_000
    head = b"Connection: close\r\nCookie: " + b"c" * 20_000 + b"\r\nContent-Length: " + str(len(body)).encode()
    with Wire(url) as wire:
        wire.send(POST + head + b"\r\n\r\n" + body)
        assert b'"body":1000000' in wire.everything()


def test_half_a_head_is_408_in_time_and_silence_is_closed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    with Wire(url) as half, Wire(url) as silent, Wire(url) as lines:
        half.send(GET + b"X-")
        lines.send(b"\r\n\r\n")
        assert _problem(half.everything())["code"] == "request_timeout"
        assert silent.everything() == b""
        assert lines.everything() == b""


def test_half_a_head_after_an_answer_is_408_too(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    with Wire(url) as wire:
        wire.send(GET + b"\r\n" + GET)
        whole = wire.everything()
    assert status(whole) == 200
    assert b" 408 " in whole


def test_what_is_not_http_is_a_problem(url: str) -> None:
    with Wire(url) as wire:
        wire.send(b"\x16\x03\x01\x02\x00\r\n\r\n")
        assert _problem(wire.everything())["code"] == "bad_request"


def test_half_requests_without_number_keep_nobody_out(url: str) -> None:
    held = [Wire(url) for _ in range(60)]
    try:
        for wire in held:
            wire.send(GET)
        with Wire(url) as wire:
            wire.send(GET + b"Connection: close\r\n\r\n")
            assert status(wire.everything()) == 200
    finally:
        for wire in held:
            wire.__exit__()


def test_half_bodies_without_number_keep_nobody_out_once_they_stand_still(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "STILL_SECONDS", 0.1)
    held = [Wire(url) for _ in range(10)]
    try:
        for wire in held:
            wire.send(POST + b"Content-Length: 9\r\n\r\n1234")

        def served() -> bool:
            with Wire(url) as wire:
                wire.send(GET + b"Connection: close\r\n\r\n")
                return status(wire.everything()) == 200

        wait_for(served)
    finally:
        for wire in held:
            wire.__exit__()


def test_connections_at_work_are_bounded_and_the_next_one_is_told_when_to_come_again(url: str) -> None:
    held = [Wire(url) for _ in range(10)]
    try:
        for wire in held:
            wire.send(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        for wire in held:
            assert wire.answer()
        with Wire(url) as wire:
            answer = wire.everything()
        assert _problem(answer)["code"] == "too_many_connections"
        assert b"retry-after: 5" in answer
    finally:
        for wire in held:
            wire.__exit__()


def test_trailers_do_not_join_the_headers_and_are_bounded(url: str) -> None:
    chunked = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    with Wire(url) as wire:
        wire.send(chunked + b"X-One: 1\r\nX-Two: 2\r\n\r\n")
        assert b'{"headers":3,"body":3}' in wire.everything()
    with Wire(url) as wire:
        wire.send(chunked + b"X-Long: ")
        for _ in range(12):
            wire.send(b"a" * 8192)
        assert wire.everything() == b""


def test_a_body_in_tiny_chunks_is_read_however_much_stands_around_it(url: str) -> None:
    with Wire(url) as wire:
        wire.send(POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send(b"1;comment=something\r\nx\r\n" * 20_000 + b"0\r\n\r\n")
        assert b'"body":20000' in wire.everything()


def test_requests_sent_ahead_are_answered_up_to_a_number(url: str) -> None:
    with Wire(url) as wire:
        wire.send((GET + b"\r\n") * 5 + GET + b"Connection: close\r\n\r\n")
        assert wire.everything().count(b" 200 ") == 6
    with Wire(url) as wire:
        wire.send((GET + b"\r\n") * 2000)
        whole = wire.everything()
    assert whole.count(b" 200 ") == protocol.MAX_PIPELINED + 1
    assert whole.count(b"connection: close") == 1


def test_a_request_that_would_speak_something_else_is_answered_as_it_is(url: str) -> None:
    with Wire(url) as wire:
        wire.send(GET + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n")
        assert status(wire.everything()) == 200


def test_the_rest_of_a_body_after_the_answer_is_dropped_for_a_while(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.2)
    head = b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with Wire(url) as whole, Wire(url) as half:
        whole.send(head)
        assert status(whole.answer()) == 200
        whole.send(b"123456789" + GET + b"Connection: close\r\n\r\n")
        assert status(whole.everything()) == 200
        half.send(head + b"1234")
        assert status(half.everything()) == 200


def test_a_reader_that_stops_reading_loses_its_connection(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "WRITE_SECONDS", 0.2)
    ended: list[bool] = []
    lost = protocol.GuardedProtocol.connection_lost

    def note(self: protocol.GuardedProtocol, exc: Exception | None) -> None:
        lost(self, exc)
        ended.append(True)

    monkeypatch.setattr(protocol.GuardedProtocol, "connection_lost", note)
    with Wire(url) as wire:
        wire.send(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: ended)
