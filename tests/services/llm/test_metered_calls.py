"""Each client's tokens are those that the vendor counted, to the token, however its calls end."""

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.common.errors import LimitReached
from app.common.lives import Lives, erased_meanwhile
from app.common.metering import UNMETERED, Meter, Usage
from app.services.catalog.store import Catalog
from app.services.llm.model import VendorModel
from app.services.metering.budgets import Budgets
from app.services.metering.meter import UsageMeter
from app.services.metering.store import BudgetStore, UsageStore
from tests.services.llm.asking import ALICE, BOB, BOTH_PROVIDERS, BOTH_WAYS, ONE_TRY, QUESTION, Open, ask, read
from tests.services.llm.mixed_calls import Ledger, account_of, ask_all
from tests.standin import Reply, StandIn

MODELS = ("llama", "spare")


def meter_on(catalog: Catalog, **budgets: int) -> UsageMeter:
    lives = Lives(erased_meanwhile)
    store, own = UsageStore(catalog.database, models=MODELS), BudgetStore(catalog.database, lives=lives)
    return UsageMeter(store, own, defaults=Budgets(**budgets), lives=lives, kept_days=400)


@BOTH_PROVIDERS
def test_the_meter_agrees_with_the_vendor(provider: str, opened: Open, standin: StandIn, tmp_path: Path) -> None:
    ledger = Ledger(seed=7)
    with closing(Catalog.open(tmp_path / "catalog.db")) as catalog, meter_on(catalog) as meter:
        model = opened(provider, fallback_model="spare")
        model.meter = meter
        asyncio.run(ask_all(model, standin, ledger, calls=80))
        model.close()
        assert account_of(meter) == ledger.account
    assert {"Reply", "Status", "Malformed", "Hang", "Cut", "StreamError"} <= set(ledger.served)
    assert {model for _, model in ledger.account} == set(MODELS)


@BOTH_WAYS
def test_a_client_without_tokens_left_is_refused_before_the_vendor_is_asked(
    how: str, opened: Open, standin: StandIn, tmp_path: Path
) -> None:
    with closing(Catalog.open(tmp_path / "catalog.db")) as catalog, meter_on(catalog, tokens_a_day=12) as meter:
        model = opened("groq", limits=ONE_TRY)
        model.meter = meter
        standin.script(Reply("Refunds take five days."))
        ask(model, how)
        with pytest.raises(LimitReached, match="tokens a day"):
            ask(model, how)
        with pytest.raises(LimitReached, match="tokens a day"):
            model.require_room(ALICE)
        model.require_room(BOB)
    assert len(standin.requests) == 1


@BOTH_WAYS
def test_calls_that_waited_are_held_to_what_is_left_then(
    how: str, opened: Open, standin: StandIn, tmp_path: Path
) -> None:
    async def ask_together(model: VendorModel) -> list[object]:
        calls = [model.complete(ALICE, QUESTION) if how == "complete" else read(model) for _ in range(3)]
        return list(await asyncio.gather(*calls, return_exceptions=True))

    with closing(Catalog.open(tmp_path / "catalog.db")) as catalog, meter_on(catalog, tokens_a_day=12) as meter:
        model = opened("groq", limits=replace(ONE_TRY, max_concurrency=8, client_share=0.125))
        model.meter = meter
        standin.script(*[Reply("Refunds take five days.", delay=0.1)] * 3)
        answers = asyncio.run(ask_together(model))
    assert sum(isinstance(answer, LimitReached) for answer in answers) == 2
    assert len(standin.requests) == 1


def test_a_model_nobody_meters_answers(opened: Open) -> None:
    model = opened("groq")
    assert model.meter is UNMETERED
    unmetered: Meter = model.meter
    unmetered.count(ALICE, Usage(model_calls=1))
    assert ask(model, "complete").text
