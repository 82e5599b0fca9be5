"""What goes wrong at the vendor, and the error each of it becomes."""

import asyncio
import logging
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.common.errors import AppError, UpstreamBusy, UpstreamFailed, UpstreamTimeout
from app.services.llm.errors import parse_retry_after
from app.services.llm.model import (
    Endpoint,
    open_language_model,
)
from app.services.llm.vendors import Provider
from tests.services.llm.asking import (
    ALICE,
    BOTH_PROVIDERS,
    BOTH_WAYS,
    ONE_TRY,
    QUESTION,
    RETRYING,
    TOO_LONG,
    Open,
    ask,
    complete,
    limits_for,
    read,
)
from tests.standin import Behaviour, Cut, Drop, Hang, Malformed, Reply, StandIn, Status, StreamError

FAILURES: list[tuple[Behaviour, tuple[type[AppError], str]]] = [
    (Status(401), (UpstreamFailed, "model_auth_failed")),
    (Status(403), (UpstreamFailed, "model_auth_failed")),
    (Status(404), (UpstreamFailed, "model_not_found")),
    (Status(400), (UpstreamFailed, "model_rejected")),
    (Status(400, body=TOO_LONG), (UpstreamFailed, "model_context_too_long")),
    (Status(413), (UpstreamFailed, "model_context_too_long")),
    (Status(429), (UpstreamBusy, "model_busy")),
    (Status(500), (UpstreamFailed, "model_failed")),
    (Status(503), (UpstreamFailed, "model_failed")),
    (Hang(), (UpstreamTimeout, "model_timeout")),
    (Drop(), (UpstreamBusy, "model_unreachable")),
    (Reply(""), (UpstreamFailed, "model_empty_answer")),
    (Malformed(), (UpstreamFailed, "model_bad_answer")),
    (Malformed("{}"), (UpstreamFailed, "model_bad_answer")),
]


@BOTH_PROVIDERS
@pytest.mark.parametrize(("behaviour", "expected"), FAILURES)
def test_each_failure_has_its_error_and_no_vendor_text(
    opened: Open, standin: StandIn, provider: Provider, behaviour: Behaviour, expected: tuple[type[AppError], str]
) -> None:
    model = opened(provider, limits_for(behaviour))
    for how in ("complete", "stream"):
        standin.script(behaviour)
        with pytest.raises(AppError) as caught:
            ask(model, how)
        assert (type(caught.value), caught.value.code) == expected
        assert "vendor" not in caught.value.detail
    assert ask(opened(provider), "stream").text == "An answer."


@BOTH_WAYS
def test_a_vendor_that_is_not_there_is_unreachable(how: str) -> None:
    with StandIn() as standin:
        address = standin.base_url
    with (
        closing(open_language_model("groq", Endpoint("k", address), model="m", limits=ONE_TRY)) as model,
        pytest.raises(UpstreamBusy) as caught,
    ):
        ask(model, how)
    assert caught.value.code == "model_unreachable"


@BOTH_PROVIDERS
@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Cut(2), "model_unreachable"),
        (Drop(2), "model_unreachable"),
        (StreamError(2), "model_failed"),
        (Hang(2), "model_timeout"),
    ],
)
def test_a_stream_that_breaks_midway_gives_its_words_then_the_error_and_is_not_repeated(
    opened: Open, standin: StandIn, provider: Provider, behaviour: Behaviour, code: str
) -> None:
    async def read_until_error() -> tuple[str, str]:
        words = ""
        try:
            async for piece in opened(provider, limits).stream(ALICE, QUESTION):
                words += str(piece)
        except AppError as exc:
            return words, exc.code
        return words, "none"

    limits = replace(RETRYING, call_timeout=0.5) if isinstance(behaviour, Hang) else RETRYING
    standin.answer = "one two three four"
    standin.script(behaviour)
    assert asyncio.run(read_until_error()) == ("one two ", code)
    assert len(standin.requests) == 1


def test_a_stream_that_never_ends_is_ended(opened: Open, standin: StandIn) -> None:
    standin.answer, standin.word_delay = "again " * 500, 0.02
    with pytest.raises(UpstreamTimeout):
        asyncio.run(read(opened(limits=replace(RETRYING, stream_timeout=0.2))))
    standin.wait_until(lambda s: s.cancelled_calls == 1)


def test_nothing_of_key_question_or_vendor_is_logged(
    opened: Open, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    standin.script(Status(500), Malformed())
    with caplog.at_level(logging.DEBUG, logger="app"):
        complete(opened())
    assert caplog.records
    for secret in ("k3y", "refunds", "vendor text"):
        assert secret not in caplog.text
    assert "k3y" not in repr(Endpoint("k3y"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7), ("0.2", 1), ("-3", 0), ("999999", 3600), ("soon", None), ("inf", None), ("nan", None)],
)
def test_retry_after_is_read_as_seconds(header: str | None, seconds: int | None) -> None:
    assert parse_retry_after(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    seconds = parse_retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    assert seconds is not None
    assert 90 <= seconds <= 100
