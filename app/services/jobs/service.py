"""Uploads in the background: jobs that survive a restart, with progress, cancelling and trying again."""

import logging
import time
from collections.abc import Callable, Sequence

from typing_extensions import override

from app.common.absent import no_such_job
from app.common.background import Background, Running
from app.common.cursors import decode_place, encode_place
from app.common.errors import Conflict, InvalidInput, TooLarge
from app.common.fair_queue import FairQueue
from app.common.file_loader import check_filename
from app.common.ids import ClientId
from app.common.lives import Standing
from app.common.undo import on_failure
from app.services.catalog.store import Catalog
from app.services.ingestion.ingest import ChunkSettings, FileResult, Ingestion
from app.services.ingestion.spool import UploadSpool
from app.services.ingestion.uploads import Incoming
from app.services.jobs.admission import Admission
from app.services.jobs.progress import FilePlace, JobProgress, JobStage
from app.services.jobs.records import JobFile, JobRecord, Received, Spooled, require_one_good
from app.services.jobs.retrying import count_retryable, recover_jobs, retry_failed
from app.services.jobs.store import JobStore
from app.services.jobs.types import Job, JobPage, JobSettings, JobStats
from app.services.jobs.worker import JobWorkers

__all__ = ["Job", "JobPage", "JobService", "JobSettings", "JobStats"]

logger = logging.getLogger(__name__)

_CLEANUP_SECONDS = 3600.0
_LONGEST_NAME = 255


class JobService(Running):
    """Accepts jobs, and works through them once started. Clients take turns, file by file."""

    def __init__(
        self,
        *,
        store: JobStore,
        catalog: Catalog,
        spool: UploadSpool,
        ingestion: Ingestion,
        settings: JobSettings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._spool = spool
        self._settings = settings
        self._clock = clock
        self._queue: FairQueue[FilePlace] = FairQueue(each=max(1, settings.workers - 1))
        self._progress = JobProgress()
        self._workers = JobWorkers(
            count=settings.workers,
            queue=self._queue,
            store=store,
            spool=spool,
            ingestion=ingestion,
            progress=self._progress,
        )
        self._admission = Admission(queue=self._queue, kept=store.kept, spool=spool, settings=settings)
        self._cleaner = Background("job-cleaner", self.forget_finished, every=_CLEANUP_SECONDS)

    # Its life

    @override
    def start(self) -> None:
        """Go on where the last process stopped. Called after the documents were recovered."""
        recover_jobs(self._store, self._catalog)
        self.forget_finished()
        self._spool.sweep(keep=self._store.kept.names())
        for client_id, place in self._store.queued():
            self._queue.put(client_id, [place])
        self._workers.start()
        self._cleaner.start()

    def interrupt(self) -> None:
        """Begin to close: no file is begun any more, and those under way are given up at their next stage.

        Close the parser between this and `close`: one file may keep it busy for minutes.
        """
        self._workers.interrupt()

    @override
    def close(self) -> None:
        """End all work and wait for its end; what is not done is done after the next start."""
        self._workers.close()
        self._cleaner.close()

    @property
    def stopping(self) -> bool:
        """Whether work was interrupted: nothing more will happen to a job before the next start."""
        return self._progress.closing

    # What can be done with jobs

    def submit(
        self,
        client_id: ClientId,
        incoming: Sequence[Incoming],
        chunking: ChunkSettings,
        *,
        by_name: bool = False,
        standing: Standing | None = None,
    ) -> Job:
        """Accept a job: when this returns, its files and it survive a power cut.

        Files over the limit, or with an impossible name, have failed already; when all have, the first one's error
        is raised. Raises Unavailable when too many files wait, LimitReached when they are too large in all,
        InsufficientStorage when the disk is full, Conflict when the client's documents were deleted since it began,
        and what `standing` raises.
        """
        standing = standing or Standing()
        self._store.require_standing(client_id, standing)
        self._spool.require_room()
        self._admission.require_room(client_id, files=len(incoming))
        received: list[Received] = []
        with on_failure(
            lambda: self._spool.discard([file.upload.path.name for file in received if isinstance(file, Spooled)])
        ):
            received.extend(self._receive(file) for file in incoming)
            require_one_good(received)
            self._spool.settle()
            size = sum(file.upload.size for file in received if isinstance(file, Spooled))
            with self._admission.one_by_one():
                self._admission.require_room(client_id, files=len(received), size=size)
                job_id = self._store.create(client_id, received, chunking, by_name=by_name, standing=standing)
                self._enqueue(client_id, job_id)
        logger.info("job accepted", extra={"client": client_id, "job": job_id, "files": len(received)})
        return self.get(client_id, job_id)

    def waiting_bytes(self, client_id: ClientId) -> int:
        """Return the size of the client's files that wait, or are kept for another try."""
        return self._store.kept.size_bytes(client_id)

    def get(self, client_id: ClientId, job_id: str) -> Job:
        """Return the client's job; raises NotFound when there is none of that id."""
        found = self._store.get(client_id, job_id)
        if found is None:
            raise no_such_job()
        return self._view(*found)

    def page(self, client_id: ClientId, *, cursor: str = "", limit: int = 50) -> JobPage:
        """Return the client's jobs after `cursor`, newest first; raises InvalidInput for a bad cursor."""
        records = self._store.page(client_id, before=decode_place(cursor), limit=limit + 1)
        shown = records[:limit]
        more = len(records) > limit
        next_cursor = encode_place(shown[-1].created_at, shown[-1].job_id) if more else None
        return JobPage([self._view(record) for record in shown], next_cursor)

    def owner_of(self, job_id: str) -> ClientId:
        """Return whose job it is, for a caller who may reach every client; raises NotFound."""
        owner = self._store.owner(job_id)
        if owner is None:
            raise no_such_job()
        return owner

    def version(self, job_id: str) -> int:
        """Return a number that grows when something happens to the job, to see whether to look again. Costs nothing."""
        return self._progress.version(job_id)

    def stats(self) -> JobStats:
        """Return how things stand, for all clients."""
        return JobStats(self._queue.count(), self._progress.running_count(), self._progress.closing)

    def oldest(self) -> float | None:
        """Return when the oldest job that is not finished was accepted; None without one."""
        return self._store.oldest()

    def cancel(self, client_id: ClientId, job_id: str) -> Job:
        """Stop the job: what is ready stays, a file that is being worked on leaves nothing, the others are not begun.

        Raises NotFound, and Conflict when the job is finished.
        """
        job = self.get(client_id, job_id).record
        if job.finished_at is not None and job.status != "cancelled":
            raise Conflict("This job is finished; delete the documents it made instead.", code="job_finished")
        self._cancel(client_id, job_id)
        return self.get(client_id, job_id)

    def retry(self, client_id: ClientId, job_id: str, *, standing: Standing | None = None) -> Job:
        """Queue the failed and cancelled files of a finished job again.

        Raises NotFound, Conflict when the job is not finished or none of its files is kept, Unavailable when too many
        files wait, and what `submit` raises when it comes too late.
        """
        again = count_retryable(self.get(client_id, job_id))
        with self._admission.one_by_one():
            self._admission.require_room(client_id, files=again, size=0)
            retry_failed(self._store, client_id, job_id, standing=standing or Standing())
            self._progress.changed(job_id, cancelled=False)
            self._enqueue(client_id, job_id)
        return self.get(client_id, job_id)

    def abandon(self, client_id: ClientId) -> None:
        """Cancel all jobs of the client and remove its spooled files: before all it has is deleted.

        Called when its documents' life has ended: what is not accepted by then never will be.
        """
        with self._admission.one_by_one():  # whoever was let in before the end is done with it
            unfinished = self._store.unfinished(client_id)
        for job_id in unfinished:
            self._cancel(client_id, job_id)
        uploads = self._store.kept.names(client_id)
        self._store.kept.forget_all(client_id)
        self._spool.discard(uploads)

    def forget_finished(self) -> None:
        """Forget jobs that were finished long ago, and files kept for a retry that are too old or too many."""
        before = self._clock() - self._settings.keep
        self._spool.discard(self._store.forget_finished(before=before, keep_uploads=self._settings.queue_limit))

    # How it is done

    def _receive(self, file: Incoming) -> Received:
        try:
            if file.too_large is not None:
                raise file.too_large
            upload = self._spool.receive(check_filename(file.filename), file.stream, durable=True)
            return Spooled(upload, file.labels)
        except (TooLarge, InvalidInput) as exc:
            shown = file.filename.encode(errors="replace").decode()[:_LONGEST_NAME]
            return FileResult(shown, "failed", error=exc)

    def _enqueue(self, client_id: ClientId, job_id: str) -> None:
        files = self.get(client_id, job_id).files
        self._queue.put(client_id, [file.place for file in files if file.status == "queued"])

    def _cancel(self, client_id: ClientId, job_id: str) -> None:
        self._store.cancel(client_id, job_id)
        self._queue.discard(client_id, lambda place: place[0] == job_id)
        self._progress.changed(job_id, cancelled=True)

    def _view(self, record: JobRecord, files: Sequence[JobFile] = ()) -> Job:
        if record.finished_at is not None:
            return Job(record, "done", 1.0, files)
        running = self._progress.running(record.job_id)
        total = sum(record.counts.values())
        waiting = record.counts.get("queued", 0) + record.counts.get("running", 0)
        done = total - waiting + sum(file.progress for file in running.values())
        stage: JobStage = next((file.stage for file in running.values()), "waiting")
        return Job(record, "cancelling" if record.cancelling else stage, round(min(1.0, done / total), 4), files)
