"""A queue for workers: owners take turns, and none has all workers."""

import threading
from typing import Any

from app.common.fair_queue import FairQueue
from tests.waiting import PATIENCE


def take(queue: FairQueue[str]) -> str:
    """Take an item, and be done with it at once."""
    taken = queue.take()
    assert taken is not None
    queue.done(taken[0])
    return taken[1]


def test_owners_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", ["a1", "a2", "a3"])
    queue.put("b", ["b1", "b2"])
    queue.put("c", ["c1"])
    assert [take(queue) for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_later_waits_for_one_thing_of_each_other() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", [f"a{n}" for n in range(100)])
    assert take(queue) == "a0"
    queue.put("b", ["b1"])
    assert [take(queue) for _ in range(3)] == ["a1", "b1", "a2"]


def test_an_owner_whose_things_take_long_has_its_share_of_workers_and_no_more() -> None:
    queue: FairQueue[str] = FairQueue(each=2)
    queue.put("a", ["a1", "a2", "a3"])
    assert [queue.take(), queue.take()] == [("a", "a1"), ("a", "a2")]
    taken: list[Any] = []
    worker = threading.Thread(target=lambda: taken.append(queue.take()))
    worker.start()
    queue.put("b", ["b1"])
    worker.join(PATIENCE)
    assert taken == [("b", "b1")]
    queue.done("a")
    assert queue.take() == ("a", "a3")


def test_unwanted_things_leave_the_queue_and_the_count() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", ["1", "2", "3"])
    queue.put("b", ["2"])
    queue.discard("a", lambda item: item >= "2")
    assert (queue.count("a"), queue.count("b"), queue.count()) == (1, 1, 2)
    assert [take(queue), take(queue)] == ["1", "2"]


def test_closing_the_queue_lets_those_go_who_wait() -> None:
    queue: FairQueue[str] = FairQueue()
    taken: list[Any] = []
    waiting = threading.Thread(target=lambda: taken.append(queue.take()))
    waiting.start()
    queue.close()
    waiting.join(PATIENCE)
    assert taken == [None]


def test_it_says_how_many_things_are_worked_on_and_wait() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", ["a1", "a2", "a3"])
    queue.take()
    stats = queue.stats()
    assert (stats.at_work, stats.waiting) == (1, 2)
