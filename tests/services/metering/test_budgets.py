"""A budget lets through what is within it, says when it opens again, and opens then."""

from datetime import UTC, date, datetime

import pytest

from app.common.errors import LimitReached
from app.common.metering import TOKENS, Usage
from app.services.metering.budgets import UNLIMITED, Budgets, opens_at
from tests.services.metering.conftest import ACME, OTHER, Metering
from tests.telemetry.figures import counted


def test_without_budgets_nothing_is_refused(metering: Metering) -> None:
    meter = metering.opened()
    meter.count(ACME, Usage(tokens_in=10**12))
    meter.require(ACME, TOKENS)


def test_a_days_tokens_open_again_with_the_next_day(metering: Metering) -> None:
    meter, refused = metering.opened(tokens_a_day=100), refusals("tokens_a_day")
    meter.count(ACME, Usage(tokens_in=60, tokens_out=39))
    meter.require(ACME, TOKENS)
    meter.count(ACME, Usage(tokens_out=1))
    with pytest.raises(LimitReached, match=r"100 tokens a day.* 100 are used.*2026-01-31T00:00:00Z") as refusal:
        meter.require(ACME, TOKENS)
    assert (refusal.value.code, refusal.value.retry_after) == ("budget_exceeded", 12 * 3600 + 1)
    assert refusals("tokens_a_day") == refused + 1
    assert not meter.has_left(ACME, TOKENS)
    meter.require(ACME, Usage(searches=1))
    meter.require(OTHER, TOKENS)
    metering.now += 12 * 3600
    meter.require(ACME, TOKENS)


def test_a_month_opens_again_with_the_next_month(metering: Metering) -> None:
    meter = metering.opened(pages_a_month=10, bytes_a_month=1000)
    meter.count(ACME, Usage(pages=8, bytes=100))
    meter.require(ACME, Usage(pages=2, bytes=900))
    with pytest.raises(LimitReached, match=r"10 pages a month.*2026-02-01"):
        meter.require(ACME, Usage(pages=3))
    with pytest.raises(LimitReached, match="1000 bytes a month"):
        meter.require(ACME, Usage(pages=1, bytes=901))
    metering.now += 86400
    with pytest.raises(LimitReached):
        meter.require(ACME, Usage(pages=3))
    metering.now += 86400
    meter.require(ACME, Usage(pages=10, bytes=1000))


def test_a_clients_own_budget_takes_the_place_of_the_services(metering: Metering) -> None:
    metering.catalog.register_client(ACME)
    meter = metering.opened(searches_a_day=1, tokens_a_day=0)
    with pytest.raises(LimitReached):
        meter.require(ACME, TOKENS)
    meter.put_budgets(ACME, Budgets(searches_a_day=3, tokens_a_day=UNLIMITED))
    meter.count(ACME, Usage(searches=2, tokens_in=10**9))
    meter.require(ACME, Usage(searches=1, tokens_in=1))
    meter.count(ACME, Usage(searches=1))
    with pytest.raises(LimitReached, match="3 searches a day"):
        meter.require(ACME, Usage(searches=1))


def test_what_is_being_done_is_held_and_counts_when_it_ends_well(metering: Metering) -> None:
    meter = metering.opened(searches_a_day=2)
    search = Usage(searches=1)
    with meter.taking(ACME, search), meter.taking(ACME, search):
        with pytest.raises(LimitReached, match="of which 2 are used"):
            meter.require(ACME, search)
        meter.require(OTHER, search)
    with pytest.raises(LimitReached):
        meter.require(ACME, search)
    with pytest.raises(KeyError), meter.taking(OTHER, search):
        raise KeyError
    with meter.taking(OTHER, search):
        meter.require(OTHER, search)


@pytest.mark.parametrize(
    ("today", "following"),
    [((2026, 12, 31), (2027, 1, 1)), ((2028, 2, 1), (2028, 3, 1)), ((2026, 1, 31), (2026, 2, 1))],
)
def test_the_next_month_begins_on_its_first(today: tuple[int, int, int], following: tuple[int, int, int]) -> None:
    assert opens_at("month", date(*today)) == datetime(*following, tzinfo=UTC)


def refusals(budget: str) -> float:
    return counted("rag_budget_refusals_total", {"budget": budget})
