"""List, follow, cancel and retry background uploads."""

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sse_starlette import EventSourceResponse

from app.common.errors import AppError
from app.common.ids import ClientId
from app.dependencies.clients import QueryClientDep
from app.dependencies.cursors import PlaceCursor
from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.owners import JobOwnerDep
from app.dependencies.services import JobsDep
from app.dependencies.writing import WritingDep
from app.problems import describe, problem_responses
from app.schemas.jobs import JobInfo, JobList
from app.services.jobs.following import follow
from app.services.jobs.service import JobService
from app.shapes.jobs import job_info, job_summary
from app.streams import EVENTS_SCHEMA, HEADERS, HEARTBEAT_SECONDS, LAST_WORDS_SECONDS, Events, event

router = APIRouter(prefix="/api/v1/ingest/jobs", tags=["Ingest"], route_class=OnceRoute)


@router.get(
    "", summary="List a client's jobs", response_model_exclude_none=True, responses=problem_responses(401, 404, 422)
)
def list_jobs(
    client_id: QueryClientDep,
    jobs: JobsDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: PlaceCursor = "",
) -> JobList:
    """Return the jobs, newest first, without their files. Finished ones are forgotten after INGEST_JOB_DAYS days."""
    page = jobs.page(client_id, cursor=cursor, limit=limit)
    return JobList(jobs=[job_summary(job) for job in page.jobs], next_cursor=page.next_cursor)


@router.get(
    "/{job_id}", summary="One job", response_model_exclude_none=True, responses=problem_responses(401, 404, 422)
)
def get_job(job_id: str, owner: JobOwnerDep, jobs: JobsDep) -> JobInfo:
    """Return how far the job is and the result of each file."""
    return job_info(jobs.get(owner, job_id))


@router.delete(
    "/{job_id}",
    summary="Cancel a job",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 409, 422, 429, 503),
)
async def cancel_job(job_id: str, owner: JobOwnerDep, jobs: JobsDep, writing: WritingDep) -> JobInfo:
    """Stop the job: what is ready stays, a file that is being worked on leaves nothing, the others are not begun.

    While a file is still being read the job's stage is `cancelling`. A job that is finished can not be cancelled.
    """
    return job_info(await writing.run(owner, lambda: jobs.cancel(owner, job_id)))


@router.post(
    "/{job_id}/retry",
    status_code=202,
    summary="Try failed files again",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 409, 422, 429, 503),
    dependencies=[Depends(do_once)],
)
async def retry_job(job_id: str, owner: JobOwnerDep, jobs: JobsDep, writing: WritingDep) -> JobInfo:
    """Queue the failed and cancelled files of a finished job again; they were kept for that."""
    retried = await writing.run(owner, lambda: jobs.retry(owner, job_id, standing=writing.standing))
    return job_info(retried)


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": EVENTS_SCHEMA}, "description": "Server-sent events"},
        **problem_responses(401, 404, 422),
    },
)
def job_events(request: Request, job_id: str, owner: JobOwnerDep, jobs: JobsDep) -> EventSourceResponse:
    """Stream the job's progress: `progress` events with the job, without its files, and at its end one `done` event
    with them, after which the stream ends. There is a comment every 15 seconds, to keep the connection open.
    """
    jobs.get(owner, job_id)
    events = _events(request, jobs, owner, job_id)
    return EventSourceResponse(
        events, ping=HEARTBEAT_SECONDS, headers=HEADERS, sep="\n", shutdown_grace_period=LAST_WORDS_SECONDS
    )


async def _events(request: Request, jobs: JobService, owner: ClientId, job_id: str) -> Events:
    try:
        async with aclosing(follow(jobs, owner, job_id)) as views:
            async for job in views:
                if job.record.finished_at is None:
                    yield event("progress", job_summary(job).model_dump_json(exclude_none=True))
                else:
                    yield event("done", job_info(job).model_dump_json(exclude_none=True))
    except AppError as exc:
        yield event("error", describe(request, exc))
