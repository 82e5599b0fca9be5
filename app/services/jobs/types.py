"""Background uploads as their callers see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.jobs.progress import JobStage
from app.services.jobs.records import JobFile, JobRecord


@dataclass(frozen=True, slots=True)
class JobSettings:
    """How many threads; how many files may wait, half of them of one client; seconds that finished jobs are kept.

    The files of one client that wait, and those of its failed ones that are kept, have `client_bytes` at most.
    """

    workers: int = 3
    queue_limit: int = 2000
    keep: float = 7 * 86400
    client_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is at the moment; `progress` is 0 to 1. `files` is empty in a list of jobs."""

    record: JobRecord
    stage: JobStage
    progress: float
    files: Sequence[JobFile] = ()


@dataclass(frozen=True, slots=True)
class JobStats:
    """Background uploads at this moment: files that wait, files that are worked on, and whether all work is to end."""

    queued: int
    running: int
    closing: bool


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some of a client's jobs, newest first."""

    jobs: Sequence[Job]
    next_cursor: str | None
