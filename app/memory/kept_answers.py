"""Answers that are kept so that a request which is sent again is not worked on again: the interface of their store.

A request that is to be done once claims its name first. While a claim is held, nobody else gets it; it ends when the
answer is kept, when it is given up, or when it was not renewed for LEASE_SECONDS because its process is gone.
What is stored is sealed: the store knows neither what was asked nor what was answered.
"""

from dataclasses import dataclass
from typing import Protocol

from app.common.errors import Conflict
from app.common.ids import ClientId
from app.common.lives import Standing

LEASE_SECONDS = 120.0
"""How long a claim holds unless it is renewed; clocks of several machines may differ by some of that."""
RENEW_SECONDS = 30.0
UNDER_WAY_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """One request that is to be done once, and who does it.

    `name` and `fingerprint` are 32 bytes each: which request it is, and what was asked. `owner` is the client that the
    caller is bound to, None for who may reach all; `holder` tells those who claim the same name apart.
    """

    name: bytes
    fingerprint: bytes
    owner: ClientId | None
    holder: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A sealed answer, and the client it is about; None where it is about none."""

    client_id: ClientId | None
    sealed: bytes


class KeptAnswerStore(Protocol):
    """Keeps sealed answers until they expire or their client is erased. Safe to share between threads.

    All methods raise Unavailable when the database cannot be reached, and InsufficientStorage when its disk is full.
    """

    def claim(self, claim: Claim) -> KeptAnswer | None:
        """Return None when the claim is held from now on, or the answer that is kept already.

        Raises Conflict when somebody else holds it, and when the name stands for another fingerprint.
        """
        ...

    def renew(self, claim: Claim) -> None:
        """Hold the claim for another LEASE_SECONDS."""
        ...

    def keep(self, claim: Claim, answer: KeptAnswer, *, seconds: float, standing: Standing) -> None:
        """Keep the answer for so long, in the place of the claim; nothing when that is not held any more.

        Raises Conflict when the answer's client was erased since `standing` began, and what that raises.
        """
        ...

    def release(self, claim: Claim) -> None:
        """Give the claim up: whoever comes next may have it."""
        ...


def under_way() -> Conflict:
    """Return the error of a request that is sent again while it is still worked on."""
    return Conflict(
        "A request with this Idempotency-Key is still being worked on; send it again later to get its answer.",
        code="request_under_way",
        retry_after=UNDER_WAY_RETRY_SECONDS,
    )


def key_reused() -> Conflict:
    """Return the error of a request that has the key of another one."""
    return Conflict(
        "This Idempotency-Key was used for a request with another body or query; send this one with a new key.",
        code="idempotency_key_reused",
    )
