"""What is counted of each client's work, on whose behalf it is done, and who is asked whether more may be done."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from operator import add
from typing import Literal, NamedTuple, Protocol

from typing_extensions import override

from app.common.ids import ClientId

WorkKind = Literal["chat", "search", "ingest", "embedding", "background"]
"""What work is for. A chat's calls for rewriting, reading and summing up are the chat's."""


class Usage(NamedTuple):
    """Amounts of work. `tokens_estimated` of the tokens were not counted by the vendor."""

    chats: int = 0
    searches: int = 0
    documents: int = 0
    pages: int = 0
    bytes: int = 0
    texts_embedded: int = 0
    model_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_estimated: int = 0

    @property
    def tokens(self) -> int:
        """The language model's tokens, read and written."""
        return self.tokens_in + self.tokens_out

    def plus(self, other: "Usage") -> "Usage":
        """Return both together."""
        return Usage._make(map(add, self, other))


class Meter(Protocol):
    """Counts what clients use, and holds them to their budgets. Never blocks; may be used on event loops."""

    def count(self, client_id: ClientId, usage: Usage, *, model: str = "") -> None:
        """Count what was used; `model` is the language model's name where one was asked."""

    def require(self, client_id: ClientId, wanted: Usage) -> None:
        """Raise LimitReached (budget_exceeded) when so much more would be beyond one of the client's budgets."""

    def taking(self, client_id: ClientId, wanted: Usage) -> AbstractContextManager[None]:
        """Require it, hold it for the block against others who want it, and count it when that ends well."""
        ...


class Unmetered(Meter):
    """Counts nothing and lets everything through."""

    def count(self, client_id: ClientId, usage: Usage, *, model: str = "") -> None:
        """See Meter."""

    def require(self, client_id: ClientId, wanted: Usage) -> None:
        """See Meter."""

    @override
    def taking(self, client_id: ClientId, wanted: Usage) -> AbstractContextManager[None]:
        """See Meter."""
        return nullcontext()


UNMETERED = Unmetered()
TOKENS = Usage(tokens_in=1)
"""What a call of the language model asks for: its size is not known before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behalf:
    """What the work of this task or thread is for, with whose key, and when it began (time.perf_counter()).

    `key_id` is empty for the operator, and where no keys are needed.
    """

    kind: WorkKind = "background"
    key_id: str = ""
    since: float = field(default_factory=time.perf_counter)


_NOBODYS = Behalf(since=math.inf)
_current: ContextVar[Behalf] = ContextVar("behalf", default=_NOBODYS)


def behalf() -> Behalf:
    """Return on whose behalf this task or thread works; it goes along with calls into other threads and loops."""
    return _current.get()


def act_for(mine: Behalf) -> None:
    """Say on whose behalf the rest of this task is done."""
    _current.set(mine)


@contextmanager
def acting_for(mine: Behalf) -> Iterator[None]:
    """Say on whose behalf the block is done."""
    token = _current.set(mine)
    try:
        yield
    finally:
        _current.reset(token)
