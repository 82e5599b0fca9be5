"""Looking after uploads in the background."""

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse

from app.common.errors import AppError
from app.common.ids import ClientId
from app.dependencies import Principal, PrincipalDep, ServicesDep, note_client
from app.problems import describe, problem_responses
from app.routers.streams import HEADERS, HEARTBEAT_SECONDS, Events, event
from app.schemas.ingest import FileProblem
from app.schemas.jobs import JobFileResult, JobInfo, JobList, JobSummary
from app.service import Services
from app.services.jobs.following import follow
from app.services.jobs.records import JobFile
from app.services.jobs.service import Job

router = APIRouter(prefix="/api/v1/ingest/jobs", tags=["Ingest"])


@router.get(
    "", summary="List a client's jobs", response_model_exclude_none=True, responses=problem_responses(401, 404, 422)
)
def list_jobs(
    request: Request,
    principal: PrincipalDep,
    services: ServicesDep,
    client_id: Annotated[str | None, Query(description="Whose; a client's key needs none.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=100, description="`next_cursor` of the page before.")] = "",
) -> JobList:
    """Return the jobs, newest first, without their files. Finished ones are forgotten after INGEST_JOB_DAYS days."""
    owner = principal.client(client_id)
    note_client(request, owner)
    page = services.jobs.page(owner, cursor=cursor, limit=limit)
    return JobList(jobs=[_summary(job) for job in page.jobs], next_cursor=page.next_cursor)


@router.get(
    "/{job_id}", summary="One job", response_model_exclude_none=True, responses=problem_responses(401, 404, 422)
)
def get_job(request: Request, job_id: str, principal: PrincipalDep, services: ServicesDep) -> JobInfo:
    """Return how far the job is and what became of each file."""
    return job_info(services.jobs.get(_owner(request, services, principal, job_id), job_id))


@router.delete(
    "/{job_id}",
    summary="Cancel a job",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 409, 422),
)
def cancel_job(request: Request, job_id: str, principal: PrincipalDep, services: ServicesDep) -> JobInfo:
    """Stop the job: what is ready stays, a file that is being worked on leaves nothing, the others are not begun.

    While a file is still being read the job's stage is `cancelling`. A job that is finished can not be cancelled.
    """
    return job_info(services.jobs.cancel(_owner(request, services, principal, job_id), job_id))


@router.post(
    "/{job_id}/retry",
    status_code=202,
    summary="Try failed files again",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 409, 422, 503),
)
def retry_job(request: Request, job_id: str, principal: PrincipalDep, services: ServicesDep) -> JobInfo:
    """Queue the failed and cancelled files of a finished job again; they were kept for that."""
    return job_info(services.jobs.retry(_owner(request, services, principal, job_id), job_id))


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Server-sent events"},
        **problem_responses(401, 404, 422),
    },
)
def job_events(request: Request, job_id: str, principal: PrincipalDep, services: ServicesDep) -> EventSourceResponse:
    """Stream the job's progress: `progress` events with the job, without its files, and at its end one `done` event
    with them, after which the stream ends. There is a comment every 15 seconds, to keep the connection open.
    """
    owner = _owner(request, services, principal, job_id)
    services.jobs.get(owner, job_id)
    events = _events(request, services, owner, job_id)
    return EventSourceResponse(events, ping=HEARTBEAT_SECONDS, headers=HEADERS, sep="\n")


def job_info(job: Job) -> JobInfo:
    """Shape a job with its files."""
    return JobInfo(**_summary(job).model_dump(), documents=[_file(file) for file in job.files])


async def _events(request: Request, services: Services, owner: ClientId, job_id: str) -> Events:
    try:
        async with aclosing(follow(services.jobs, owner, job_id)) as views:
            async for job in views:
                if job.record.finished_at is None:
                    yield event("progress", _summary(job).model_dump_json(exclude_none=True))
                else:
                    yield event("done", job_info(job).model_dump_json(exclude_none=True))
    except AppError as exc:
        yield event("error", describe(request, exc))


def _owner(request: Request, services: Services, principal: Principal, job_id: str) -> ClientId:
    """Return the client whose job this is to the caller: its own, or for the operator whoever has it."""
    owner = principal.own_client or services.jobs.owner_of(job_id)
    note_client(request, owner)
    return owner


def _summary(job: Job) -> JobSummary:
    record, counts = job.record, job.record.counts
    return JobSummary(
        job_id=record.job_id,
        client_id=record.client_id,
        status=record.status,
        stage=job.stage,
        progress=job.progress,
        created_at=record.created_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        chunk_size=record.chunking.size,
        chunk_overlap=record.chunking.overlap,
        replace=record.by_name,
        files=sum(counts.values()),
        documents_processed=counts.get("ready", 0) + counts.get("duplicate", 0),
        documents_failed=counts.get("failed", 0),
        documents_cancelled=counts.get("cancelled", 0),
    )


def _file(file: JobFile) -> JobFileResult:
    failed = file.error_code is not None
    return JobFileResult(
        document_id=file.document_id if file.status in ("ready", "duplicate") else None,
        filename=file.filename,
        status=file.status,
        pages=file.pages,
        chunks=file.chunks,
        duplicate_of=file.duplicate_of,
        replaced=list(file.replaced),
        warnings=list(file.warnings),
        error=FileProblem(code=file.error_code or "", detail=file.error_detail or "") if failed else None,
    )
