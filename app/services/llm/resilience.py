"""What is done when the vendor fails: retry, fall back to another model, and stop asking a dead vendor."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from app.common.errors import AppError, UpstreamBusy
from app.services.llm.errors import too_slow
from app.services.llm.types import CallLimits
from app.telemetry.counting import count_broken_stream, count_fallback, model_call

logger = logging.getLogger(__name__)

T = TypeVar("T")
Clock = Callable[[], float]

RETRIED = frozenset({"model_busy", "model_failed", "model_unreachable", "model_empty_answer", "model_bad_answer"})
"""A moment later the same call may work."""
COUNTED = frozenset({"model_failed", "model_unreachable", "model_timeout"})
"""Signs of a dead vendor. A refusal for one call's sake (429, a wrong key) comes fast and is not one."""
FALLEN_BACK = RETRIED | {"model_timeout", "model_unavailable", "model_not_found"}
"""Another model may answer."""
MAX_BREAKERS = 64


class CircuitBreaker:
    """Opens after `failures` failures in a row; lets one call through each `pause` seconds until one succeeds.

    Used on one event loop only, so it needs no lock.
    """

    def __init__(self, *, failures: int, pause: float, clock: Clock = time.monotonic) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._failed = 0
        self._next_try = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether it has opened and no call has succeeded since."""
        return self._failed >= self._limit

    def refuse_if_open(self) -> None:
        """Raise UpstreamBusy (model_unavailable) when a call made now would be refused."""
        wait = self._next_try - self._clock()
        if self.is_open and (wait > 0 or self._trying):
            raise UpstreamBusy(
                "The language model has been failing and is given a pause. Try again in a moment.",
                code="model_unavailable",
                retry_after=max(1, math.ceil(wait)),
            )

    async def call(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Await `attempt()` and count its failure, or raise as `refuse_if_open` does.

        Success is noted by the caller: a stream that has begun has not yet succeeded.
        """
        self.refuse_if_open()
        self._trying = probing = self.is_open
        try:
            return await attempt()
        except AppError as exc:
            self.note_failure(exc)
            raise
        finally:
            if probing:
                self._trying = False

    def note_success(self) -> None:
        """Reset the breaker to closed."""
        self._failed = 0

    def note_failure(self, error: AppError) -> None:
        """Count `error` if it is a sign of a dead vendor."""
        if error.code not in COUNTED:
            return
        self._failed += 1
        self._next_try = self._clock() + self._pause
        if self._failed == self._limit:
            logger.warning("language model paused", extra={"failures": self._failed, "pause_s": round(self._pause)})


class Resilience:
    """Runs an attempt against the models of a list, one after the other, within one deadline."""

    def __init__(self, limits: CallLimits, *, call_timeout: float, clock: Clock = time.monotonic) -> None:
        self._limits = limits
        self._call_timeout = call_timeout
        self._clock = clock
        self._breakers: dict[str, CircuitBreaker] = {}
        self._backoff = wait_random_exponential(multiplier=limits.backoff, max=16 * limits.backoff)

    def breaker(self, model: str) -> CircuitBreaker:
        """Return the model's breaker. Clients choose models, so only the latest MAX_BREAKERS are remembered."""
        if model not in self._breakers:
            if len(self._breakers) >= MAX_BREAKERS:
                del self._breakers[next(iter(self._breakers))]
            limits = self._limits
            self._breakers[model] = CircuitBreaker(
                failures=limits.breaker_failures, pause=limits.breaker_pause, clock=self._clock
            )
        return self._breakers[model]

    def note_success(self, model: str) -> None:
        """Tell that `model` has given a whole answer."""
        self.breaker(model).note_success()

    def note_failure(self, model: str, error: AppError) -> None:
        """Count a failure that came after `run`: a stream that broke after its first word."""
        count_broken_stream()
        self.breaker(model).note_failure(error)

    def paused(self) -> int:
        """Return how many models are given a pause; may be asked from any thread."""
        return sum(breaker.is_open for breaker in list(self._breakers.values()))

    def refuse_if_dead(self, models: Sequence[str]) -> None:
        """Raise at once when none of the models may be asked now, before the call queues for a slot."""
        for model in models:
            try:
                self.breaker(model).refuse_if_open()
            except UpstreamBusy:
                if model == models[-1]:
                    raise
            else:
                return

    async def run(self, models: Sequence[str], attempt: Callable[[str], Awaitable[T]], deadline: float) -> T:
        """Return what `attempt(model)` returns, tried as often as the limits and `deadline` (clock time) allow.

        The caller then says with `note_success` or `note_failure` how the answer ended.
        """
        for model in models[:-1]:
            try:
                return await self._run_one(model, attempt, deadline)
            except AppError as exc:
                if exc.code not in FALLEN_BACK:
                    raise
                count_fallback()
                logger.warning("falling back from language model", extra={"model": model, "code": exc.code})
        return await self._run_one(models[-1], attempt, deadline)

    async def _run_one(self, model: str, attempt: Callable[[str], Awaitable[T]], deadline: float) -> T:
        async def once() -> T:
            return await self.breaker(model).call(lambda: self._timed(model, attempt, deadline))

        def spent(state: RetryCallState) -> bool:
            late = self._clock() + state.upcoming_sleep >= deadline
            return late or state.attempt_number >= self._limits.attempts

        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda exc: isinstance(exc, AppError) and exc.code in RETRIED),
            wait=self._pause_before_retry,
            stop=spent,
            before_sleep=lambda state: _log_retry(model, state),
            reraise=True,
        )
        return await retrying(once)

    def _pause_before_retry(self, state: RetryCallState) -> float:
        """Seconds to wait: what the vendor asked for, or longer, else exponential with full jitter."""
        error = state.outcome.exception() if state.outcome else None
        asked = (error.retry_after or 0) if isinstance(error, AppError) and error.code == "model_busy" else 0
        return max(float(asked), self._backoff(state))

    async def _timed(self, model: str, attempt: Callable[[str], Awaitable[T]], deadline: float) -> T:
        seconds = min(self._call_timeout, deadline - self._clock())
        with model_call():
            try:
                async with asyncio.timeout(max(0.0, seconds)):
                    return await attempt(model)
            except TimeoutError as exc:
                raise too_slow() from exc


def _log_retry(model: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    code = error.code if isinstance(error, AppError) else "none"
    logger.info("retrying language model", extra={"model": model, "attempt": state.attempt_number, "code": code})
