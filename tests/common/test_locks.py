"""Locks for keys, and the order in which locks are taken."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from app.common.locks import KeyedLocks, Rank, RankedLock, WrongOrder, order_checked


def test_holders_of_one_key_follow_each_other() -> None:
    locks, inside, seen = KeyedLocks(Rank.CLIENT), [0], []

    def work(_: int) -> None:
        with locks.hold("key"):
            inside[0] += 1
            seen.append(inside[0])
            threading.Event().wait(0.001)
            inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(32)))
    assert seen == [1] * 32


def test_holders_of_different_keys_do_not_wait() -> None:
    locks, both = KeyedLocks(Rank.CLIENT), threading.Barrier(2, timeout=10)

    def work(key: str) -> None:
        with locks.hold(key):
            both.wait()  # passes only when the other is inside too

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ["one", "two"]))


def test_a_key_is_free_again_after_an_error() -> None:
    locks = KeyedLocks(Rank.CLIENT)
    with pytest.raises(ValueError, match="inside"), locks.hold("key"):
        raise ValueError("inside")
    with locks.hold("key"):
        pass


def test_nothing_is_kept_of_keys_that_nobody_holds() -> None:
    locks = KeyedLocks(Rank.CLIENT)
    with ThreadPoolExecutor(8) as pool:

        def work(number: int) -> None:
            with locks.hold(number % 5):
                pass

        list(pool.map(work, range(200)))
    assert len(locks) == 0


def test_locks_are_taken_in_the_order_of_their_ranks() -> None:
    clients, database = KeyedLocks(Rank.CLIENT), RankedLock(Rank.DATABASE)
    with order_checked() as refused:
        for _ in range(2):
            with clients.hold("anna"), database:
                pass
            with database:
                pass
    assert refused == []


@pytest.mark.parametrize("first", Rank)
@pytest.mark.parametrize("then", Rank)
def test_a_lock_that_comes_before_the_one_held_is_refused(first: Rank, then: Rank) -> None:
    with order_checked() as refused, ExitStack() as stack:
        stack.enter_context(RankedLock(first))
        if then <= first:
            with pytest.raises(WrongOrder, match=f"{then.name} while holding {first.name}"):
                stack.enter_context(RankedLock(then))
        else:
            stack.enter_context(RankedLock(then))
    assert len(refused) == (then <= first)


def test_two_threads_that_would_wait_for_each_other_are_both_told() -> None:
    locks, both = KeyedLocks(Rank.CLIENT), threading.Barrier(2, timeout=10)

    def cross(first: str, then: str) -> None:
        with locks.hold(first):
            both.wait()
            with pytest.raises(WrongOrder), locks.hold(then):
                pass

    with order_checked() as refused, ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, ["anna", "bert"], ["bert", "anna"]))
    assert len(refused) == 2
    assert len(locks) == 0


def test_a_refused_lock_is_not_held_and_the_held_ones_are_released() -> None:
    database, chroma = RankedLock(Rank.DATABASE), RankedLock(Rank.CHROMA)
    with order_checked():
        with pytest.raises(WrongOrder), database, chroma:
            pass
        with chroma, database:
            pass


def test_the_order_counts_for_each_thread_by_itself() -> None:
    database, clients = RankedLock(Rank.DATABASE), KeyedLocks(Rank.CLIENT)

    def in_another_thread() -> None:
        with clients.hold("anna"):
            pass

    with order_checked() as refused, database, ThreadPoolExecutor(1) as pool:
        pool.submit(in_another_thread).result(10)
    assert refused == []


def test_on_an_event_loop_only_leaves_are_taken() -> None:
    async def take(rank: Rank) -> None:
        with RankedLock(rank):
            pass

    with order_checked() as refused:
        asyncio.run(take(Rank.LEAF))
        with pytest.raises(WrongOrder, match="DATABASE on an event loop"):
            asyncio.run(take(Rank.DATABASE))
    assert len(refused) == 1
