"""Slots on an event loop: who gets one, and what becomes of calls that give up waiting."""

import asyncio
from contextlib import suppress

import pytest

from app.common.errors import LimitReached, Unavailable
from app.common.fair_slots import FairSlots, SlotLimits
from tests.waiting import turn

ALICE, BOB, CARL = "alice", "bob", "carl"


def make_slots(capacity: int = 1, *, each: int = 1, waiting_each: int = 10, wait: float = 5) -> FairSlots:
    return FairSlots(
        SlotLimits(capacity, each, waiting_each, wait),
        full=lambda: LimitReached("full"),
        late=lambda: Unavailable("late"),
    )


def test_who_waits_in_vain_is_told_and_no_longer_counts_as_waiting() -> None:
    async def wait_in_vain_twice() -> None:
        slots = make_slots(wait=0.01)
        async with slots.hold(ALICE):
            for _ in range(2):
                with pytest.raises(Unavailable, match="late"):
                    await slots.hold(BOB).__aenter__()
                assert slots.stats().waiting == 0
        async with slots.hold(BOB):
            assert slots.stats().at_work == 1

    asyncio.run(wait_in_vain_twice())


def test_a_slot_given_to_a_call_that_leaves_in_that_moment_is_not_lost() -> None:
    async def leave_when_the_slot_comes() -> str:
        slots = make_slots()
        async with slots.hold(ALICE):
            leaving = asyncio.create_task(slots.hold(BOB).__aenter__())
            await turn()
            assert slots.stats().waiting == 1
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        async with slots.hold(ALICE):
            return "free"

    assert asyncio.run(leave_when_the_slot_comes()) == "free"


def test_a_block_that_fails_gives_its_slot_back() -> None:
    async def fail_then_hold() -> str:
        slots = make_slots(wait=0.01)
        with pytest.raises(ZeroDivisionError):
            async with slots.hold(ALICE):
                raise ZeroDivisionError
        async with slots.hold(BOB):
            return "free"

    assert asyncio.run(fail_then_hold()) == "free"


def test_more_than_may_wait_are_refused_at_once_and_others_are_not() -> None:
    async def fill() -> None:
        slots = make_slots(capacity=2, waiting_each=2)
        async with slots.hold(ALICE):
            waiting = [asyncio.create_task(slots.hold(ALICE).__aenter__()) for _ in range(2)]
            await turn()
            slots.require_room(BOB)
            with pytest.raises(LimitReached):
                slots.require_room(ALICE)
            with pytest.raises(LimitReached):
                await slots.hold(ALICE).__aenter__()
            async with slots.hold(BOB):
                assert slots.stats().at_work == 2
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(fill())


def test_clients_take_turns_however_much_one_of_them_asks() -> None:
    async def served() -> list[str]:
        slots, order = make_slots(waiting_each=100), list[str]()

        async def call(client: str) -> None:
            async with slots.hold(client):
                order.append(client)
                await turn()

        async with asyncio.TaskGroup() as calls:
            for client in [ALICE] * 10 + [BOB] * 2 + [CARL]:
                calls.create_task(call(client))
        return order

    assert asyncio.run(served())[:6] == [ALICE, ALICE, BOB, CARL, ALICE, BOB]
