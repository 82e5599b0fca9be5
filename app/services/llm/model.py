"""The language model: one object that all callers share, over a vendor that may be slow, busy or gone."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import aclosing, asynccontextmanager

from langchain_core.messages import BaseMessage
from typing_extensions import override

from app.common.errors import AppError
from app.common.fair_turns import TurnStats
from app.common.ids import ClientId
from app.common.metering import TOKENS, UNMETERED, Meter
from app.services.llm.bounds import AnswerBounds
from app.services.llm.errors import too_slow
from app.services.llm.loop_thread import LoopThread
from app.services.llm.resilience import Resilience
from app.services.llm.slots import vendor_slots
from app.services.llm.spending import Spending, estimate_tokens
from app.services.llm.types import CallLimits, Completion, Endpoint, LanguageModel, Usage
from app.services.llm.vendors import Provider, VendorChat, open_vendor

__all__ = [
    "CallLimits", "Completion", "Endpoint", "LanguageModel", "Provider", "Usage", "VendorModel",
    "estimate_tokens", "open_language_model",
]  # fmt: skip

Answer = AsyncGenerator[str | Completion, None]


def open_language_model(
    provider: Provider,
    endpoint: Endpoint,
    *,
    model: str,
    fallback_model: str | None = None,
    temperature: float = 0.7,
    limits: CallLimits | None = None,
) -> "VendorModel":
    """Open a model at `endpoint`; the caller closes it. Nothing is sent yet, so a wrong key shows at the first call.

    `openai` is any OpenAI-compatible server; its key may be empty.
    """
    limits = limits or CallLimits()
    share = 0.5 if fallback_model else 1.0
    call_timeout = min(limits.timeout, limits.call_timeout or limits.timeout * share)
    vendor = open_vendor(
        provider, endpoint, model=model, call_timeout=call_timeout, bounds=AnswerBounds(limits.answer_tokens)
    )
    names = (model, fallback_model) if fallback_model else (model,)
    return VendorModel(vendor, names=names, temperature=temperature, limits=limits, call_timeout=call_timeout)


class VendorModel(LanguageModel):
    """A LanguageModel over one vendor: slots, retries, fallback and circuit breaker around single calls.

    All of it, the HTTP connections too, lives on one event loop in a thread of its own, so that callers on any loop
    share connections, slots and breakers, and a deadline can end a call at any point.
    """

    def __init__(
        self,
        vendor: VendorChat,
        *,
        names: tuple[str, ...],
        temperature: float,
        limits: CallLimits,
        call_timeout: float,
    ) -> None:
        """`names` are the model and, if there is one, its fallback. Starts the thread."""
        self.name = names[0]
        self._vendor = vendor
        self._names = names
        self._temperature = temperature
        self._limits = limits
        self._idle_timeout = call_timeout
        self._slots = vendor_slots(limits)
        self._resilience = Resilience(limits, call_timeout=call_timeout)
        self._loop = LoopThread("language-model")
        self.meter: Meter = UNMETERED
        """Counts the calls and may refuse them; set before the first one."""

    @override
    async def complete(
        self,
        client_id: ClientId,
        messages: Sequence[BaseMessage],
        *,
        temperature: float | None = None,
        model: str | None = None,
        within: float | None = None,
    ) -> Completion:
        temperature = self._temperature if temperature is None else temperature
        seconds = min(self._limits.timeout, within or self._limits.timeout)
        return await self._loop.run(self._complete(client_id, messages, self._models(model), temperature, seconds))

    @override
    def stream(
        self,
        client_id: ClientId,
        messages: Sequence[BaseMessage],
        *,
        temperature: float | None = None,
        model: str | None = None,
    ) -> Answer:
        temperature = self._temperature if temperature is None else temperature
        return self._loop.relay(self._stream(client_id, messages, self._models(model), temperature), merge=_joined)

    @override
    def require_room(self, client_id: ClientId) -> None:
        self.meter.require(client_id, TOKENS)
        self._slots.require_room(client_id)

    @override
    def count_tokens(self, text: str) -> int:
        """Estimate: the vendors offer no counting of their own."""
        return estimate_tokens(text)

    def stats(self) -> TurnStats:
        """Return how many calls are with the vendor, and how many wait."""
        return self._slots.stats()

    def paused(self) -> int:
        """Return how many models have been failing and are given a pause."""
        return self._resilience.paused()

    @override
    def close(self) -> None:
        self._loop.close(self._vendor.aclose())

    def _models(self, chosen: str | None) -> tuple[str, ...]:
        """The models to try in their order: the caller's choice instead of the configured one, then the fallback."""
        wanted = (chosen or self.name, *self._names[1:])
        return tuple(dict.fromkeys(wanted))

    async def _complete(
        self,
        client_id: ClientId,
        messages: Sequence[BaseMessage],
        models: tuple[str, ...],
        temperature: float,
        seconds: float,
    ) -> Completion:
        self._resilience.refuse_if_dead(models)
        deadline = time.monotonic() + seconds
        async with self._turn(client_id):
            completion = await self._resilience.run(
                models,
                lambda model: self._vendor.generate(
                    model, messages, temperature, Spending(client_id, model, messages, self.meter)
                ),
                deadline,
            )
            self._resilience.note_success(completion.model)
            return completion

    async def _stream(
        self, client_id: ClientId, messages: Sequence[BaseMessage], models: tuple[str, ...], temperature: float
    ) -> Answer:
        self._resilience.refuse_if_dead(models)
        deadline = time.monotonic() + self._limits.timeout

        def begin(model: str) -> Awaitable[_OpenStream]:
            spending = Spending(client_id, model, messages, self.meter)
            return _OpenStream.begin(model, self._vendor.stream(model, messages, temperature, spending))

        async with self._turn(client_id):
            opened = await self._resilience.run(models, begin, deadline)
            async with aclosing(self._rest(opened)) as pieces:
                async for piece in pieces:
                    yield piece

    @asynccontextmanager
    async def _turn(self, client_id: ClientId) -> AsyncIterator[None]:
        """Hold a slot. Whoever waited for it may find the budget used up by those who were before."""
        self.meter.require(client_id, TOKENS)
        async with self._slots.hold(client_id):
            self.meter.require(client_id, TOKENS)
            yield

    async def _rest(self, opened: "_OpenStream") -> Answer:
        """Yield a begun stream to its end; nothing is retried any more, because words have been sent."""
        end = time.monotonic() + self._limits.stream_timeout
        async with aclosing(opened.pieces):
            yield opened.first
            try:
                while (piece := await self._next(opened.pieces, end)) is not None:
                    yield piece
            except AppError as exc:
                self._resilience.note_failure(opened.model, exc)
                raise
            self._resilience.note_success(opened.model)

    async def _next(self, pieces: Answer, end: float) -> str | Completion | None:
        """Return the next piece, None at the end; raise UpstreamTimeout after too long a silence or at time `end`."""
        seconds = min(self._idle_timeout, end - time.monotonic())
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await anext(pieces, None)
        except TimeoutError as exc:
            raise too_slow() from exc


def _joined(first: str | Completion, second: str | Completion) -> str | Completion | None:
    """Words that came faster than they were read become one piece."""
    return first + second if isinstance(first, str) and isinstance(second, str) else None


class _OpenStream:
    """A stream whose first piece is here, so that it is known to work."""

    def __init__(self, model: str, first: str | Completion, pieces: Answer) -> None:
        self.model = model
        self.first = first
        self.pieces = pieces

    @classmethod
    async def begin(cls, model: str, pieces: Answer) -> "_OpenStream":
        """Wait for the first piece; an error on the way closes the stream."""
        return cls(model, await anext(pieces), pieces)
