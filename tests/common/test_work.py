"""Threads for each kind of work: fair, bounded, and apart from each other."""

import asyncio
import threading
from functools import partial

import pytest

from app.common.errors import LimitReached, Unavailable
from app.common.fair_slots import SlotLimits
from app.common.work import OwnThreads, SharedThreads, run_blocking
from tests.waiting import PATIENCE, turn

ANNA, BERT = "anna", "bert"


def make_threads(name: str = "test", *, waiting_each: int = 10, wait: float = PATIENCE) -> OwnThreads:
    return OwnThreads(name, SlotLimits(2, 1, waiting_each=waiting_each, wait=wait))


class Gate:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def work(self, result: str) -> str:
        assert self._open.wait(PATIENCE)
        return result

    def open(self) -> None:
        self._open.set()


def test_the_work_of_one_client_leaves_a_thread_for_another() -> None:
    async def work() -> str:
        threads, gate = make_threads(), Gate()
        slow = [asyncio.create_task(threads.run(ANNA, partial(gate.work, f"{n}"))) for n in range(5)]
        await turn()
        stats = threads.stats()
        assert (stats.at_work, stats.waiting) == (1, 4)
        served = await threads.run(BERT, lambda: "served meanwhile")
        gate.open()
        assert await asyncio.gather(*slow) == ["0", "1", "2", "3", "4"]
        return served

    assert asyncio.run(work()) == "served meanwhile"


def test_more_than_may_wait_are_refused_at_once_with_the_time_to_wait() -> None:
    async def work() -> None:
        threads, gate = make_threads(waiting_each=1), Gate()
        slow = [asyncio.create_task(threads.run(ANNA, partial(gate.work, f"{n}"))) for n in range(2)]
        await turn()
        with pytest.raises(LimitReached) as caught:
            await threads.run(ANNA, str)
        assert (caught.value.code, bool(caught.value.retry_after)) == ("too_many_at_once", True)
        gate.open()
        await asyncio.gather(*slow)

    asyncio.run(work())


def test_who_gets_no_thread_in_time_is_told_that_the_service_is_busy() -> None:
    async def work() -> None:
        threads, gate = make_threads(wait=0.01), Gate()
        slow = asyncio.create_task(threads.run(ANNA, partial(gate.work, "slow")))
        await turn()
        with pytest.raises(Unavailable) as caught:
            await threads.run(ANNA, str)
        assert (caught.value.code, bool(caught.value.retry_after)) == ("busy", True)
        gate.open()
        await slow

    asyncio.run(work())


def test_work_that_fails_gives_its_thread_back() -> None:
    async def work() -> str:
        threads = make_threads()
        with pytest.raises(ZeroDivisionError):
            await threads.run(ANNA, lambda: 1 // 0)
        return await threads.run(ANNA, lambda: "next")

    assert asyncio.run(work()) == "next"


async def _thread_of_the_work() -> str:
    return await SharedThreads().run(ANNA, lambda: threading.current_thread().name)


def test_a_coroutine_is_run_to_its_end_also_where_a_loop_runs_already() -> None:
    async def in_a_loop() -> str:
        return run_blocking(_thread_of_the_work())

    assert "worker" in run_blocking(_thread_of_the_work())
    assert "worker" in asyncio.run(in_a_loop())
