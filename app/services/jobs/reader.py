"""What the tables of jobs say: reading alone."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, tuple_

from app.common.cursors import Place
from app.common.ids import ClientId
from app.common.sql import SqlDatabase
from app.services.catalog.schema import job_files, jobs
from app.services.jobs.progress import FilePlace
from app.services.jobs.records import FileStatus, JobFile, JobRecord, job_file, job_record


class JobReader:
    """Reads jobs and their files. Safe to call from any thread."""

    def __init__(self, database: SqlDatabase) -> None:
        self._db = database

    def owner(self, job_id: str) -> ClientId | None:
        """Return whose job it is; for callers who may reach every client."""
        with self._db.read() as connection:
            found = connection.execute(select(jobs.c.client_id).where(jobs.c.job_id == job_id)).scalar_one_or_none()
        return None if found is None else ClientId(found)

    def get(self, client_id: ClientId, job_id: str) -> tuple[JobRecord, list[JobFile]] | None:
        """Return the client's job and its files in order."""
        with self._db.read(client_id) as connection:
            row = connection.execute(select(jobs).where(jobs.c.client_id == client_id, jobs.c.job_id == job_id)).first()
            if row is None:
                return None
            query = select(job_files).where(job_files.c.job_id == job_id).order_by(job_files.c.position)
            files = [job_file(file) for file in connection.execute(query)]
            return job_record(row, job_counts(connection, [job_id]).get(job_id, {})), files

    def page(self, client_id: ClientId, *, before: Place | None, limit: int) -> list[JobRecord]:
        """Return the client's jobs older than `before`, newest first."""
        query = select(jobs).where(jobs.c.client_id == client_id)
        if before is not None:
            query = query.where(tuple_(jobs.c.created_at, jobs.c.job_id) < before)
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.job_id.desc()).limit(limit)
        with self._db.read(client_id) as connection:
            rows = connection.execute(query).all()
            counts = job_counts(connection, [row.job_id for row in rows])
        return [job_record(row, counts.get(row.job_id, {})) for row in rows]

    def unfinished(self, client_id: ClientId | None = None) -> list[str]:
        """Return the ids of jobs that are not finished, of the client or all, oldest first."""
        query = select(jobs.c.job_id).where(jobs.c.finished_at.is_(None)).order_by(jobs.c.created_at, jobs.c.job_id)
        if client_id is not None:
            query = query.where(jobs.c.client_id == client_id)
        with self._db.read(client_id) as connection:
            return list(connection.execute(query).scalars())

    def oldest(self) -> float | None:
        """Return when the oldest job that is not finished was accepted; None without one."""
        query = select(func.min(jobs.c.created_at)).where(jobs.c.finished_at.is_(None))
        with self._db.read() as connection:
            found: float | None = connection.execute(query).scalar_one()
        return found

    def queued(self) -> list[tuple[ClientId, FilePlace]]:
        """Return the files that wait, of the oldest job first."""
        query = (
            select(jobs.c.client_id, job_files.c.job_id, job_files.c.position)
            .join(jobs)
            .where(job_files.c.status == "queued")
            .order_by(jobs.c.created_at, job_files.c.job_id, job_files.c.position)
        )
        with self._db.read() as connection:
            return [(ClientId(client), (job, position)) for client, job, position in connection.execute(query)]

    def running(self) -> list[tuple[JobRecord, JobFile]]:
        """Return the files that are being worked on: at startup, those the last process did not finish."""
        with self._db.read() as connection:
            files = [
                job_file(row) for row in connection.execute(select(job_files).where(job_files.c.status == "running"))
            ]
            wanted = {file.job_id for file in files}
            found = connection.execute(select(jobs).where(jobs.c.job_id.in_(wanted)))
            records = {row.job_id: job_record(row, {}) for row in found}
        return [(records[file.job_id], file) for file in files]


def job_counts(connection: Connection, job_ids: Sequence[str]) -> dict[str, dict[FileStatus, int]]:
    """Return how many files of each status the jobs have, by the job's id."""
    query = (
        select(job_files.c.job_id, job_files.c.status, func.count())
        .where(job_files.c.job_id.in_(job_ids))
        .group_by(job_files.c.job_id, job_files.c.status)
    )
    counts: dict[str, dict[FileStatus, int]] = {}
    for job_id, status, number in connection.execute(query):
        counts.setdefault(job_id, {})[status] = number
    return counts
