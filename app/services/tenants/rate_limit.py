"""How many requests one client may make in a minute."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.common.errors import LimitReached
from app.common.ids import ClientId


class RateLimit:
    """A sliding window for each client, in memory: constant space a client, gone when its window has passed."""

    def __init__(self, per_minute: int | None) -> None:
        """`per_minute` None means no limit."""
        self._limit = None if per_minute is None else RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def hit(self, client_id: ClientId) -> None:
        """Count a request; raises LimitReached, with the seconds to wait, when it is one too many."""
        if self._limit is None or self._limiter.hit(self._limit, client_id):
            return
        reset = self._limiter.get_window_stats(self._limit, client_id).reset_time
        raise LimitReached(
            f"This client may make {self._limit.amount} requests a minute; wait a little.",
            code="rate_limited",
            retry_after=max(1, math.ceil(reset - time.time())),
        )
