"""What clients use, and the budgets that they are held to."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from app.common.errors import InvalidInput
from app.common.ids import ClientId
from app.dependencies.callers import AdminDep
from app.dependencies.clients import ManagedClientDep, PathClientDep
from app.dependencies.services import ClientsDep, JobsDep, MeterDep, SessionsDep, SettingsDep
from app.dependencies.writing import WritingDep
from app.problems import problem_responses
from app.schemas.usage import ClientBudgets, ClientUsage, NewBudgets, UsageReport
from app.services.metering.meter import UsageMeter
from app.services.metering.store import By, Question
from app.shapes import usage as shapes

router = APIRouter(prefix="/api/v1", tags=["Clients"])

_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@dataclass(frozen=True, slots=True)
class Window:
    """From which day to which, and in which form; None leaves a day to the service."""

    first: date | None
    last: date | None
    as_csv: bool

    def question(self, meter: UsageMeter, by: By, client_id: ClientId | None = None) -> Question:
        """Return what is asked: this month up to today, where nothing is said."""
        last = self.last or (max(meter.today(), self.first) if self.first else meter.today())
        first = self.first or last.replace(day=1)
        if first > last:
            raise InvalidInput("from must not be later than to.", code="invalid_period")
        return Question(first=first, last=last, by=by, client_id=client_id)


def _no_number(text: object) -> object:
    """Refuse what Python would take for the day of so many seconds since 1970."""
    if isinstance(text, str) and "-" not in text[1:]:
        raise PydanticCustomError("date_form", "Input should be a date such as 2026-05-01")
    return text


_Day = Annotated[date, BeforeValidator(_no_number)]


async def get_window(
    first: Annotated[_Day | None, Query(alias="from", description="The first day (UTC); else of the month.")] = None,
    last: Annotated[_Day | None, Query(alias="to", description="The last day (UTC), included; else today.")] = None,
    file_format: Annotated[Literal["json", "csv"] | None, Query(alias="format")] = None,
    accept: Annotated[str, Header(description="`text/csv` is the same as format=csv.")] = "",
) -> Window:
    """Read which days are asked for."""
    as_csv = file_format == "csv" or (file_format is None and accept.strip().startswith("text/csv"))
    return Window(first, last, as_csv)


WindowDep = Annotated[Window, Depends(get_window)]


@router.get(
    "/clients/{client_id}/usage",
    summary="What a client uses",
    response_model=ClientUsage,
    responses={**_CSV, **problem_responses(401, 404, 422)},
)
def client_usage(
    client_id: PathClientDep,
    clients: ClientsDep,
    sessions: SessionsDep,
    jobs: JobsDep,
    settings: SettingsDep,
    meter: MeterDep,
    *,
    window: WindowDep,
    by: Literal["day", "key", "model", "kind"] = "day",
) -> ClientUsage | Response:
    """Return what the client has stored, the limits it is held to, and what it has used.

    CSV has what it has used alone. In `used` is what was counted up to this moment.
    """
    record = clients.get(client_id)
    asked = window.question(meter, by, client_id)
    report = meter.report(asked)
    if window.as_csv:
        return _csv(shapes.usage_csv(asked, report))
    stats = sessions.get_stats(client_id)
    rated = sessions.feedback.counts(client_id)
    return ClientUsage(
        client_id=client_id,
        documents=record.document_count,
        chunks=record.chunk_count,
        bytes_uploaded=record.byte_count,
        bytes_waiting=jobs.waiting_bytes(client_id),
        sessions=stats["total_sessions"],
        messages=stats["total_messages"],
        feedback_up=rated.up,
        feedback_down=rated.down,
        max_documents=settings.max_documents_per_client,
        max_chunks=settings.max_chunks_per_client,
        max_chunks_per_document=settings.max_chunks_per_document,
        max_bytes_waiting=settings.max_waiting_mb_per_client << 20,
        rate_limit_per_minute=settings.rate_limit_per_minute,
        used=shapes.usage_report(asked, report),
    )


@router.get(
    "/admin/usage",
    summary="What all clients use",
    response_model=UsageReport,
    responses={**_CSV, **problem_responses(401, 403, 422)},
)
def usage_of_all(
    _: AdminDep,
    meter: MeterDep,
    window: WindowDep,
    by: By = "client",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: Annotated[str | None, Query(max_length=128, description="`next_cursor` of the page before.")] = None,
) -> UsageReport | Response:
    """Return what all clients have used together. Needs the admin key in locked mode.

    What clients used that were erased since is in it, without their names.
    """
    asked = window.question(meter, by).page(after=cursor, limit=limit)
    report = meter.report(asked)
    return _csv(shapes.usage_csv(asked, report)) if window.as_csv else shapes.usage_report(asked, report)


@router.get("/clients/{client_id}/budgets", summary="A client's budgets", responses=problem_responses(401, 404, 422))
def get_budgets(client_id: PathClientDep, clients: ClientsDep, meter: MeterDep) -> ClientBudgets:
    """Return what the client may use, has used, and when it may go on."""
    clients.get(client_id)
    return shapes.client_budgets(client_id, meter)


@router.put(
    "/clients/{client_id}/budgets",
    summary="Set a client's budgets",
    responses=problem_responses(401, 403, 404, 409, 422, 429, 503),
)
async def put_budgets(
    client_id: ManagedClientDep, body: NewBudgets, meter: MeterDep, writing: WritingDep
) -> ClientBudgets:
    """Replace the client's budgets as a whole: what is left out goes back to the service's own.

    Needs the admin key in locked mode. They hold from the next call on.
    """
    put = partial(meter.put_budgets, client_id, shapes.budgets(body), standing=writing.standing)
    await writing.run(client_id, put)
    return shapes.client_budgets(client_id, meter)


def _csv(text: str) -> Response:
    return Response(text, media_type="text/csv", headers={"X-Content-Type-Options": "nosniff"})
