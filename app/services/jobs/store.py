"""Ingest jobs and their files in SQL. Every change of state is one transaction."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from app.common.ids import ClientId, new_id
from app.common.lives import Lives, Standing, deleted_meanwhile
from app.common.metering import behalf
from app.common.sql import SqlDatabase
from app.services.catalog.schema import job_files, jobs
from app.services.catalog.store import drop_if_empty, ensure_client
from app.services.ingestion.ingest import ChunkSettings, FileResult
from app.services.jobs.kept import KeptFiles, forget
from app.services.jobs.progress import FilePlace
from app.services.jobs.reader import JobReader, job_counts
from app.services.jobs.records import (
    NOT_KEPT,
    FileStatus,
    JobFile,
    JobRecord,
    JobStatus,
    Received,
    job_file,
    job_record,
    new_file,
    outcome,
)


class JobStore(JobReader):
    """The tables of jobs. Safe to call from any thread."""

    def __init__(
        self, database: SqlDatabase, *, lives: Lives | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """`lives` tells when each client's documents were deleted last, so that older work is not stored."""
        super().__init__(database)
        self._clock = clock
        self._lives = lives or Lives(deleted_meanwhile)
        self.kept = KeptFiles(database)

    def require_standing(self, client_id: ClientId, standing: Standing) -> None:
        """Raise Conflict when the client's documents were deleted since the request began, and as `standing` does."""
        self._lives.require(client_id, standing)

    def create(
        self,
        client_id: ClientId,
        files: Sequence[Received],
        chunking: ChunkSettings,
        *,
        by_name: bool,
        standing: Standing,
    ) -> str:
        """Note a new job with its files, and its client if that is new; return the job's id.

        Raises what `require_standing` raises.
        """
        job_id, now = new_id("job"), self._clock()
        job = {
            "job_id": job_id,
            "client_id": client_id,
            "status": "queued",
            "by_name": int(by_name),
            "chunk_size": chunking.size,
            "chunk_overlap": chunking.overlap,
            "created_at": now,
            "key_id": behalf().key_id or None,
        }
        rows = [{"job_id": job_id, "position": n, **new_file(file)} for n, file in enumerate(files)]
        with self._db.write(client_id) as connection:
            self.require_standing(client_id, standing)
            ensure_client(connection, client_id, now)
            connection.execute(insert(jobs).values(job))
            connection.execute(insert(job_files), rows)
        return job_id

    def claim(self, place: FilePlace) -> tuple[JobRecord, JobFile] | None:
        """Note that work on a queued file begins; None when it is not queued any more."""
        with self._db.write() as connection:
            begun = connection.execute(
                update(job_files)
                .where(_file(place), job_files.c.status == "queued")
                .values(status="running", attempts=job_files.c.attempts + 1, document_id=new_id("doc"))
            ).rowcount
            if not begun:
                return None
            connection.execute(
                update(jobs)
                .where(jobs.c.job_id == place[0])
                .values(status="running", started_at=func.coalesce(jobs.c.started_at, self._clock()))
            )
            job = connection.execute(select(jobs).where(jobs.c.job_id == place[0])).one()
            file = connection.execute(select(job_files).where(_file(place))).one()
        return job_record(job, {}), job_file(file)

    def settle(self, place: FilePlace, result: FileResult) -> None:
        """Store the result of a running file, and of its job when this was the last one.

        The spooled file of one that failed is kept, so that it can be tried again.
        """
        with self._db.write() as connection:
            values = outcome(result)
            if result.error is None:
                values.update(NOT_KEPT)
            self._end(connection, place, values)

    def cancelled(self, place: FilePlace) -> None:
        """Note that work on a running file was given up because its job was cancelled."""
        with self._db.write(removing=True) as connection:
            self._end(connection, place, {"status": "cancelled", "document_id": None})

    def release(self, place: FilePlace, *, counted: bool) -> None:
        """Put a running file back among the queued ones; `counted` says whether that was an attempt at it."""
        with self._db.write() as connection:
            attempts = job_files.c.attempts - (0 if counted else 1)
            connection.execute(
                update(job_files)
                .where(_file(place), job_files.c.status == "running")
                .values(status="queued", document_id=None, attempts=attempts)
            )

    def cancel(self, client_id: ClientId, job_id: str) -> None:
        """Cancel the files that wait, and note that those which run are to be."""
        with self._db.write(client_id, removing=True) as connection:
            mine = jobs.c.client_id == client_id, jobs.c.job_id == job_id, jobs.c.finished_at.is_(None)
            if connection.execute(update(jobs).where(*mine).values(cancelling=1)).rowcount:
                _set_files(connection, job_id, "queued", status="cancelled")
                self._finish_if_done(connection, job_id)

    def retry(self, client_id: ClientId, job_id: str, *, standing: Standing) -> int:
        """Queue the failed and cancelled files of a finished job that are kept; return how many they are.

        Raises what `require_standing` raises.
        """
        with self._db.write(client_id) as connection:
            self.require_standing(client_id, standing)
            mine = jobs.c.client_id == client_id, jobs.c.job_id == job_id, jobs.c.finished_at.is_not(None)
            if connection.execute(select(jobs.c.job_id).where(*mine)).first() is None:
                return 0
            again = connection.execute(
                update(job_files)
                .where(
                    job_files.c.job_id == job_id,
                    job_files.c.status.in_(("failed", "cancelled")),
                    job_files.c.upload.is_not(None),
                )
                .values(status="queued", attempts=0, error_code=None, error_detail=None)
            ).rowcount
            if again:
                connection.execute(update(jobs).where(*mine).values(status="queued", cancelling=0, finished_at=None))
        return again

    # Forgetting

    def forget_finished(self, *, before: float, keep_uploads: int) -> list[str]:
        """Remove jobs that finished before that time, and all but the newest kept files of the others.

        Returns the names of the spooled files that are not needed any more.
        """
        expired = jobs.c.finished_at < before
        finished = select(jobs.c.finished_at, job_files.c.upload).join(jobs)
        finished = finished.where(job_files.c.upload.is_not(None), jobs.c.finished_at.is_not(None))
        with self._db.write(removing=True) as connection:
            kept = connection.execute(finished.order_by(jobs.c.finished_at.desc())).all()
            names = [str(upload) for n, (at, upload) in enumerate(kept) if at < before or n >= keep_uploads]
            forget(connection, names)
            owners = list(connection.execute(select(jobs.c.client_id).where(expired).distinct()).scalars())
            connection.execute(delete(jobs).where(expired))
            for owner in owners:
                drop_if_empty(connection, ClientId(owner))
        return names

    def _end(self, connection: Connection, place: FilePlace, values: dict[str, Any]) -> None:
        ended = connection.execute(
            update(job_files).where(_file(place), job_files.c.status == "running").values(**values)
        ).rowcount
        if ended:
            self._finish_if_done(connection, place[0])

    def _finish_if_done(self, connection: Connection, job_id: str) -> None:
        counts = job_counts(connection, [job_id]).get(job_id, {})
        if counts.get("queued", 0) + counts.get("running", 0):
            return
        status: JobStatus = "completed"
        if counts.get("cancelled"):
            status = "cancelled"
        elif set(counts) == {"failed"}:
            status = "failed"
        connection.execute(
            update(jobs).where(jobs.c.job_id == job_id).values(status=status, cancelling=0, finished_at=self._clock())
        )


def _file(place: FilePlace) -> Any:
    return (job_files.c.job_id == place[0]) & (job_files.c.position == place[1])


def _set_files(connection: Connection, job_id: str, old: FileStatus, **values: Any) -> None:
    mine = (job_files.c.job_id == job_id) & (job_files.c.status == old)
    connection.execute(update(job_files).where(mine).values(**values))
