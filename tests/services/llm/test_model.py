""""""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from app.services.llm.loop_thread import LoopThread
from app.services.llm.model import (
    Completion,
    Endpoint,
    Usage,
    estimate_tokens,
    open_language_model,
)
from app.services.llm.vendors import Provider
from tests.services.llm.asking import ALICE, BOTH_PROVIDERS, BOTH_WAYS, QUESTION, Open, ask, complete, read
from tests.standin import StandIn
from tests.waiting import turn


@BOTH_PROVIDERS
@BOTH_WAYS
def test_the_answer_comes_with_model_and_usage(opened: Open, standin: StandIn, provider: Provider, how: str) -> None:
    standin.answer = "Five days [1]."
    assert ask(opened(provider), how) == Completion("Five days [1].", "llama", Usage(9, 3, 12))


@BOTH_PROVIDERS
def test_messages_key_model_and_temperature_are_sent(opened: Open, standin: StandIn, provider: Provider) -> None:
    model = opened(provider, temperature=0.2)
    complete(model, ALICE, [*QUESTION, AIMessage("Five days."), HumanMessage("Why?")])
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
        complete(model, temperature=0.0, model="gemma")
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
        await loop.run(turn())  # all is there now
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
        complete(model)
    assert standin.requests[0].path == "/openai/v1/chat/completions"


def test_a_server_without_key_never_gets_the_key_of_another(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-meant-for-openai")
    with closing(open_language_model("openai", Endpoint("", standin.openai_base_url), model="m")) as model:
        complete(model)
    assert "sk-meant-for-openai" not in str(standin.requests[0].headers)


def test_the_token_estimate_grows_with_the_text() -> None:
    assert estimate_tokens("") == 0
    assert 20 <= estimate_tokens("How long does it take until a refund reaches my account, and who pays it?") <= 24
