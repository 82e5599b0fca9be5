"""Questions that share runs: who waits, who is taken along, and what a failing run does."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from app.common.errors import Unavailable
from app.common.vectors import Vectors
from app.services.embedding.question_runs import QuestionRuns, RunStats, TokenIds
from tests.waiting import PATIENCE, wait_for


class Model:
    """Its vector of a question is the question's first token. A run waits until the test lets it end."""

    def __init__(self) -> None:
        self.runs: list[list[TokenIds]] = []
        self.held = threading.Semaphore(0)

    def run(self, questions: Sequence[TokenIds]) -> Vectors:
        self.runs.append(list(questions))
        assert self.held.acquire(timeout=PATIENCE)
        if any(tokens[0] < 0 for tokens in questions):
            raise ArithmeticError
        return np.array([[tokens[0]] for tokens in questions], dtype=np.float32)


@contextmanager
def asking(runs: QuestionRuns) -> Iterator[Callable[[TokenIds], "Future[Vectors]"]]:
    """A function that asks in a thread of its own and returns when the question runs or waits."""
    with ThreadPoolExecutor(20) as threads:

        def ask(tokens: TokenIds) -> "Future[Vectors]":
            before = runs.stats()
            asked = threads.submit(runs.vector, tokens)
            wait_for(lambda: runs.stats() != before)
            return asked

        yield ask


def few(texts: int, longest: int) -> bool:
    return texts * longest <= 6


def test_who_waits_is_taken_along_by_the_next_run() -> None:
    model = Model()
    runs = QuestionRuns(model.run, at_once=1, fits=few)
    with asking(runs) as ask:
        asked = [ask([number]) for number in range(9)]
        model.held.release(3)
        assert [int(one.result(PATIENCE)[0]) for one in asked] == list(range(9))
    assert model.runs == [[[0]], [[1], [2], [3], [4], [5], [6]], [[7], [8]]]


def test_a_long_question_holds_up_no_short_ones() -> None:
    model = Model()
    runs = QuestionRuns(model.run, at_once=1, fits=few)
    with asking(runs) as ask:
        asked = [ask(tokens) for tokens in ([0], [1], [2], [3] * 5, [4])]
        model.held.release(4)
        assert [int(one.result(PATIENCE)[0]) for one in asked] == list(range(5))
    assert model.runs == [[[0]], [[1], [2]], [[3] * 5], [[4]]]


def test_a_question_longer_than_a_run_is_run_alone() -> None:
    model = Model()
    runs = QuestionRuns(model.run, at_once=1, fits=few)
    model.held.release()
    assert int(runs.vector([7] * 100)[0]) == 7


def test_as_many_runs_go_on_as_may() -> None:
    model = Model()
    runs = QuestionRuns(model.run, at_once=2, fits=few)
    with asking(runs) as ask:
        asked = [ask([number]) for number in range(4)]
        wait_for(lambda: len(model.runs) == 2)
        assert runs.stats() == RunStats(running=2, waiting=2)
        assert [len(run) for run in model.runs] == [1, 1]
        model.held.release(4)
        assert [int(one.result(PATIENCE)[0]) for one in asked] == list(range(4))
        wait_for(lambda: runs.stats() == RunStats(running=0, waiting=0))


def test_a_failing_run_fails_for_all_in_it_and_the_next_goes_on() -> None:
    model = Model()
    runs = QuestionRuns(model.run, at_once=1, fits=few)
    with asking(runs) as ask:
        first, bad, beside, after = (ask(tokens) for tokens in ([0], [-1], [2], [3] * 6))
        model.held.release(3)
        for failed in (bad, beside):
            with pytest.raises(ArithmeticError):
                failed.result(PATIENCE)
        assert (int(first.result(PATIENCE)[0]), int(after.result(PATIENCE)[0])) == (0, 3)


def test_closing_answers_who_waits_and_takes_nobody_more() -> None:
    model = Model()
    runs = QuestionRuns(model.run, at_once=1, fits=few)
    with asking(runs) as ask:
        asked = [ask([number]) for number in range(3)]
        runs.close()
        with pytest.raises(Unavailable):
            runs.vector([4])
        model.held.release(2)
        assert [int(one.result(PATIENCE)[0]) for one in asked] == list(range(3))
