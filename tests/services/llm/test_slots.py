"""Slots: what becomes of calls that give up waiting. Sharing between clients is tested through the model."""

import asyncio
from contextlib import suppress

import pytest

from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.services.llm.slots import FairSlots, SlotStats
from tests.waiting import turn

ALICE, BOB = ClientId("alice"), ClientId("bob")


def test_who_gave_up_no_longer_counts_as_waiting() -> None:
    async def wait_in_vain_twice() -> SlotStats:
        slots = FairSlots(capacity=1, share=1.0, wait=0.01)
        async with slots.hold(ALICE):
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await slots.hold(BOB).__aenter__()
                assert slots.stats() == SlotStats(held=1, waiting=0)
        async with slots.hold(BOB):
            return slots.stats()

    assert asyncio.run(wait_in_vain_twice()) == SlotStats(held=1, waiting=0)


def test_a_slot_given_to_a_call_that_leaves_in_that_moment_is_not_lost() -> None:
    async def leave_when_the_slot_comes() -> str:
        slots = FairSlots(capacity=1, share=1.0, wait=5)
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
        slots = FairSlots(capacity=1, share=1.0, wait=0.01)
        with pytest.raises(ZeroDivisionError):
            async with slots.hold(ALICE):
                raise ZeroDivisionError
        async with slots.hold(BOB):
            return "free"

    assert asyncio.run(fail_then_hold()) == "free"
