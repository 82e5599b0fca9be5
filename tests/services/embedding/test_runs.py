"""Many texts at once: batches, turns, questions before bulk work, and the end."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from app.common.cores import usable_cores
from app.common.errors import Unavailable
from app.common.vectors import Vectors
from app.services.embedding.onnx import PADDED_TOKENS_PER_RUN, pack
from app.services.embedding.opening import open_embedder
from app.services.embedding.source import DEFAULT_MODEL, find_model
from app.services.embedding.torch import TorchEmbedder, Turns
from app.services.embedding.types import Embedder
from tests.services.embedding.comparing import TEXTS, cosines, skip_without_torch
from tests.waiting import wait_for


def in_threads(embedder: Embedder, texts: list[str]) -> list[Vectors]:
    """The vectors of questions that all arrive at once."""
    start = threading.Barrier(len(texts))

    def ask(text: str) -> Vectors:
        start.wait()
        return embedder.embed_question(text)

    with ThreadPoolExecutor(len(texts)) as pool:
        return list(pool.map(ask, texts))


@pytest.mark.parametrize("lengths", [[], [300], [3] * 100, [256, 1, 128, 7, 128, 300, 2]])
def test_runs_hold_each_text_once_and_are_small(lengths: list[int]) -> None:
    groups = pack(lengths)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    assert all(
        len(group) == 1 or len(group) * max(lengths[index] for index in group) <= PADDED_TOKENS_PER_RUN
        for group in groups
    )


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_progress_is_told_after_each_batch(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    told: list[int] = []
    embedder.embed_texts(["one two three " * 20] * 12, on_batch=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == 12


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_work_stops_when_the_progress_callback_raises(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    told: list[int] = []

    def cancel(done: int) -> None:
        told.append(done)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        embedder.embed_texts(["one two three " * 60] * 40, on_batch=cancel)
    assert len(told) == 1
    assert embedder.embed_texts(["still works"]).shape == (1, embedder.dimension)


def test_callers_at_once_get_their_own_vectors(onnx: Embedder) -> None:
    texts = [[f"caller {caller} text {number}" for number in range(20)] for caller in range(6)]
    expected = [onnx.embed_texts(own) for own in texts]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(onnx.embed_texts, texts))
    assert min(cosines(a, b).min() for a, b in zip(expected, found, strict=True)) > 0.9999


def test_bulk_work_uses_no_more_threads_than_allowed_however_many_ask(cache: Path) -> None:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache, threads=1)) as embedder:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(embedder.embed_texts, [["some words " * 40] * 6] * 4))
        names = [thread.name for thread in threading.enumerate()]
        assert sum(name.startswith("embed-bulk") for name in names) == 1


def test_callers_take_turns(cache: Path) -> None:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache, threads=1)) as embedder:
        ended: list[str] = []
        begun = threading.Event()

        def long() -> None:
            embedder.embed_texts(["some words " * 100] * 30, on_batch=lambda _: begun.set())
            ended.append("long")

        with ThreadPoolExecutor(1) as pool:
            pool.submit(long)
            assert begun.wait(30)
            embedder.embed_texts(["short"])
            ended.append("short")
        assert ended == ["short", "long"]


def test_a_hundred_questions_at_once_are_answered_each_with_its_own(onnx: Embedder) -> None:
    questions = [f"Question number {number} is about {'very ' * (number % 9)}much" for number in range(100)]
    expected = onnx.embed_texts(questions)
    assert cosines(np.stack(in_threads(onnx, questions)), expected).min() > 0.9999


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_question_is_answered_while_bulk_work_goes_on(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    begun, asked = threading.Event(), threading.Event()

    def wait_for_the_question(_: int) -> None:
        begun.set()
        assert asked.wait(30)

    with ThreadPoolExecutor(1) as pool:
        bulk = pool.submit(embedder.embed_texts, ["some words " * 40] * 40, wait_for_the_question)
        assert begun.wait(30)
        embedder.embed_question("answered now?")
        embedder.embed_texts(["so is this"], urgent=True)
        assert not bulk.done()
        asked.set()
        assert len(bulk.result()) == 40


def test_a_question_gets_the_next_turn_before_bulk_work() -> None:
    turns, order = Turns(), list[str]()

    def ask() -> None:
        with turns.question():
            order.append("question")

    question = threading.Thread(target=ask)
    with turns.bulk():
        question.start()
        wait_for(lambda: turns.questions_waiting)
    with turns.bulk():
        order.append("bulk")
    question.join()
    assert order == ["question", "bulk"]


def test_urgent_texts_are_not_bulk_work(cache: Path) -> None:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)) as embedder:
        found = embedder.embed_texts(TEXTS, urgent=True)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("embed-bulk")]
        assert cosines(found, embedder.embed_texts(TEXTS)).min() > 0.9999


@pytest.mark.parametrize(("limit", "at_most"), [("150000 100000", 2), ("10000 100000", 1), ("max 100000", 4096)])
def test_a_containers_limit_bounds_the_cores(limit: str, at_most: int, tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert usable_cores(file) == min(at_most, usable_cores(tmp_path / "absent"))


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux alone")
def test_bulk_threads_yield_to_everything_else(onnx: Embedder) -> None:
    onnx.embed_texts(["word"])
    onnx.embed_texts(["word"], urgent=True)
    niceness = {
        thread.name.rpartition("_")[0]: os.getpriority(os.PRIO_PROCESS, thread.native_id or 0)
        for thread in threading.enumerate()
    }
    assert niceness["embed-bulk"] > niceness["embed-urgent"]


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_a_closed_embedder_is_unavailable(kind: str, cache: Path) -> None:
    embedder: Embedder
    if kind == "onnx":
        embedder = open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)
    else:
        skip_without_torch()
        embedder = TorchEmbedder(find_model(DEFAULT_MODEL), device="cpu")
    embedder.close()
    embedder.close()
    with pytest.raises(Unavailable):
        embedder.embed_question("late")
    with pytest.raises(Unavailable):
        embedder.embed_texts(["late"])


def test_closing_gives_up_bulk_work_under_way(cache: Path) -> None:
    embedder = open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        bulk = pool.submit(embedder.embed_texts, ["some words " * 100] * 200, lambda _: begun.set())
        assert begun.wait(30)
        embedder.close()
        with pytest.raises(Unavailable):
            bulk.result()
