"""Telling an upload that its client was deleted while the file was being read: what comes too late is not kept."""

from collections import Counter

from app.common.errors import Conflict
from app.common.ids import ClientId


class Deletions:
    """How often each client's documents were deleted since the process began.

    An upload looks before it begins; who writes or deletes holds the client's lock.
    """

    def __init__(self) -> None:
        self._counts: Counter[ClientId] = Counter()

    def seen(self, client_id: ClientId) -> int:
        """Return what to hand to `require_none_since`, later."""
        return self._counts[client_id]

    def note(self, client_id: ClientId) -> None:
        """Count a deletion."""
        self._counts[client_id] += 1

    def require_none_since(self, client_id: ClientId, seen: int) -> None:
        """Raise Conflict when the client's documents were deleted since `seen`."""
        if self._counts[client_id] != seen:
            raise Conflict(
                "The client's documents were deleted while this file was being read; upload it again if it is wanted.",
                code="deleted_meanwhile",
            )
