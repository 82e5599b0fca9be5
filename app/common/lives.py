"""Work that outlives its reason: its client was erased meanwhile, or whoever asked for it may no longer.

A request notes when it began. Whatever it writes is written only if the client's life has not ended since, and its
sender still may: that is asked in the moment of writing, in the same transaction or under the same lock.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.common.errors import AppError, Conflict
from app.common.ids import ClientId


def always() -> None:
    """Say that work is wanted, and may go on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """When work began, in seconds of time.perf_counter(); `require` raises when its sender may no longer write."""

    since: float = field(default_factory=time.perf_counter)
    require: Callable[[], None] = always


class Lives:
    """When each client's life ended last. The next one begins at once; what began in the one before is too late.

    The asker and whoever ends a life hold the same lock, or are in the same transaction.
    """

    def __init__(self, too_late: Callable[[], AppError]) -> None:
        """`too_late` is the error of what comes after the end."""
        self._too_late = too_late
        self._ended: dict[ClientId, float] = {}

    def end(self, client_id: ClientId) -> None:
        """End the client's present life."""
        self._ended[client_id] = time.perf_counter()

    def is_over(self, client_id: ClientId, standing: Standing) -> bool:
        """Whether the client's life has ended since that work began."""
        ended = self._ended.get(client_id)
        return ended is not None and ended >= standing.since

    def require(self, client_id: ClientId, standing: Standing) -> None:
        """Raise when the client's life has ended since the work began, or its sender may no longer write."""
        standing.require()
        if self.is_over(client_id, standing):
            raise self._too_late()


def erased_meanwhile() -> Conflict:
    """Return the error of what would be stored after its client was erased."""
    return Conflict("The client was erased meanwhile; nothing was stored.", code="erased_meanwhile")


def deleted_meanwhile() -> Conflict:
    """Return the error of a file that comes after its client's documents were deleted."""
    return Conflict(
        "The client's documents were deleted while this file was on its way; upload it again if it is wanted.",
        code="deleted_meanwhile",
    )


@dataclass(frozen=True, slots=True)
class ClientLives:
    """The lives of clients as such, which end with their erasure, and those of their documents."""

    clients: Lives = field(default_factory=lambda: Lives(erased_meanwhile))
    documents: Lives = field(default_factory=lambda: Lives(deleted_meanwhile))
