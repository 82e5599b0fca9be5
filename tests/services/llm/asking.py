"""Asking the language model at the stand-in, in one piece or as a stream."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from app.common.ids import ClientId
from app.services.llm.model import (
    CallLimits,
    Completion,
    VendorModel,
)
from tests.standin import Behaviour, Hang

ALICE, BOB = ClientId("alice"), ClientId("bob")
QUESTION = [SystemMessage("Answer from the passages."), HumanMessage("How long do refunds take?")]
ONE_TRY = CallLimits(timeout=20, attempts=1, breaker_failures=1000)
RETRYING = CallLimits(timeout=20, attempts=3, backoff=0.01, breaker_failures=1000)
TOO_LONG = {"error": {"message": "Please reduce the length", "code": "context_length_exceeded"}}
Open = Callable[..., VendorModel]


def limits_for(behaviour: Behaviour, seconds: float = 0.2) -> CallLimits:
    """Short only where waiting is what is tested: a slow machine must not fail the other cases."""
    return replace(ONE_TRY, call_timeout=seconds) if isinstance(behaviour, Hang) else ONE_TRY


def complete(
    model: VendorModel, client_id: ClientId = ALICE, messages: Sequence[BaseMessage] = QUESTION, /, **options: Any
) -> Completion:
    """Ask in one piece, on a loop of this thread's own."""
    return asyncio.run(model.complete(client_id, messages, **options))


async def read(model: VendorModel, client_id: ClientId = ALICE, /, **options: Any) -> list[str | Completion]:
    return [piece async for piece in model.stream(client_id, QUESTION, **options)]


def ask(model: VendorModel, how: str, client_id: ClientId = ALICE) -> Completion:
    """Ask in one piece or by stream, and return the whole."""
    if how == "complete":
        return complete(model, client_id)
    whole = asyncio.run(read(model, client_id))[-1]
    assert isinstance(whole, Completion)
    return whole


BOTH_PROVIDERS = pytest.mark.parametrize("provider", ["groq", "openai"])
BOTH_WAYS = pytest.mark.parametrize("how", ["complete", "stream"])
