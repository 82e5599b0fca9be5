"""The queue in which owners take turns."""

import threading

from app.services.jobs.queue import FairQueue
from tests.waiting import PATIENCE


def test_owners_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", ["a1", "a2", "a3"])
    queue.put("b", ["b1", "b2"])
    queue.put("c", ["c1"])
    assert [queue.take() for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_later_waits_for_one_thing_of_each_other() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", [f"a{n}" for n in range(100)])
    assert queue.take() == "a0"
    queue.put("b", ["b1"])
    assert [queue.take(), queue.take(), queue.take()] == ["a1", "b1", "a2"]


def test_unwanted_things_leave_the_queue_and_the_count() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.put("a", [1, 2, 3])
    queue.put("b", [2])
    queue.discard("a", lambda item: item >= 2)
    assert (queue.count("a"), queue.count("b"), queue.count()) == (1, 1, 2)
    assert [queue.take(), queue.take()] == [1, 2]


def test_closing_the_queue_lets_those_go_who_wait() -> None:
    queue: FairQueue[int] = FairQueue()
    taken: list[int | None] = []
    waiting = threading.Thread(target=lambda: taken.append(queue.take()))
    waiting.start()
    queue.close()
    waiting.join(PATIENCE)
    assert taken == [None]
