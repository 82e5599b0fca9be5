"""What a job and its files are, and how they lie in the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from app.common.ids import ClientId
from app.common.labels import NONE_GIVEN, GivenLabels
from app.services.catalog.labels import labels_of
from app.services.ingestion.ingest import ChunkSettings, FileResult
from app.services.ingestion.spool import Upload
from app.services.jobs.progress import FilePlace

JobStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
FileStatus = Literal["queued", "running", "ready", "duplicate", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file of a new job that is kept until it is taken in, and its labels."""

    upload: Upload
    labels: GivenLabels = NONE_GIVEN


Received = Spooled | FileResult
"""A file of a new job: spooled, or failed already while it was received."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job; times are in seconds since the epoch. `counts` says how many of its files have each status.

    `key_id` is of the key it was made with; empty for the operator's, and where no keys are needed.
    """

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
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file of a job. `upload` names its spooled file, and `labels` are there, while that is kept.

    The error is set when it failed.
    """

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
    labels: GivenLabels

    @property
    def place(self) -> FilePlace:
        """Which file of which job this is."""
        return self.job_id, self.position


NOT_KEPT: Mapping[str, Any] = {"upload": None, "labels": None}
"""The columns of a file whose upload is not kept any more."""


def new_file(file: Received) -> dict[str, Any]:
    """Return the columns of a file of a new job, besides its place."""
    if isinstance(file, FileResult):
        return {"filename": file.filename, **NOT_KEPT, "size_bytes": 0, "sha256": "", **outcome(file)}
    upload = file.upload
    return {
        **outcome(FileResult(upload.filename, "ready")),
        "filename": upload.filename,
        "upload": upload.path.name,
        "labels": _label_column(file.labels),
        "size_bytes": upload.size,
        "sha256": upload.sha256,
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
        key_id=row.key_id or "",
    )


def job_file(row: Row[Any]) -> JobFile:
    """Read a row of job_files."""
    fields = dict(row._mapping)
    labels = _labels(fields["labels"] or {})
    texts = {name: tuple(fields[name]) for name in ("replaced", "warnings")}
    return JobFile(**{**fields, **texts, "labels": labels})


def _label_column(labels: GivenLabels) -> dict[str, Any]:
    given = {"metadata": labels.metadata, "tags": labels.tags}
    return {name: value for name, value in given.items() if value is not None}


def _labels(column: Mapping[str, Any]) -> GivenLabels:
    given = labels_of(column.get("metadata", {}), column.get("tags", ()))
    return GivenLabels(given.metadata if "metadata" in column else None, given.tags if "tags" in column else None)


def require_one_good(received: Sequence[Received]) -> None:
    """Raise the first file's error when none of the files can be taken in."""
    failed = [file.error for file in received if isinstance(file, FileResult) and file.error]
    if len(failed) == len(received):
        raise failed[0]
