"""The language model against a real HTTP server on loopback, through the real langchain-groq and langchain-openai."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from app.common.errors import AppError, Unavailable, UpstreamBusy, UpstreamFailed, UpstreamTimeout
from app.common.ids import ClientId
from app.services.llm.errors import parse_retry_after
from app.services.llm.loop_thread import LoopThread
from app.services.llm.model import (
    CallLimits,
    Completion,
    Endpoint,
    Usage,
    VendorModel,
    estimate_tokens,
    open_language_model,
)
from app.services.llm.vendors import Provider
from tests.standin import Behaviour, Cut, Drop, Hang, Malformed, Reply, StandIn, Status, StreamError
from tests.waiting import turn

ALICE, BOB = ClientId("alice"), ClientId("bob")
QUESTION = [SystemMessage("Answer from the passages."), HumanMessage("How long do refunds take?")]
ONE_TRY = CallLimits(timeout=20, attempts=1, breaker_failures=1000)
RETRYING = CallLimits(timeout=20, attempts=3, backoff=0.01, breaker_failures=1000)
TOO_LONG = {"error": {"message": "Please reduce the length", "code": "context_length_exceeded"}}

Open = Callable[..., VendorModel]


def limits_for(behaviour: Behaviour, seconds: float = 0.2) -> CallLimits:
    """Short only where waiting is what is tested: a slow machine must not fail the other cases."""
    return replace(ONE_TRY, call_timeout=seconds) if isinstance(behaviour, Hang) else ONE_TRY


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def opened(standin: StandIn) -> Iterator[Open]:
    """Opens models at the stand-in and closes them at the end."""
    models: list[VendorModel] = []

    def open_at_standin(provider: Provider = "groq", limits: CallLimits = RETRYING, **options: Any) -> VendorModel:
        base_url = standin.base_url if provider == "groq" else standin.openai_base_url
        model = open_language_model(provider, Endpoint("k3y", base_url), model="llama", limits=limits, **options)
        models.append(model)
        return model

    yield open_at_standin
    for model in models:
        model.close()


async def read(model: VendorModel, client_id: ClientId = ALICE, /, **options: Any) -> list[str | Completion]:
    return [piece async for piece in model.stream(client_id, QUESTION, **options)]


def ask(model: VendorModel, how: str, client_id: ClientId = ALICE) -> Completion:
    """Ask in one piece or by stream, and return the whole."""
    if how == "complete":
        return model.complete(client_id, QUESTION)
    whole = asyncio.run(read(model, client_id))[-1]
    assert isinstance(whole, Completion)
    return whole


BOTH_PROVIDERS = pytest.mark.parametrize("provider", ["groq", "openai"])
BOTH_WAYS = pytest.mark.parametrize("how", ["complete", "stream"])


@BOTH_PROVIDERS
@BOTH_WAYS
def test_the_answer_comes_with_model_and_usage(opened: Open, standin: StandIn, provider: Provider, how: str) -> None:
    standin.answer = "Five days [1]."
    assert ask(opened(provider), how) == Completion("Five days [1].", "llama", Usage(9, 3, 12))


@BOTH_PROVIDERS
def test_messages_key_model_and_temperature_are_sent(opened: Open, standin: StandIn, provider: Provider) -> None:
    model = opened(provider, temperature=0.2)
    model.complete(ALICE, [*QUESTION, AIMessage("Five days."), HumanMessage("Why?")])
    request = standin.requests[0]
    assert [(m["role"], m["content"]) for m in request.messages] == [
        ("system", "Answer from the passages."),
        ("user", "How long do refunds take?"),
        ("assistant", "Five days."),
        ("user", "Why?"),
    ]
    assert request.headers["authorization"] == "Bearer k3y"
    assert (request.model, request.body["temperature"]) == ("llama", 0.2)


@BOTH_WAYS
def test_a_call_may_choose_model_and_temperature(opened: Open, standin: StandIn, how: str) -> None:
    model = opened()
    if how == "complete":
        model.complete(ALICE, QUESTION, temperature=0.0, model="gemma")
    else:
        asyncio.run(read(model, temperature=0.0, model="gemma"))
    assert (standin.requests[0].model, standin.requests[0].body["temperature"]) == ("gemma", 0.0)


@BOTH_PROVIDERS
def test_a_stream_yields_words_as_they_come(opened: Open, standin: StandIn, provider: Provider) -> None:
    standin.answer = "one two three"
    *words, last = asyncio.run(read(opened(provider)))
    assert "".join(map(str, words)) == "one two three"
    assert isinstance(last, Completion)


def test_words_that_pile_up_unread_become_one_piece() -> None:
    async def source() -> AsyncGenerator[str | int, None]:
        for piece in ("one ", "two ", "three", 4, "five"):
            yield piece

    def joined(first: str | int, second: str | int) -> str | int | None:
        return first + second if isinstance(first, str) and isinstance(second, str) else None

    async def read_late(*, merged: bool) -> list[str | int]:
        pieces = loop.relay(source(), merge=joined if merged else None)
        first = [await anext(pieces)]
        await asyncio.to_thread(loop.run, turn())  # all is there now
        return first + [piece async for piece in pieces]

    loop = LoopThread("test")
    try:
        merged, apart = asyncio.run(read_late(merged=True)), asyncio.run(read_late(merged=False))
    finally:
        loop.close(turn())
    assert merged[-2:] == [4, "five"]
    assert "".join(map(str, merged)) == "one two three4five"
    assert len(merged) < len(apart)
    assert apart == ["one ", "two ", "three", 4, "five"]


def test_a_groq_address_that_ends_in_openai_v1_works_too(standin: StandIn) -> None:
    with closing(open_language_model("groq", Endpoint("k", f"{standin.base_url}/openai/v1/"), model="m")) as model:
        model.complete(ALICE, QUESTION)
    assert standin.requests[0].path == "/openai/v1/chat/completions"


def test_a_server_without_key_never_gets_the_key_of_another(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-meant-for-openai")
    with closing(open_language_model("openai", Endpoint("", standin.openai_base_url), model="m")) as model:
        model.complete(ALICE, QUESTION)
    assert "sk-meant-for-openai" not in str(standin.requests[0].headers)


FAILURES: list[tuple[Behaviour, tuple[type[AppError], str]]] = [
    (Status(401), (UpstreamFailed, "model_auth_failed")),
    (Status(403), (UpstreamFailed, "model_auth_failed")),
    (Status(404), (UpstreamFailed, "model_not_found")),
    (Status(400), (UpstreamFailed, "model_rejected")),
    (Status(400, body=TOO_LONG), (UpstreamFailed, "model_context_too_long")),
    (Status(413), (UpstreamFailed, "model_context_too_long")),
    (Status(429), (UpstreamBusy, "model_busy")),
    (Status(500), (UpstreamFailed, "model_failed")),
    (Status(503), (UpstreamFailed, "model_failed")),
    (Hang(), (UpstreamTimeout, "model_timeout")),
    (Drop(), (UpstreamBusy, "model_unreachable")),
    (Reply(""), (UpstreamFailed, "model_empty_answer")),
    (Malformed(), (UpstreamFailed, "model_bad_answer")),
    (Malformed("{}"), (UpstreamFailed, "model_bad_answer")),
]


@BOTH_PROVIDERS
@pytest.mark.parametrize(("behaviour", "expected"), FAILURES)
def test_each_failure_has_its_error_and_no_vendor_text(
    opened: Open, standin: StandIn, provider: Provider, behaviour: Behaviour, expected: tuple[type[AppError], str]
) -> None:
    model = opened(provider, limits_for(behaviour))
    for how in ("complete", "stream"):
        standin.script(behaviour)
        with pytest.raises(AppError) as caught:
            ask(model, how)
        assert (type(caught.value), caught.value.code) == expected
        assert "vendor" not in caught.value.detail
    assert ask(opened(provider), "stream").text == "An answer."


@BOTH_WAYS
def test_a_vendor_that_is_not_there_is_unreachable(how: str) -> None:
    with StandIn() as standin:
        address = standin.base_url
    with (
        closing(open_language_model("groq", Endpoint("k", address), model="m", limits=ONE_TRY)) as model,
        pytest.raises(UpstreamBusy) as caught,
    ):
        ask(model, how)
    assert caught.value.code == "model_unreachable"


@BOTH_PROVIDERS
@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Cut(2), "model_unreachable"),
        (Drop(2), "model_unreachable"),
        (StreamError(2), "model_failed"),
        (Hang(2), "model_timeout"),
    ],
)
def test_a_stream_that_breaks_midway_gives_its_words_then_the_error_and_is_not_repeated(
    opened: Open, standin: StandIn, provider: Provider, behaviour: Behaviour, code: str
) -> None:
    async def read_until_error() -> tuple[str, str]:
        words = ""
        try:
            async for piece in opened(provider, limits).stream(ALICE, QUESTION):
                words += str(piece)
        except AppError as exc:
            return words, exc.code
        return words, "none"

    limits = replace(RETRYING, call_timeout=0.5) if isinstance(behaviour, Hang) else RETRYING
    standin.answer = "one two three four"
    standin.script(behaviour)
    assert asyncio.run(read_until_error()) == ("one two ", code)
    assert len(standin.requests) == 1


@BOTH_WAYS
@pytest.mark.parametrize(
    "behaviour", [Status(429, retry_after=0), Status(500), Status(503), Drop(), Reply(""), Malformed()]
)
def test_a_passing_failure_is_retried(opened: Open, standin: StandIn, how: str, behaviour: Behaviour) -> None:
    standin.script(behaviour, behaviour)
    assert ask(opened(), how).text == "An answer."
    assert len(standin.requests) == 3


@pytest.mark.parametrize("behaviour", [Status(401), Status(400, body=TOO_LONG), Status(404)])
def test_a_lasting_failure_is_not_retried(opened: Open, standin: StandIn, behaviour: Behaviour) -> None:
    standin.script(behaviour)
    with pytest.raises(UpstreamFailed):
        opened().complete(ALICE, QUESTION)
    assert len(standin.requests) == 1


def test_a_retry_waits_as_long_as_the_vendor_asks(opened: Open, standin: StandIn) -> None:
    standin.script(Status(429, retry_after=1))
    opened().complete(ALICE, QUESTION)
    first, second = standin.requests
    assert second.arrived - first.arrived >= 1


def test_a_wait_that_does_not_fit_the_deadline_is_passed_on_at_once(opened: Open, standin: StandIn) -> None:
    standin.script(Status(429, retry_after=77))
    with pytest.raises(UpstreamBusy) as caught:
        opened().complete(ALICE, QUESTION)
    assert caught.value.retry_after == 77
    assert len(standin.requests) == 1


def test_the_deadline_covers_all_retries(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Status(500, delay=0.2)
    with pytest.raises((UpstreamFailed, UpstreamTimeout)):
        opened(limits=replace(RETRYING, timeout=0.5, attempts=1000)).complete(ALICE, QUESTION)
    assert len(standin.requests) <= 3


@BOTH_WAYS
def test_a_retry_gets_only_what_is_left_of_the_deadline(opened: Open, standin: StandIn, how: str) -> None:
    standin.script(Status(500, delay=0.6), Reply("Too late.", delay=0.9))
    with pytest.raises(UpstreamTimeout):
        ask(opened(limits=replace(RETRYING, timeout=1.2)), how)


@BOTH_WAYS
@pytest.mark.parametrize("behaviour", [Status(429, retry_after=60), Status(500), Hang(), Drop(), Status(404)])
def test_the_fallback_model_answers_when_the_first_one_fails(
    opened: Open, standin: StandIn, how: str, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    standin.behave = lambda request: behaviour if request.model == "llama" else Reply("From the other.")
    with caplog.at_level(logging.WARNING):
        answer = ask(opened(limits=limits_for(behaviour, 1.0), fallback_model="gemma"), how)
    assert (answer.text, answer.model) == ("From the other.", "gemma")
    assert "falling back" in caplog.text


def test_a_wrong_key_is_no_reason_to_fall_back(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Status(401)
    with pytest.raises(UpstreamFailed):
        opened(fallback_model="gemma").complete(ALICE, QUESTION)
    assert [request.model for request in standin.requests] == ["llama"]


@BOTH_WAYS
@pytest.mark.parametrize("behaviour", [Status(500), Hang(), Drop()])
def test_a_dead_vendor_is_not_asked_until_the_pause_is_over(
    opened: Open, standin: StandIn, how: str, behaviour: Behaviour
) -> None:
    standin.behave = lambda _: behaviour
    model = opened(limits=replace(limits_for(behaviour), breaker_failures=2, breaker_pause=60))
    for _ in range(2):
        with pytest.raises(AppError):
            ask(model, how)
    with pytest.raises(UpstreamBusy) as caught:
        ask(model, how)
    assert (caught.value.code, caught.value.retry_after) == ("model_unavailable", 60)
    assert len(standin.requests) == 2


def test_streams_that_break_midway_count_against_the_vendor(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Drop(1)
    model = opened(limits=replace(ONE_TRY, breaker_failures=2))
    for _ in range(2):
        with pytest.raises(UpstreamBusy):
            asyncio.run(read(model))
    with pytest.raises(UpstreamBusy, match="pause"):
        asyncio.run(read(model))
    assert len(standin.requests) == 2


def test_retries_stop_when_the_vendor_is_given_its_pause(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Status(500)
    with pytest.raises(UpstreamBusy, match="pause"):
        opened(limits=replace(RETRYING, attempts=10, breaker_failures=2)).complete(ALICE, QUESTION)
    assert len(standin.requests) == 2


@BOTH_WAYS
def test_failures_that_are_not_in_a_row_do_not_add_up(opened: Open, standin: StandIn, how: str) -> None:
    model = opened(limits=replace(ONE_TRY, breaker_failures=2))
    for _ in range(3):
        standin.script(Status(500))
        with pytest.raises(UpstreamFailed):
            ask(model, how)
        assert ask(model, how).text == "An answer."


def test_a_stream_that_never_ends_is_ended(opened: Open, standin: StandIn) -> None:
    standin.answer, standin.word_delay = "again " * 500, 0.02
    with pytest.raises(UpstreamTimeout):
        asyncio.run(read(opened(limits=replace(RETRYING, stream_timeout=0.2))))
    standin.wait_until(lambda s: s.cancelled_calls == 1)


def test_after_the_pause_one_good_answer_makes_the_vendor_whole_again(opened: Open, standin: StandIn) -> None:
    standin.script(Status(500), Status(500))
    model = opened(limits=replace(ONE_TRY, breaker_failures=2, breaker_pause=0.0))
    for _ in range(2):
        with pytest.raises(UpstreamFailed):
            model.complete(ALICE, QUESTION)
    assert [model.complete(ALICE, QUESTION).text for _ in range(2)] == ["An answer."] * 2


def test_a_rate_limit_is_no_sign_of_death(opened: Open, standin: StandIn) -> None:
    standin.script(*[Status(429)] * 3)
    model = opened(limits=replace(ONE_TRY, breaker_failures=2))
    for _ in range(3):
        with pytest.raises(UpstreamBusy):
            model.complete(ALICE, QUESTION)
    assert model.complete(ALICE, QUESTION).text == "An answer."


def test_a_hundred_callers_are_with_the_vendor_at_the_same_time(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Reply("Together.", once_open=100)
    model = opened(limits=CallLimits(timeout=30))
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: model.complete(ALICE, QUESTION).text, range(100)))
    assert answers == ["Together."] * 100


def test_connections_are_used_again(opened: Open, standin: StandIn) -> None:
    model = opened()
    for _ in range(5):
        model.complete(ALICE, QUESTION)
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
    assert model.complete(ALICE, QUESTION).text == "An answer."


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
    assert model.complete(ALICE, QUESTION).text == "An answer."


def test_a_client_that_floods_leaves_slots_for_others(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda request: Hang() if request.model == "slow" else Reply("Here.")
    model = opened(limits=replace(RETRYING, max_concurrency=5, queue_timeout=30))
    with ThreadPoolExecutor(6) as pool:
        flood = [pool.submit(model.complete, ALICE, QUESTION, model="slow") for _ in range(5)]
        standin.wait_until(lambda s: s.open_calls == 4)
        assert model.complete(BOB, QUESTION).text == "Here."
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
        calls = [pool.submit(model.complete, ALICE, QUESTION, model="alice-first") for _ in range(8)]
        standin.wait_until(lambda s: s.open_calls == 8)
        calls += [pool.submit(model.complete, ALICE, QUESTION, model="alice-later") for _ in range(2)]
        standin.wait_until(lambda _: model.stats().waiting == 2)
        calls += [pool.submit(model.complete, BOB, QUESTION, model="bob")]
        assert all(call.result().text == "ok" for call in calls)
    assert order[8] == "bob"


def test_who_finds_no_slot_in_time_is_told_to_come_back(opened: Open, standin: StandIn) -> None:
    standin.script(Hang())
    model = opened(limits=replace(RETRYING, max_concurrency=1, queue_timeout=0.05))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(model.complete, ALICE, QUESTION)
        standin.wait_until(lambda s: s.open_calls == 1)
        with pytest.raises(Unavailable) as caught:
            model.complete(BOB, QUESTION)
        model.close()
        assert isinstance(first.exception(), Unavailable)
    assert (caught.value.code, caught.value.retry_after) == ("model_queue_full", 1)


def test_one_client_cannot_fill_the_queue(opened: Open, standin: StandIn) -> None:
    standin.behave = lambda _: Hang()
    model = opened(limits=replace(RETRYING, max_concurrency=4, client_share=0.5, queue_timeout=30))
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(model.complete, ALICE, QUESTION) for _ in range(3)]
        standin.wait_until(lambda s: s.open_calls == 2 and model.stats().waiting == 1)
        with pytest.raises(Unavailable, match="waiting"):
            model.complete(ALICE, QUESTION)
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


def test_nothing_of_key_question_or_vendor_is_logged(
    opened: Open, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    standin.script(Status(500), Malformed())
    with caplog.at_level(logging.DEBUG, logger="app"):
        opened().complete(ALICE, QUESTION)
    assert caplog.records
    for secret in ("k3y", "refunds", "vendor text"):
        assert secret not in caplog.text
    assert "k3y" not in repr(Endpoint("k3y"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7), ("0.2", 1), ("-3", 0), ("999999", 3600), ("soon", None), ("inf", None), ("nan", None)],
)
def test_retry_after_is_read_as_seconds(header: str | None, seconds: int | None) -> None:
    assert parse_retry_after(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    seconds = parse_retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    assert seconds is not None
    assert 90 <= seconds <= 100


def test_the_token_estimate_grows_with_the_text() -> None:
    assert estimate_tokens("") == 0
    assert 20 <= estimate_tokens("How long does it take until a refund reaches my account, and who pays it?") <= 24
