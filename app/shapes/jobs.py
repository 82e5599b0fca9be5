"""Jobs on the wire."""

from app.schemas.ingest import FileProblem
from app.schemas.jobs import JobAccepted, JobFileResult, JobInfo, JobSummary
from app.services.jobs.records import JobFile
from app.services.jobs.service import Job


def job_info(job: Job) -> JobInfo:
    """Return a job with its files."""
    return JobInfo(**job_summary(job).model_dump(), documents=[_file(file) for file in job.files])


def job_accepted(job: Job) -> JobAccepted:
    """Return a job that was just accepted."""
    files = len(job.files)
    message = f"{files} {'file' if files == 1 else 'files'} accepted for client {job.record.client_id}"
    return JobAccepted(**job_info(job).model_dump(), message=message)


def job_summary(job: Job) -> JobSummary:
    """Return a job without its files."""
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
