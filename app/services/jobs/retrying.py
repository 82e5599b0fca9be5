"""Which files of jobs are tried again: the failed ones when a caller asks, and at the start those a process left."""

import logging

from app.common.errors import AppError, Conflict
from app.common.ids import ClientId
from app.common.lives import Standing
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.ingestion.ingest import FileResult
from app.services.jobs.records import JobFile, JobRecord
from app.services.jobs.store import JobStore
from app.services.jobs.types import Job

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""How often work on a file may begin without a result: a file that ends the process must not do so for ever."""


def count_retryable(job: Job) -> int:
    """Return how many files of a finished job did not become documents. Raises Conflict while it is not finished."""
    if job.record.finished_at is None:
        raise Conflict("This job is not finished yet; wait for it, or cancel it.", code="job_not_finished")
    return sum(file.status in ("failed", "cancelled") for file in job.files)


def retry_failed(store: JobStore, client_id: ClientId, job_id: str, *, standing: Standing) -> None:
    """Queue the failed and cancelled files of a finished job again. Raises Conflict when none of them is kept."""
    if not store.retry(client_id, job_id, standing=standing):
        raise Conflict("No file of this job can be tried again; upload them again.", code="nothing_to_retry")


def recover_jobs(store: JobStore, catalog: Catalog) -> None:
    """Bring every file that was being worked on to a state from which work can go on.

    Runs after the documents were recovered, before anyone works on jobs: a document that is there was acknowledged.
    """
    running = store.running()
    for job, file in running:
        document = catalog.document(job.client_id, file.document_id) if file.document_id else None
        if document is not None:
            store.settle(file.place, _done(document))
        else:
            _begin_again(store, job, file)
    if running:
        logger.warning("unfinished files of jobs taken up again", extra={"files": len(running)})


def _begin_again(store: JobStore, job: JobRecord, file: JobFile) -> None:
    if job.cancelling:
        store.cancelled(file.place)
    elif file.attempts >= MAX_ATTEMPTS:
        error = AppError("The service ended each time it worked on this file.", code="interrupted")
        store.settle(file.place, FileResult(file.filename, "failed", error=error))
    else:
        store.release(file.place, counted=True)


def _done(document: DocumentRecord) -> FileResult:
    return FileResult(
        document.filename,
        "ready",
        document_id=document.document_id,
        pages=document.pages,
        chunks=document.chunk_count,
        warnings=document.warnings,
    )
