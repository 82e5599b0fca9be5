"""How much a client may use in a day or a month, in UTC."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from app.common.errors import LimitReached
from app.common.metering import Usage

UNLIMITED = -1
"""A client's own budget that lifts the service's."""

Period = Literal["day", "month"]
BudgetName = Literal["tokens_a_day", "tokens_a_month", "searches_a_day", "pages_a_month", "bytes_a_month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The most a client may use. None leaves it to the service's own, and there means no limit."""

    tokens_a_day: int | None = None
    tokens_a_month: int | None = None
    searches_a_day: int | None = None
    pages_a_month: int | None = None
    bytes_a_month: int | None = None

    def limit(self, name: BudgetName) -> int | None:
        """Return one of them."""
        amount: int | None = getattr(self, name)
        return amount

    def over(self, default: "Budgets") -> "Budgets":
        """Return these with `default` where nothing is said, and no limit where there is none."""
        effective: dict[str, int | None] = {}
        for kind in KINDS:
            own = self.limit(kind.name)
            amount = default.limit(kind.name) if own is None else own
            effective[kind.name] = None if amount == UNLIMITED else amount
        return Budgets(**effective)


class BudgetKind(NamedTuple):
    """One budget: what it measures and when it opens again."""

    name: BudgetName
    unit: str
    period: Period
    measure: Callable[[Usage], int]


KINDS = (
    BudgetKind("tokens_a_day", "tokens", "day", lambda usage: usage.tokens),
    BudgetKind("tokens_a_month", "tokens", "month", lambda usage: usage.tokens),
    BudgetKind("searches_a_day", "searches", "day", lambda usage: usage.searches),
    BudgetKind("pages_a_month", "pages", "month", lambda usage: usage.pages),
    BudgetKind("bytes_a_month", "bytes", "month", lambda usage: usage.bytes),
)


def limits_of(budgets: Budgets) -> Sequence[tuple[BudgetKind, int]]:
    """Return those budgets that bound something, which are looked at before each call."""
    found = [(kind, budgets.limit(kind.name)) for kind in KINDS]
    return [(kind, limit) for kind, limit in found if limit is not None]


def day_of(seconds: float) -> date:
    """Return the day in UTC of a time in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC).date()


def opens_at(period: Period, today: date) -> datetime:
    """Return when what is used up today opens again."""
    following = (
        today + timedelta(days=1) if period == "day" else (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    )
    return datetime(following.year, following.month, following.day, tzinfo=UTC)


def shown(moment: datetime) -> str:
    """Return a time as it is written on the wire."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def used_up(kind: BudgetKind, *, limit: int, used: int, now: float) -> LimitReached:
    """Return the error of what goes beyond a budget; `now` is in seconds since 1970."""
    opening = opens_at(kind.period, day_of(now))
    return LimitReached(
        f"This goes beyond the client's budget of {limit} {kind.unit} a {kind.period}, of which {used} are used; "
        f"it opens again at {shown(opening)}.",
        code="budget_exceeded",
        retry_after=max(1, int(opening.timestamp() - now) + 1),
    )
