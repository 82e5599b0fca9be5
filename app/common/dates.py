"""Dates in metadata and filters: texts in ISO 8601 form that stand for moments."""

import re
from datetime import UTC, datetime

_DATE = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(text: str) -> float | None:
    """Return the moment that a text stands for, in seconds since the epoch; None for a text that is no date.

    `2026-05-01` is the day's first moment, `2026-05-01T08:30` and more precise times are themselves; without `Z` or an
    offset such as `+02:00` they are in UTC. Every other text is just a text.
    """
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH).total_seconds()
    except (ValueError, OverflowError):  # 30 February; an offset that leads out of the calendar
        return None
