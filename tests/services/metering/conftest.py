"""A meter on a real database, with a clock that a test sets."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.common.ids import ClientId
from app.common.lives import Lives, erased_meanwhile
from app.services.catalog.store import Catalog
from app.services.metering.budgets import Budgets
from app.services.metering.meter import UsageMeter
from app.services.metering.store import BudgetStore, By, Question, UsageStore

ACME, OTHER = ClientId("acme"), ClientId("other-co")
MODEL = "llama"


class Metering:
    """Makes meters on one catalog, as one process after the other would."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.lives = Lives(erased_meanwhile)
        self.now = datetime(2026, 1, 30, 12, tzinfo=UTC).timestamp()
        self.store = UsageStore(catalog.database, models=[MODEL])

    def opened(self, store: UsageStore | None = None, *, kept_days: int = 400, **budgets: int) -> UsageMeter:
        """Return a meter that is not started: it writes when it is told to."""
        return UsageMeter(
            store or self.store,
            BudgetStore(self.catalog.database, lives=self.lives),
            defaults=Budgets(**budgets),
            lives=self.lives,
            kept_days=kept_days,
            clock=lambda: self.now,
        )

    def question(self, by: By = "client", client_id: ClientId | None = None) -> Question:
        """Ask for all that there is."""
        first = datetime(2020, 1, 1, tzinfo=UTC).date()
        return Question(first=first, last=first.replace(year=2030), by=by, client_id=client_id)


@pytest.fixture
def metering(tmp_path: Path) -> Iterator[Metering]:
    catalog = Catalog.open(tmp_path / "catalog.db")
    yield Metering(catalog)
    catalog.close()
