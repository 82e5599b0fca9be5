"""At startup: files that the last process was working on are acknowledged, queued again, or given up."""

import logging

from app.common.errors import AppError
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.ingestion.ingest import FileResult
from app.services.jobs.records import JobFile, JobRecord
from app.services.jobs.store import JobStore

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""How often work on a file may begin without a result: a file that ends the process must not do so for ever."""


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
