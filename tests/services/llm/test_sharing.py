"""Many callers of one language model: at once, leaving, waiting for a slot, and its end."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from app.common.errors import Unavailable
from app.services.llm.model import (
    CallLimits,
    Completion,
)
from tests.services.llm.asking import ALICE, BOB, BOTH_WAYS, QUESTION, RETRYING, Open, ask, complete, read
from tests.standin import Behaviour, Hang, Reply, StandIn


def test_a_hundred_callers_are_with_the_vendor_at_the_same_time(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Reply("Together.", once_open=100)
    model = opened(limits=CallLimits(timeout=30))
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: complete(model).text, range(100)))
    assert answers == ["Together."] * 100


def test_connections_are_used_again(opened: Open, standin: StandIn) -> None:
    model = opened()
    for _ in range(5):
        complete(model)
    assert standin.connections == 1


def test_a_hundred_streams_flow_at_the_same_time(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Reply("one two three", once_open=100)
    model = opened(limits=CallLimits(timeout=30))

    async def read_all() -> list[list[str | Completion]]:
        return await asyncio.gather(*(read(model) for _ in range(100)))

    assert {"".join(map(str, pieces[:-1])) for pieces in asyncio.run(read_all())} == {"one two three"}


def test_a_reader_who_leaves_ends_the_vendors_call_and_frees_the_slot(opened: Open, standin: StandIn) -> None:
    standin.script(Hang(1))
    model = opened(limits=replace(RETRYING, max_concurrency=1, queue_timeout=5))

    async def leave_after_the_first_word() -> None:
        async with aclosing(model.stream(ALICE, QUESTION)) as pieces:
            assert await anext(pieces) == "An "

    asyncio.run(leave_after_the_first_word())
    standin.wait_until(lambda s: s.cancelled_calls == 1)
    assert complete(model).text == "An answer."


def test_a_reader_who_leaves_before_the_first_word_ends_the_vendors_call(opened: Open, standin: StandIn) -> None:
    standin.script(Hang())
    model = opened(limits=replace(RETRYING, max_concurrency=1))

    async def give_up() -> None:
        task = asyncio.create_task(read(model))
        await asyncio.to_thread(standin.wait_until, lambda s: s.open_calls == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(give_up())
    standin.wait_until(lambda s: s.cancelled_calls == 1)
    assert complete(model).text == "An answer."


def test_a_client_that_floods_leaves_slots_for_others(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda request: Hang() if request.model == "slow" else Reply("Here.")
    model = opened(limits=replace(RETRYING, max_concurrency=5, queue_timeout=30))
    with ThreadPoolExecutor(6) as pool:
        flood = [pool.submit(complete, model, model="slow") for _ in range(5)]
        standin.wait_until(lambda s: s.open_calls == 4)
        assert complete(model, BOB).text == "Here."
        assert standin.peak_open_calls <= 5
        model.close()
        assert {type(call.exception()) for call in flood} == {Unavailable}


def test_a_free_slot_goes_to_the_client_that_holds_the_fewest(opened: Open, standin: StandIn) -> None:
    order: list[str] = []

    def note(request: Any) -> Behaviour:
        order.append(request.model)
        return Reply("ok", delay=0.2)

    standin.behave = note
    model = opened(limits=replace(RETRYING, max_concurrency=8, client_share=1.0, queue_timeout=30))
    with ThreadPoolExecutor(11) as pool:
        calls = [pool.submit(complete, model, model="alice-first") for _ in range(8)]
        standin.wait_until(lambda s: s.open_calls == 8)
        calls += [pool.submit(complete, model, model="alice-later") for _ in range(2)]
        standin.wait_until(lambda _: model.stats().waiting == 2)
        calls += [pool.submit(complete, model, BOB, model="bob")]
        assert all(call.result().text == "ok" for call in calls)
    assert order[8] == "bob"


def test_who_finds_no_slot_in_time_is_told_to_come_back(opened: Open, standin: StandIn) -> None:
    standin.script(Hang())
    model = opened(limits=replace(RETRYING, max_concurrency=1, queue_timeout=0.05))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(complete, model)
        standin.wait_until(lambda s: s.open_calls == 1)
        with pytest.raises(Unavailable) as caught:
            complete(model, BOB)
        model.close()
        assert isinstance(first.exception(), Unavailable)
    assert (caught.value.code, caught.value.retry_after) == ("model_queue_full", 1)


def test_one_client_cannot_fill_the_queue(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Hang()
    model = opened(limits=replace(RETRYING, max_concurrency=4, client_share=0.5, queue_timeout=30))
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(complete, model) for _ in range(3)]
        standin.wait_until(lambda s: s.open_calls == 2 and model.stats().waiting == 1)
        with pytest.raises(Unavailable, match="waiting"):
            complete(model)
        model.close()
        assert all(isinstance(call.exception(), Unavailable) for call in calls)


@BOTH_WAYS
def test_a_closed_model_says_so(opened: Open, how: str) -> None:
    model = opened()
    model.close()
    with pytest.raises(Unavailable, match="shutting down"):
        ask(model, how)


def test_closing_ends_running_streams(opened: Open, standin: StandIn) -> None:
    standin.script(Hang(1))
    model = opened()

    async def read_while_closing() -> None:
        pieces = model.stream(ALICE, QUESTION)
        await anext(pieces)
        await asyncio.to_thread(model.close)
        with pytest.raises(Unavailable):
            await anext(pieces)

    asyncio.run(read_while_closing())
    standin.wait_until(lambda s: s.open_calls == 0)
