"""Many calls of all kinds at one stand-in, which counts for itself: answers, failures, retries, streams left early.

The stand-in counts words where it tells its count, and by the rule of estimates where it cannot, over what it has sent.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing, suppress

import numpy as np
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.metering import Usage
from app.services.llm.model import VendorModel, estimate_tokens
from app.services.metering.meter import UsageMeter
from app.services.metering.store import Question
from tests.standin import Behaviour, Cut, Hang, Malformed, Reply, Request, StandIn, Status, StreamError
from tests.waiting import wait_for

WORDS = "Refunds for bicycles take five working days, counted from the day of the claim."
CLIENTS = [ClientId(f"client-{number}") for number in range(5)]
AT_ONCE = 25
HOWS = ("complete", "stream", "complete-left", "stream-left")

Account = dict[tuple[str, str], Usage]
"""What was used, by client and model."""


class Ledger:
    """Decides what each call gets and keeps the stand-in's own account."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.account: Account = {}
        self.served: Counter[str] = Counter()
        self.asked: set[str] = set()

    def behave(self, request: Request) -> Behaviour:
        """Choose what happens, and count it."""
        behaviour = self._choose(request)
        self.served[type(behaviour).__name__] += 1
        spent = _spent(request, behaviour)
        if spent:
            whose = str(request.messages[0]["content"]), request.model
            self.account[whose] = self.account.get(whose, Usage()).plus(spent)
        self.asked.add(str(request.messages[-1]["content"]))
        return behaviour

    def _choose(self, request: Request) -> Behaviour:
        streamed = bool(request.body.get("stream"))
        if leaves := re.search(r"left after (\d) words", request.prompt):
            return Hang(after_words=int(leaves[1]) if streamed else 0)
        said = " ".join(WORDS.split()[: self._random.integers(1, 15)])
        faults: list[Behaviour] = [Status(500), Status(429, retry_after=0), Malformed(), Reply("")]
        if streamed:
            faults += [Cut(3), Cut(), StreamError(4), StreamError()]
        chances = [*faults, *[Reply(said)] * len(faults)]
        return chances[self._random.integers(len(chances))]


def _spent(request: Request, behaviour: Behaviour) -> Usage | None:
    """Return what a call costs as the stand-in sees it."""
    if isinstance(behaviour, Reply):
        tokens_in, tokens_out = len(request.prompt.split()), len(behaviour.text.split())
        return Usage(model_calls=1, tokens_in=tokens_in, tokens_out=tokens_out)
    sent = getattr(behaviour, "after_words", 0)
    if not sent and not isinstance(behaviour, Hang):
        return None
    asked = sum(estimate_tokens(str(message["content"])) for message in request.messages)
    written = estimate_tokens(_first(sent))
    return Usage(model_calls=1, tokens_in=asked, tokens_out=written, tokens_estimated=asked + written)


def _first(words: int) -> str:
    """Return the first words as the stand-in streams them."""
    return "".join(f"{word} " for word in WORDS.split()[:words])


async def ask_all(model: VendorModel, standin: StandIn, ledger: Ledger, *, calls: int) -> None:
    """Make the calls, some at a time; whoever leaves does so when all that the stand-in sends has come."""
    standin.answer, standin.behave = WORDS, ledger.behave
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, how: str) -> None:
        words = 1 + number % 7
        question = f"Question {number}, left after {words} words?" if "left" in how else f"Question {number}?"
        client_id = CLIENTS[number % len(CLIENTS)]
        messages = [SystemMessage(client_id), HumanMessage(question)]
        async with slots:
            with suppress(AppError):
                if how == "complete":
                    await model.complete(client_id, messages)
                elif how == "complete-left":
                    await _leave(model, client_id, messages, ledger)
                else:
                    await _read(model, client_id, messages, _first(words) if "left" in how else None)

    hows = np.random.default_rng(calls).choice(HOWS, p=[0.35, 0.35, 0.12, 0.18], size=calls).tolist()
    await asyncio.gather(*(one(number, how) for number, how in enumerate(hows)))


async def _read(model: VendorModel, client_id: ClientId, messages: Sequence[BaseMessage], until: str | None) -> None:
    """Read a stream to its end, or until so much of it has come."""
    text = ""
    async with aclosing(model.stream(client_id, messages)) as pieces:
        async for piece in pieces:
            text += piece if isinstance(piece, str) else ""
            if text == until:
                return


async def _leave(model: VendorModel, client_id: ClientId, messages: Sequence[BaseMessage], ledger: Ledger) -> None:
    """Give a call up once the stand-in has it."""
    call = asyncio.ensure_future(model.complete(client_id, messages))
    await asyncio.to_thread(wait_for, lambda: str(messages[-1].content) in ledger.asked)
    call.cancel()
    await asyncio.wait({call})


def account_of(meter: UsageMeter) -> Account:
    """Return what was metered today, by client and model."""
    found: Account = {}
    for client_id in CLIENTS:
        asked = Question(first=meter.today(), last=meter.today(), by="model", client_id=client_id)
        found.update({(client_id, share.group): share.usage for share in meter.report(asked).shares})
    return found
