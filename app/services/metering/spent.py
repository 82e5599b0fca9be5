"""What one client has used of its day and its month."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.common.metering import Usage
from app.services.metering.budgets import BudgetKind, day_of

_NOTHING = Usage()
_DAY_SECONDS = 86400


class Day(NamedTuple):
    """One day in UTC; `number` counts them since 1970."""

    number: int
    date: date
    name: str

    @classmethod
    def at(cls, seconds: float) -> "Day":
        """Return the day of a time in seconds since 1970."""
        day = day_of(seconds)
        return cls(int(seconds // _DAY_SECONDS), day, day.isoformat())

    def holds(self, seconds: float) -> bool:
        """Whether a time is on this day."""
        return seconds // _DAY_SECONDS == self.number


@dataclass(slots=True)
class Spent:
    """What a client has used on a day, and in its month up to then."""

    day: date
    of_day: Usage = _NOTHING
    of_month: Usage = _NOTHING

    def turn_to(self, today: date) -> None:
        """Begin a new day, and a new month if it is one."""
        if self.day == today:
            return
        if (self.day.year, self.day.month) != (today.year, today.month):
            self.of_month = _NOTHING
        self.day, self.of_day = today, _NOTHING

    def add(self, used: Usage) -> None:
        """Add what was used today."""
        self.of_day, self.of_month = self.of_day.plus(used), self.of_month.plus(used)

    def used(self, kind: BudgetKind) -> int:
        """Return what was used of a budget."""
        return kind.measure(self.of_day if kind.period == "day" else self.of_month)
