"""The latest turns of the sessions in use, so that a chat under way reads its history from memory."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.memory import Turn

Key = tuple[ClientId, str]


@dataclass(frozen=True, slots=True)
class RecentTurns:
    """A session's latest turns, oldest first, at least one."""

    turns: tuple[Turn, ...]
    expires_at: float


class RecentSessions:
    """The `capacity` sessions used last, with at most `turns_each` turns of each. Safe to share between threads.

    It never differs from the database: `extend` and the discarding methods must be called in the order of the
    commits (inside the store's write lock), and what a reader found is kept only if the session did not change
    while it was reading. One process per database, therefore.
    """

    def __init__(self, capacity: int, *, turns_each: int = 32) -> None:
        self._capacity = capacity
        self._turns_each = turns_each
        self._lock = RankedLock(Rank.LEAF)
        self._entries: OrderedDict[Key, RecentTurns] = OrderedDict()
        self._loading: dict[Key, object] = {}

    def get(self, key: Key, now: float, load: Callable[[int], RecentTurns | None]) -> RecentTurns | None:
        """Return what is held, or else what `load(turns_each)` finds; None when it finds nothing."""
        ticket = object()
        with self._lock:
            held = self._entries.get(key)
            if held is not None and held.expires_at > now:
                self._entries.move_to_end(key)
                return held
            self._loading[key] = ticket
        found: RecentTurns | None = None
        try:
            found = load(self._turns_each)
        finally:
            self._keep_loaded(key, ticket, found)
        return found

    def _keep_loaded(self, key: Key, ticket: object, found: RecentTurns | None) -> None:
        with self._lock:
            if self._loading.get(key) is ticket:
                del self._loading[key]
                if found is not None:
                    self._put(key, found)

    def extend(self, key: Key, turn: Turn, expires_at: float) -> None:
        """Take note of a turn that was stored."""
        with self._lock:
            self._loading.pop(key, None)
            held = self._entries.pop(key, None)
            if turn.number == 1:
                self._put(key, RecentTurns((turn,), expires_at))
            elif held is not None and held.turns[-1].number == turn.number - 1:
                turns = (*held.turns, turn)[-self._turns_each :]
                self._put(key, RecentTurns(turns, expires_at))

    def discard(self, keys: Iterable[Key]) -> None:
        """Forget sessions that were deleted."""
        with self._lock:
            for key in keys:
                self._loading.pop(key, None)
                self._entries.pop(key, None)

    def count(self, owner: ClientId | None = None) -> int:
        """Return how many sessions are held, of all clients or of one."""
        with self._lock:
            return sum(owner is None or client == owner for client, _ in self._entries)

    def loading_count(self) -> int:
        """Return how many sessions are being read into memory."""
        with self._lock:
            return len(self._loading)

    def _put(self, key: Key, entry: RecentTurns) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
