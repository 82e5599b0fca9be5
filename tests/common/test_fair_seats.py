"""Seats for threads: who sits down next, and who gives up waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.common.errors import Conflict
from app.common.fair_seats import FairSeats
from tests.waiting import wait_for


def test_owners_take_turns_whoever_comes_first() -> None:
    seats, order = FairSeats(1), list[str]()

    def sit(owner: str) -> None:
        with seats.hold(owner):
            order.append(owner)

    with ThreadPoolExecutor(5) as threads, seats.hold("a"):
        for number, owner in enumerate(["b", "b", "b", "c"], start=1):
            threads.submit(sit, owner)
            wait_for(lambda waiting=number: seats.stats().waiting == waiting)  # type: ignore[misc]
    assert order == ["b", "c", "b", "b"]


def test_one_owner_never_has_all_seats() -> None:
    seats, gate = FairSeats(2, each=1), threading.Event()

    def sit() -> None:
        with seats.hold("a"):
            gate.wait(30)

    with ThreadPoolExecutor(3) as threads:
        for _ in range(3):
            threads.submit(sit)
        wait_for(lambda: seats.stats().waiting == 2)
        with seats.hold("b"):
            assert seats.stats().at_work == 2
        gate.set()
    assert (seats.stats().at_work, seats.stats().waiting) == (0, 0)


def test_who_is_not_wanted_any_more_stops_waiting() -> None:
    seats = FairSeats(1)

    def gone() -> None:
        raise Conflict("The caller left.")

    with seats.hold("a"):
        with pytest.raises(Conflict), seats.hold("b", gone):
            raise AssertionError("nobody gave it the seat")
        assert seats.stats().waiting == 0
    with seats.hold("b"):
        assert seats.stats().at_work == 1
