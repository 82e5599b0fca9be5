"""Background uploads on the wire. Times are seconds since the epoch."""

from typing import Literal

from pydantic import BaseModel, Field

from app.schemas.ingest import FileResult


class JobFileResult(FileResult):
    """One file of a job: its result, or that it waits or is worked on."""

    status: Literal["queued", "running", "ready", "duplicate", "failed", "cancelled"]


class JobSummary(BaseModel):
    """A job without its files."""

    job_id: str
    client_id: str
    status: Literal["queued", "running", "completed", "failed", "cancelled"] = Field(
        description="`completed`: every file is finished, some may have failed. `failed`: all of them have."
    )
    stage: Literal["waiting", "parsing", "chunking", "embedding", "storing", "cancelling", "done"]
    progress: float = Field(description="0 to 1.")
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    chunk_size: int
    chunk_overlap: int
    replace: bool
    files: int = Field(description="How many there are in all.")
    documents_processed: int = Field(description="Files that are ready or duplicates.")
    documents_failed: int
    documents_cancelled: int


class JobInfo(JobSummary):
    """A job with the result of each file, in the order in which they were sent."""

    documents: list[JobFileResult]


class JobAccepted(JobInfo):
    """An accepted job; follow it at the address in the Location header."""

    message: str
    api_key: str | None = Field(None, description="In locked mode, for a client made by this upload: shown this once.")


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobSummary]
    next_cursor: str | None = Field(None, description="The `cursor` of the next page; absent on the last page.")
