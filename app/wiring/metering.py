"""What counts clients' usage and holds them to their budgets."""

from collections.abc import Callable
from contextlib import ExitStack

from app.common.lives import Lives
from app.common.sql import SqlDatabase
from app.config import Settings
from app.services.metering.budgets import Budgets
from app.services.metering.meter import UsageMeter
from app.services.metering.store import BudgetStore, UsageStore


def open_meter(
    settings: Settings, stack: ExitStack, database: SqlDatabase, lives: Lives, clock: Callable[[], float]
) -> UsageMeter:
    """Start to count; what is counted is written before the database is closed."""
    megabytes = settings.budget_mb_a_month
    meter = UsageMeter(
        UsageStore(database, models=settings.own_models),
        BudgetStore(database, lives=lives),
        defaults=Budgets(
            tokens_a_day=settings.budget_tokens_a_day,
            tokens_a_month=settings.budget_tokens_a_month,
            searches_a_day=settings.budget_searches_a_day,
            pages_a_month=settings.budget_pages_a_month,
            bytes_a_month=None if megabytes is None else megabytes << 20,
        ),
        lives=lives,
        kept_days=settings.usage_kept_days,
        clock=clock,
    )
    stack.enter_context(meter)
    return meter
