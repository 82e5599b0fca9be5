"""Tokens and calls are counted however they end."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from app.common.errors import UpstreamFailed
from app.services.llm.model import estimate_tokens
from tests.services.llm.asking import ALICE, BOTH_PROVIDERS, BOTH_WAYS, ONE_TRY, QUESTION, RETRYING, Open, ask
from tests.standin import Drop, Reply, StandIn, Status
from tests.telemetry.figures import counted


def tokens() -> dict[str, float]:
    return {
        f"{direction} {by}": counted("rag_model_tokens_total", {"direction": direction, "counted": by})
        for direction in ("in", "out")
        for by in ("vendor", "estimate")
    }


def since(before: dict[str, float]) -> dict[str, float]:
    return {name: now - before[name] for name, now in tokens().items() if now != before[name]}


def calls(outcome: str) -> float:
    return counted("rag_model_calls_total", {"outcome": outcome})


@BOTH_PROVIDERS
@BOTH_WAYS
def test_the_vendors_own_count_is_taken(provider: str, how: str, opened: Open, standin: StandIn) -> None:
    before, ok = tokens(), calls("ok")
    standin.script(Reply("Refunds take five days."))
    ask(opened(provider), how)
    prompt = len(standin.requests[0].prompt.split())
    assert since(before) == {"in vendor": prompt, "out vendor": 4}
    assert calls("ok") == ok + 1


def test_a_stream_that_is_left_is_estimated(opened: Open, standin: StandIn) -> None:
    before = tokens()
    standin.script(Reply("Refunds take five days. " * 50, word_delay=0.01))
    got: list[str] = []

    async def leave_early() -> None:
        async with aclosing(opened("groq").stream(ALICE, QUESTION)) as pieces:
            async for piece in pieces:
                got.append(str(piece))
                break

    asyncio.run(leave_early())
    standin.wait_until(lambda model: model.cancelled_calls == 1)
    spent = since(before)
    assert spent["in estimate"] == sum(estimate_tokens(str(message.text)) for message in QUESTION)
    assert spent["out estimate"] >= estimate_tokens("".join(got))
    assert set(spent) == {"in estimate", "out estimate"}


def test_a_stream_that_breaks_counts_what_came(opened: Open, standin: StandIn) -> None:
    before, broken = tokens(), counted("rag_model_broken_streams_total")
    standin.script(Drop(after_words=1))
    with pytest.raises(Exception, match=r"\w"):
        ask(opened("groq", limits=ONE_TRY), "stream")
    assert set(since(before)) == {"in estimate", "out estimate"}
    assert counted("rag_model_broken_streams_total") == broken + 1


def test_each_try_is_a_call_of_its_own(opened: Open, standin: StandIn) -> None:
    before, failed, ok = tokens(), calls("model_failed"), calls("ok")
    standin.script(Status(500), Status(500), Reply("second try"))
    ask(opened("groq", limits=RETRYING), "complete")
    assert (calls("model_failed") - failed, calls("ok") - ok) == (2, 1)
    assert since(before)["out vendor"] == 2


def test_a_fallback_and_a_pause_show(opened: Open, standin: StandIn) -> None:
    fallbacks = counted("rag_model_fallbacks_total")
    limits = replace(ONE_TRY, breaker_failures=1)
    model = opened("groq", limits=limits, fallback_model="other")
    standin.script(Status(500), Reply("from the other one"))
    ask(model, "complete")
    assert counted("rag_model_fallbacks_total") == fallbacks + 1
    assert model.paused() == 1
    standin.script(Status(500))
    with pytest.raises(UpstreamFailed):
        ask(model, "complete")
    assert model.paused() == 2
