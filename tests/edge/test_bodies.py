"""Bodies: not too large, not too slow, and not after the service was told to stop."""

import time
from collections.abc import Iterator
from functools import partial

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from app.edge import bodies
from app.edge.bodies import BodyLimit, BodyPace
from app.edge.drain import Drain
from app.problems import add_problem_handlers
from tests.edge.wires import Wire, status
from tests.serving import serving
from tests.waiting import wait_for

POST = b"POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
NINE = POST + b"Content-Length: 9\r\n\r\n"


class Counting:
    """An app that counts a body's bytes, with its drain and whether it has begun to read."""

    def __init__(self) -> None:
        self.drain = Drain()
        self.reading = False
        self.app = FastAPI()
        self.app.add_api_route("/count", self._count, methods=["POST"])
        self.app.add_api_route("/drain", self._begin, methods=["POST"])
        self.app.add_middleware(BodyLimit, limit=1000, larger={"/large": 2000})
        self.app.add_middleware(BodyPace, drain=self.drain)
        add_problem_handlers(self.app, ())

    async def _count(self, request: Request) -> int:
        self.reading = True
        return len(await request.body())

    async def _begin(self) -> None:
        self.drain.begin()


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def url(counting: Counting) -> Iterator[str]:
    with serving(counting.app) as address:
        yield address


def test_a_body_that_stands_still_is_408(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STILL_SECONDS", 0.2)
    with Wire(url) as wire:
        wire.send(NINE + b"1234")
        answer = wire.everything()
    assert status(answer) == 408
    assert b'"code":"request_timeout"' in answer


def _past(moment: float) -> bool:
    return time.monotonic() > moment


def test_a_slow_body_that_gets_ahead_is_taken_however_long_it_takes(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STILL_SECONDS", 0.5)
    monkeypatch.setattr(bodies, "LEAST_BYTES_PER_SECOND", 10)
    with Wire(url) as wire:
        wire.send(POST + b"Content-Length: 40\r\n\r\n")
        begun = time.monotonic()
        for piece in range(8):
            wait_for(partial(_past, begun + piece / 10))
            wire.send(b"%05d" % piece)
        assert wire.everything().endswith(b"40")


def test_a_body_slower_than_anybody_needs_to_be_is_408(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STILL_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "LEAST_BYTES_PER_SECOND", 1_000_000)
    with Wire(url) as wire:
        wire.send(POST + b"Content-Length: 900\r\n\r\n")
        answers: list[bytes] = []

        def refused() -> bool:
            try:
                wire.send(b"1")
            except (BrokenPipeError, ConnectionResetError):
                answers.append(wire.everything())
                return True
            return False

        wait_for(refused)
    assert b" 408 " in answers[0][:20]


def test_a_body_that_arrives_when_the_service_is_told_to_stop_is_503(url: str, counting: Counting) -> None:
    with Wire(url) as arriving, Wire(url) as late, Wire(url) as stop:
        arriving.send(NINE + b"1234")
        wait_for(lambda: counting.reading)
        stop.send(b"POST /drain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert status(stop.everything()) == 200
        late.send(NINE + b"123456789")
        for wire in (arriving, late):
            answer = wire.everything()
            assert status(answer) == 503
            assert b'"code":"shutting_down"' in answer
            assert b"retry-after: 10" in answer


def test_requests_without_a_body_are_not_watched(url: str, counting: Counting) -> None:
    counting.drain.begun = True
    with Wire(url) as wire:
        wire.send(POST + b"Content-Length: 0\r\n\r\n")
        assert status(wire.everything()) == 200


@pytest.mark.parametrize("head", [b"Content-Length: 1001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n"])
def test_a_body_over_the_limit_is_413(url: str, head: bytes) -> None:
    with Wire(url) as wire:
        wire.send(POST + head + b"b" * 1001)
        assert status(wire.everything()) == 413
