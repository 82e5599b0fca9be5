"""What is counted is counted once, survives the process, and loses its name with its client."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from typing_extensions import override

from app.common.errors import Conflict, NotFound, Unavailable
from app.common.lives import Standing
from app.common.metering import UNMETERED, Behalf, Usage, acting_for
from app.services.metering.budgets import Budgets
from app.services.metering.meter import UsageMeter
from app.services.metering.store import Entry, UsageStore
from tests.services.metering.conftest import ACME, MODEL, OTHER, Metering
from tests.waiting import wait_for

CALL = Usage(model_calls=1, tokens_in=100, tokens_out=20)
DAY = 86400


def shares(meter: UsageMeter, metering: Metering, by: str, client_id: object = None) -> dict[str, Usage]:
    report = meter.report(metering.question(by, client_id))  # type: ignore[arg-type] # the names are the test's own
    assert report.total == sum_of(share.usage for share in report.shares)
    return {share.group: share.usage for share in report.shares}


def sum_of(amounts: object) -> Usage:
    total = Usage()
    for one in amounts:  # type: ignore[attr-defined] # as above
        total = total.plus(one)
    return total


def test_usage_is_kept_apart_by_client_day_key_model_and_kind(metering: Metering) -> None:
    meter = metering.opened()
    with acting_for(Behalf(kind="chat", key_id="k1")):
        meter.count(ACME, CALL, model=MODEL)
        meter.count(ACME, Usage(chats=1))
    with acting_for(Behalf(kind="search", key_id="k2")):
        meter.count(ACME, Usage(searches=1))
    metering.now += DAY
    meter.count(ACME, CALL, model="other")
    meter.count(OTHER, Usage(texts_embedded=5))
    assert shares(meter, metering, "key", ACME) == {
        "": CALL,
        "k1": CALL.plus(Usage(chats=1)),
        "k2": Usage(searches=1),
    }
    assert set(shares(meter, metering, "kind", ACME)) == {"background", "chat", "search"}
    assert shares(meter, metering, "model", ACME)["other"] == CALL
    assert set(shares(meter, metering, "day", ACME)) == {"2026-01-30", "2026-01-31"}
    assert shares(meter, metering, "client")["other-co"] == Usage(texts_embedded=5)


def test_a_page_ends_where_the_next_one_begins(metering: Metering) -> None:
    meter = metering.opened()
    for client_id in (ACME, OTHER):
        meter.count(client_id, CALL)
    first = meter.report(metering.question().page(after=None, limit=1))
    assert ([share.group for share in first.shares], first.next_cursor) == (["acme"], "acme")
    second = meter.report(metering.question().page(after=first.next_cursor, limit=1))
    assert ([share.group for share in second.shares], second.next_cursor) == (["other-co"], None)
    assert first.total == second.total == CALL.plus(CALL)


def test_a_hundred_threads_lose_nothing(metering: Metering) -> None:
    with metering.opened() as meter, ThreadPoolExecutor(100) as pool:
        for _ in range(2000):
            pool.submit(meter.count, ACME, CALL, model=MODEL)
    assert shares(metering.opened(), metering, "client") == {"acme": Usage(*(2000 * one for one in CALL))}


def test_what_was_counted_is_soon_in_the_database_without_a_clean_end(metering: Metering) -> None:
    with metering.opened() as meter:
        meter.count(ACME, CALL, model=MODEL)
        wait_for(lambda: metering.store.report(metering.question()).total == CALL)


def test_the_end_writes_what_is_left(metering: Metering) -> None:
    with closing(metering.opened()) as meter:
        meter.count(ACME, CALL)
    assert metering.store.report(metering.question()).total == CALL


class Failing(UsageStore):
    """Fails to write as long as it is told to."""

    fails = True

    @override
    def add(self, amounts: Mapping[Entry, Usage]) -> None:
        if self.fails:
            raise Unavailable("The database is busy.", code="database_busy")
        super().add(amounts)


def test_what_cannot_be_written_is_written_later_and_once(metering: Metering) -> None:
    store = Failing(metering.catalog.database, models=[MODEL])
    meter = metering.opened(store)
    meter.count(ACME, CALL)
    with pytest.raises(Unavailable):
        meter.flush()
    meter.count(ACME, CALL)
    assert meter.report(metering.question()).total == Usage()
    meter.close()
    store.fails = False
    assert meter.report(metering.question()).total == CALL.plus(CALL)
    assert meter.report(metering.question()).total == CALL.plus(CALL)


def test_an_erased_client_leaves_sums_without_its_name_keys_and_models(metering: Metering) -> None:
    meter = metering.opened()
    begun = Behalf(kind="chat", key_id="k1")
    with acting_for(begun):
        meter.count(ACME, CALL, model=MODEL)
        meter.flush()
        meter.count(ACME, CALL, model="acmes-own-model")
    meter.count(OTHER, CALL, model=MODEL)
    metering.lives.end(ACME)
    assert meter.forget(ACME)
    with acting_for(begun):
        meter.count(ACME, CALL, model="acmes-own-model")  # a call that was under way
    assert shares(meter, metering, "client") == {"": Usage(*(3 * one for one in CALL)), "other-co": CALL}
    assert set(shares(meter, metering, "model")) == {"", MODEL}
    assert set(shares(meter, metering, "key")) == {""}
    assert not meter.forget(ACME)
    assert meter.states(ACME)[0].used == 0
    meter.count(ACME, CALL)  # it may come back
    assert shares(meter, metering, "client")["acme"] == CALL


def test_old_days_are_forgotten(metering: Metering) -> None:
    metering.opened().count(ACME, CALL)
    with closing(metering.opened()) as meter:
        meter.count(ACME, CALL)
        metering.now += 40 * DAY
        meter.count(OTHER, CALL)
    with metering.opened(kept_days=39) as meter:
        wait_for(lambda: set(shares(meter, metering, "client")) == {"other-co"})


def test_a_restart_knows_what_was_used(metering: Metering) -> None:
    with metering.opened() as meter:
        meter.count(ACME, Usage(pages=7))
        metering.now += DAY
        meter.count(ACME, CALL.plus(Usage(pages=2)))
    with metering.opened() as meter:
        used = {state.kind.name: state.used for state in meter.states(ACME)}
    assert used == {
        "tokens_a_day": 120,
        "tokens_a_month": 120,
        "searches_a_day": 0,
        "pages_a_month": 9,
        "bytes_a_month": 0,
    }


def test_own_budgets_are_kept_and_need_their_client(metering: Metering) -> None:
    metering.catalog.register_client(ACME)
    own = Budgets(tokens_a_day=5)
    with metering.opened() as meter:
        meter.put_budgets(ACME, own)
        with pytest.raises(NotFound):
            meter.put_budgets(OTHER, own)
        begun = Standing()
        metering.lives.end(ACME)
        with pytest.raises(Conflict):
            meter.put_budgets(ACME, Budgets(), standing=begun)
    with metering.opened() as meter:
        assert meter.own_budgets(ACME) == own
        meter.put_budgets(ACME, Budgets())
    with metering.opened() as meter:
        assert meter.own_budgets(ACME) == Budgets()


def test_without_a_meter_everything_passes() -> None:
    UNMETERED.count(ACME, CALL)
    UNMETERED.require(ACME, CALL)
