"""Retries, the fallback model, and the pause for a vendor that is dead."""

import asyncio
import logging
from dataclasses import replace

import pytest

from app.common.errors import AppError, UpstreamBusy, UpstreamFailed, UpstreamTimeout
from tests.services.llm.asking import BOTH_WAYS, ONE_TRY, RETRYING, TOO_LONG, Open, ask, complete, limits_for, read
from tests.standin import Behaviour, Drop, Hang, Malformed, Reply, StandIn, Status


@BOTH_WAYS
@pytest.mark.parametrize(
    "behaviour", [Status(429, retry_after=0), Status(500), Status(503), Drop(), Reply(""), Malformed()]
)
def test_a_passing_failure_is_retried(opened: Open, standin: StandIn, how: str, behaviour: Behaviour) -> None:
    standin.script(behaviour, behaviour)
    assert ask(opened(), how).text == "An answer."
    assert len(standin.requests) == 3


@pytest.mark.parametrize("behaviour", [Status(401), Status(400, body=TOO_LONG), Status(404)])
def test_a_lasting_failure_is_not_retried(opened: Open, standin: StandIn, behaviour: Behaviour) -> None:
    standin.script(behaviour)
    with pytest.raises(UpstreamFailed):
        complete(opened())
    assert len(standin.requests) == 1


def test_a_retry_waits_as_long_as_the_vendor_asks(opened: Open, standin: StandIn) -> None:
    standin.script(Status(429, retry_after=1))
    complete(opened())
    first, second = standin.requests
    assert second.arrived - first.arrived >= 1


def test_a_wait_that_does_not_fit_the_deadline_is_passed_on_at_once(opened: Open, standin: StandIn) -> None:
    standin.script(Status(429, retry_after=77))
    with pytest.raises(UpstreamBusy) as caught:
        complete(opened())
    assert caught.value.retry_after == 77
    assert len(standin.requests) == 1


def test_the_deadline_covers_all_retries(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Status(500, delay=0.2)
    with pytest.raises((UpstreamFailed, UpstreamTimeout)):
        complete(opened(limits=replace(RETRYING, timeout=0.5, attempts=1000)))
    assert len(standin.requests) <= 3


@BOTH_WAYS
def test_a_retry_gets_only_what_is_left_of_the_deadline(opened: Open, standin: StandIn, how: str) -> None:
    standin.script(Status(500, delay=0.6), Reply("Too late.", delay=0.9))
    with pytest.raises(UpstreamTimeout):
        ask(opened(limits=replace(RETRYING, timeout=1.2)), how)


@BOTH_WAYS
@pytest.mark.parametrize("behaviour", [Status(429, retry_after=60), Status(500), Hang(), Drop(), Status(404)])
def test_the_fallback_model_answers_when_the_first_one_fails(
    opened: Open, standin: StandIn, how: str, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    standin.behave = lambda request: behaviour if request.model == "llama" else Reply("From the other.")
    with caplog.at_level(logging.WARNING):
        answer = ask(opened(limits=limits_for(behaviour, 1.0), fallback_model="gemma"), how)
    assert (answer.text, answer.model) == ("From the other.", "gemma")
    assert "falling back" in caplog.text


def test_a_wrong_key_is_no_reason_to_fall_back(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Status(401)
    with pytest.raises(UpstreamFailed):
        complete(opened(fallback_model="gemma"))
    assert [request.model for request in standin.requests] == ["llama"]


@BOTH_WAYS
@pytest.mark.parametrize("behaviour", [Status(500), Hang(), Drop()])
def test_a_dead_vendor_is_not_asked_until_the_pause_is_over(
    opened: Open, standin: StandIn, how: str, behaviour: Behaviour
) -> None:
    standin.behave = lambda _: behaviour
    model = opened(limits=replace(limits_for(behaviour), breaker_failures=2, breaker_pause=60))
    for _ in range(2):
        with pytest.raises(AppError):
            ask(model, how)
    with pytest.raises(UpstreamBusy) as caught:
        ask(model, how)
    assert (caught.value.code, caught.value.retry_after) == ("model_unavailable", 60)
    assert len(standin.requests) == 2


def test_streams_that_break_midway_count_against_the_vendor(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Drop(1)
    model = opened(limits=replace(ONE_TRY, breaker_failures=2))
    for _ in range(2):
        with pytest.raises(UpstreamBusy):
            asyncio.run(read(model))
    with pytest.raises(UpstreamBusy, match="pause"):
        asyncio.run(read(model))
    assert len(standin.requests) == 2


def test_retries_stop_when_the_vendor_is_given_its_pause(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Status(500)
    with pytest.raises(UpstreamBusy, match="pause"):
        complete(opened(limits=replace(RETRYING, attempts=10, breaker_failures=2)))
    assert len(standin.requests) == 2


@BOTH_WAYS
def test_failures_that_are_not_in_a_row_do_not_add_up(opened: Open, standin: StandIn, how: str) -> None:
    model = opened(limits=replace(ONE_TRY, breaker_failures=2))
    for _ in range(3):
        standin.script(Status(500))
        with pytest.raises(UpstreamFailed):
            ask(model, how)
        assert ask(model, how).text == "An answer."


def test_after_the_pause_one_good_answer_makes_the_vendor_whole_again(opened: Open, standin: StandIn) -> None:
    standin.script(Status(500), Status(500))
    model = opened(limits=replace(ONE_TRY, breaker_failures=2, breaker_pause=0.0))
    for _ in range(2):
        with pytest.raises(UpstreamFailed):
            complete(model)
    assert [complete(model).text for _ in range(2)] == ["An answer."] * 2


def test_a_rate_limit_is_no_sign_of_death(opened: Open, standin: StandIn) -> None:
    standin.script(*[Status(429)] * 3)
    model = opened(limits=replace(ONE_TRY, breaker_failures=2))
    for _ in range(3):
        with pytest.raises(UpstreamBusy):
            complete(model)
    assert complete(model).text == "An answer."
