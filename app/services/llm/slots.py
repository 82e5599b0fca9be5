"""Slots for calls to the vendor."""

import math

from app.common.errors import Unavailable
from app.common.fair_slots import FairSlots, SlotLimits
from app.services.llm.types import CallLimits


def vendor_slots(limits: CallLimits) -> FairSlots:
    """Return the slots for calls under these limits; who gets none is told Unavailable (model_queue_full)."""
    capacity = limits.max_concurrency

    def full() -> Unavailable:
        return Unavailable(
            "Too many questions are waiting for the language model. Try again in a moment.",
            code="model_queue_full",
            retry_after=max(1, math.ceil(limits.queue_timeout)),
        )

    return FairSlots(
        SlotLimits(
            capacity,
            each=max(1, math.floor(capacity * limits.client_share)),
            waiting_each=max(1, capacity // 4),
            wait=limits.queue_timeout,
        ),
        full=full,
    )
