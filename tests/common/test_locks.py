"""A lock for each key."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.common.locks import KeyedLocks


def test_holders_of_one_key_follow_each_other() -> None:
    locks, inside, seen = KeyedLocks(), [0], []

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
    locks, both = KeyedLocks(), threading.Barrier(2, timeout=10)

    def work(key: str) -> None:
        with locks.hold(key):
            both.wait()  # passes only when the other is inside too

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ["one", "two"]))


def test_a_key_is_free_again_after_an_error() -> None:
    locks = KeyedLocks()
    with pytest.raises(ValueError, match="inside"), locks.hold("key"):
        raise ValueError("inside")
    with locks.hold("key"):
        pass


def test_nothing_is_kept_of_keys_that_nobody_holds() -> None:
    locks = KeyedLocks()
    with ThreadPoolExecutor(8) as pool:

        def work(number: int) -> None:
            with locks.hold(number % 5):
                pass

        list(pool.map(work, range(200)))
    assert locks._locks == {}
