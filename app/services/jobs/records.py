"""What a job and its files are, and how they lie in the tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from app.common.ids import ClientId
from app.services.ingestion.ingest import ChunkSettings, FileResult
from app.services.ingestion.spool import Upload
from app.services.jobs.progress import FilePlace

JobStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
FileStatus = Literal["queued", "running", "ready", "duplicate", "failed", "cancelled"]
Received = Upload | FileResult
"""A file of a new job: spooled, or failed already while it was received."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job; times are in seconds since the epoch. `counts` says how many of its files have each status."""

    job_id: str
    client_id: ClientId
    status: JobStatus
    cancelling: bool
    by_name: bool
    chunking: ChunkSettings
    created_at: float
    started_at: float | None
    finished_at: float | None
    counts: Mapping[FileStatus, int]


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file of a job. `upload` names its spooled file while that is kept; the error is set when it failed."""

    job_id: str
    position: int
    filename: str
    upload: str | None
    size_bytes: int
    sha256: str
    status: FileStatus
    attempts: int
    document_id: str | None
    pages: int
    chunks: int
    duplicate_of: str | None
    replaced: tuple[str, ...]
    warnings: tuple[str, ...]
    error_code: str | None
    error_detail: str | None

    @property
    def place(self) -> FilePlace:
        """Which file of which job this is."""
        return self.job_id, self.position


def new_file(file: Received) -> dict[str, Any]:
    """Return the columns of a file of a new job, besides its place."""
    if isinstance(file, FileResult):
        return {"filename": file.filename, "upload": None, "size_bytes": 0, "sha256": "", **outcome(file)}
    return {
        **outcome(FileResult(file.filename, "ready")),
        "filename": file.filename,
        "upload": file.path.name,
        "size_bytes": file.size,
        "sha256": file.sha256,
        "status": "queued",
    }


def outcome(result: FileResult) -> dict[str, Any]:
    """Return the columns that hold a file's result."""
    return {
        "status": result.status,
        "document_id": result.document_id,
        "pages": result.pages,
        "chunks": result.chunks,
        "duplicate_of": result.duplicate_of,
        "replaced": list(result.replaced),
        "warnings": list(result.warnings),
        "error_code": result.error.code if result.error else None,
        "error_detail": result.error.detail if result.error else None,
    }


def job_record(row: Row[Any], counts: Mapping[FileStatus, int]) -> JobRecord:
    """Read a row of jobs."""
    return JobRecord(
        job_id=row.job_id,
        client_id=ClientId(row.client_id),
        status=row.status,
        cancelling=bool(row.cancelling),
        by_name=bool(row.by_name),
        chunking=ChunkSettings(row.chunk_size, row.chunk_overlap),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        counts=counts,
    )


def job_file(row: Row[Any]) -> JobFile:
    """Read a row of job_files."""
    fields = dict(row._mapping)
    return JobFile(**{**fields, "replaced": tuple(fields["replaced"]), "warnings": tuple(fields["warnings"])})
