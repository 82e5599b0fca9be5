"""What a language model is to the rest of the service: messages in, text out, in one piece or word by word."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from langchain_core.messages import BaseMessage

from app.common.ids import ClientId

Finish = Literal["stop", "length", "content_filter"]
"""Why an answer ended: it was whole, it reached the bound on its length, or the vendor held the rest back."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the vendor counted (and bills) them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer that has ended; `model` is the name that was asked for (the fallback's when that one answered)."""

    text: str
    model: str
    usage: Usage | None
    finish: Finish = "stop"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the vendor is and what opens it; `base_url` None means the vendor's public address."""

    api_key: str = field(repr=False)
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long and how often the vendor may be tried; all times in seconds.

    `timeout` covers one question in all (waiting for a slot, retries, fallback) up to the first word; `call_timeout`
    one HTTP call, and the silence between two words of a stream. Without it, a call gets all of `timeout`, or
    half of it when there is a fallback model that needs the rest. `stream_timeout` ends a stream that never does.
    One client holds at most `client_share` of the `max_concurrency` slots, and may have a quarter of them waiting,
    each for at most `queue_timeout`. `attempts` are
    per model, with pauses that begin at up to `backoff` and double. After `breaker_failures` in a row a model is not
    asked for `breaker_pause`. The vendor is told to write no more than `answer_tokens`, and no more is read.
    """

    timeout: float = 60.0
    call_timeout: float | None = None
    stream_timeout: float = 600.0
    queue_timeout: float = 5.0
    attempts: int = 3
    backoff: float = 0.25
    max_concurrency: int = 160
    client_share: float = 0.8
    breaker_failures: int = 5
    breaker_pause: float = 10.0
    answer_tokens: int = 2048


class LanguageModel(Protocol):
    """A chat model with the limits and the failure handling that all callers share.

    Both ways of asking raise, with details fit for strangers: UpstreamFailed (502; codes model_auth_failed,
    model_failed, model_not_found, model_rejected, model_context_too_long, model_bad_answer, model_empty_answer,
    model_answer_too_long, model_out_of_tokens, model_filtered),
    UpstreamBusy (503; model_busy, model_unreachable, model_unavailable), UpstreamTimeout (504; model_timeout) and
    Unavailable (503; model_queue_full, shutting_down), and LimitReached (429; budget_exceeded) when the client has used
    up its tokens. `model` and `temperature` override the configured ones.
    """

    name: str

    async def complete(
        self,
        client_id: ClientId,
        messages: Sequence[BaseMessage],
        *,
        temperature: float | None = None,
        model: str | None = None,
        within: float | None = None,
    ) -> Completion:
        """Return the whole answer. Cancelling it ends the vendor's call.

        `within`, in seconds, is for a call that is not worth the configured time; it can only be shorter.
        """
        ...

    def stream(
        self,
        client_id: ClientId,
        messages: Sequence[BaseMessage],
        *,
        temperature: float | None = None,
        model: str | None = None,
    ) -> AsyncGenerator[str | Completion, None]:
        """Yield pieces of text as they come and at last the whole Completion.

        Errors before the first piece are final (all retries are spent). A stream that breaks later raises too, also
        when the vendor ends it without saying that it is whole. `aclose()` ends the vendor's call and frees the slot.
        """
        ...

    def require_room(self, client_id: ClientId) -> None:
        """Raise Unavailable (model_queue_full) when a call of the client made now would be refused at once.

        Raises LimitReached (budget_exceeded) when it has used up its tokens.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Estimate how many tokens `text` is, rather too many than too few."""
        ...

    def close(self) -> None:
        """End running calls, close connections. Calls made later raise Unavailable. May be called twice."""
        ...
