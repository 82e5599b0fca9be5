"""Usage and budgets: values on the wire, and as CSV."""

import csv
import io

from app.common.ids import ClientId
from app.common.metering import Usage
from app.schemas.usage import BudgetInfo, ClientBudgets, NewBudgets, UsageAmounts, UsageReport, UsageShare
from app.services.metering.budgets import UNLIMITED, Budgets, opens_at, shown
from app.services.metering.meter import UsageMeter
from app.services.metering.store import Question, Report


def usage_report(asked: Question, report: Report) -> UsageReport:
    """Return what was used."""
    return UsageReport(
        first_day=asked.first,
        last_day=asked.last,
        by=asked.by,
        total=UsageAmounts(**report.total._asdict()),
        shares=[UsageShare(group=share.group or None, **share.usage._asdict()) for share in report.shares],
        next_cursor=report.next_cursor,
    )


def usage_csv(asked: Question, report: Report) -> str:
    """Return the shares as CSV: a head, and a line for each."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow((asked.by, *Usage._fields))
    writer.writerows((share.group, *share.usage) for share in report.shares)
    return lines.getvalue()


def budgets(body: NewBudgets) -> Budgets:
    """Return the budgets that were sent."""
    amounts = {name: UNLIMITED if amount == "unlimited" else amount for name, amount in body.model_dump().items()}
    return Budgets(**amounts)


def client_budgets(client_id: ClientId, meter: UsageMeter) -> ClientBudgets:
    """Return how the client's budgets stand."""
    own, today = meter.own_budgets(client_id), meter.today()
    return ClientBudgets(
        client_id=client_id,
        budgets=[
            BudgetInfo(
                name=state.kind.name,
                limit=state.limit,
                used=state.used,
                opens_at=shown(opens_at(state.kind.period, today)),
                own=own.limit(state.kind.name) is not None,
            )
            for state in meter.states(client_id)
        ],
    )
