"""Telling slow work that its client was erased meanwhile: what comes too late is not kept."""

from collections import Counter

from app.common.ids import ClientId


class Lives:
    """The present life of each client, a number. It ends when all that one store has of the client is removed.

    Slow work notes the number before it begins, and asks before it stores something whether that life is over. The
    asker and whoever ends a life hold the same lock, or are in the same transaction.
    """

    def __init__(self) -> None:
        self._ended: Counter[ClientId] = Counter()

    def present(self, client_id: ClientId) -> int:
        """Return the life that the client is in now."""
        return self._ended[client_id]

    def end(self, client_id: ClientId) -> None:
        """End the client's present life; the next one begins at once."""
        self._ended[client_id] += 1

    def is_over(self, client_id: ClientId, life: int) -> bool:
        """Whether this life of the client has ended."""
        return self._ended[client_id] != life
