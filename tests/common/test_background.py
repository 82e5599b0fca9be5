"""A thread that works every so often until it is closed."""

import logging
import threading
from collections.abc import Callable

import pytest

from app.common.background import Background
from app.common.errors import Unavailable
from tests.waiting import PATIENCE, wait_for

NEVER = 3600.0


def times(calls: list[int], count: int) -> Callable[[], bool]:
    return lambda: len(calls) >= count


def test_work_is_done_again_and_again() -> None:
    calls: list[int] = []
    with Background("worker", lambda: calls.append(1), every=0.001):
        wait_for(times(calls, 3))


def test_the_first_call_waits_for_its_time_unless_it_is_to_be_at_once() -> None:
    early: list[int] = []
    late: list[int] = []
    with (
        Background("late", lambda: late.append(1), every=NEVER),
        Background("early", lambda: early.append(1), every=NEVER, at_once=True),
    ):
        wait_for(times(early, 1))
    assert (early, late) == ([1], [])


def test_who_wakes_it_need_not_wait_for_its_time() -> None:
    calls: list[int] = []
    with Background("worker", lambda: calls.append(1), every=NEVER) as background:
        background.wake()
        wait_for(times(calls, 1))
        background.wake()
        wait_for(times(calls, 2))


def test_waking_it_during_a_call_has_another_one_follow() -> None:
    calls: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def work() -> None:
        calls.append(1)
        entered.set()
        assert go_on.wait(PATIENCE)

    with Background("worker", work, every=NEVER, at_once=True) as background:
        assert entered.wait(PATIENCE)
        background.wake()
        go_on.set()
        wait_for(times(calls, 2))


@pytest.mark.parametrize(
    ("failure", "level", "field", "value"),
    [
        (Unavailable("Busy.", code="too_busy"), logging.WARNING, "code", "too_busy"),
        (ZeroDivisionError("the customer's secret"), logging.ERROR, "error", "ZeroDivisionError"),
    ],
)
def test_a_call_that_fails_is_logged_without_its_text_and_another_one_follows(
    caplog: pytest.LogCaptureFixture, failure: Exception, level: int, field: str, value: str
) -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise failure

    with Background("worker", work, every=0.001):
        wait_for(times(calls, 2))
    (record,) = caplog.records
    assert record.levelno == level
    assert (vars(record)["work"], vars(record)[field]) == ("worker", value)
    assert "secret" not in caplog.text


def test_closing_waits_for_the_call_under_way_and_no_other_follows() -> None:
    ended: list[int] = []
    entered = threading.Event()

    def work() -> None:
        entered.set()
        assert background.pause(PATIENCE)
        assert background.closing
        ended.append(1)

    background = Background("worker", work, every=0.0, at_once=True)
    background.start()
    assert entered.wait(PATIENCE)
    assert not background.closing
    background.close()
    background.close()
    assert ended == [1]
    assert "worker" not in [thread.name for thread in threading.enumerate()]


def test_what_never_started_can_be_closed() -> None:
    Background("worker", lambda: None, every=NEVER).close()
