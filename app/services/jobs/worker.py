"""The threads that work through the files of jobs."""

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from typing_extensions import override

from app.common.background import Running
from app.common.errors import AppError, InsufficientStorage, NotFound, Unavailable
from app.common.fair_queue import FairQueue
from app.common.metering import Behalf, acting_for
from app.services.ingestion.ingest import FileResult, Ingestion, Options, Stage
from app.services.ingestion.spool import Upload, UploadSpool
from app.services.jobs.progress import FilePlace, JobProgress, Stopped
from app.services.jobs.records import JobFile, JobRecord
from app.services.jobs.store import JobStore

logger = logging.getLogger(__name__)

TRIES = 4
"""How often a file is begun when something it needs is busy, with waits in between."""

_WAIT_SECONDS = 5.0

T = TypeVar("T")


class JobWorkers(Running):
    """A fixed number of threads, each of which takes one file after the other. What goes wrong stays with its file."""

    def __init__(
        self,
        *,
        count: int,
        queue: FairQueue[FilePlace],
        store: JobStore,
        spool: UploadSpool,
        ingestion: Ingestion,
        progress: JobProgress,
    ) -> None:
        self._queue = queue
        self._store = store
        self._spool = spool
        self._ingestion = ingestion
        self._progress = progress
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"ingest-{n}", daemon=True) for n in range(count)]

    @override
    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def interrupt(self) -> None:
        """Tell the threads to stop: files that are not done yet are queued again."""
        self._stopped.set()
        self._progress.close()
        self._queue.close()

    @override
    def close(self) -> None:
        self.interrupt()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _work(self) -> None:
        while (taken := self._queue.take()) is not None:
            owner, place = taken
            try:
                self._try_to_process(place)
            finally:
                self._queue.done(owner)

    def _try_to_process(self, place: FilePlace) -> None:
        try:
            self._process(place)
        except Exception as exc:  # noqa: BLE001 - the edge of the thread: others' files must go on
            # Never the text: it may quote a document.
            logger.error("job file failed unexpectedly", extra={"job": place[0], "error": type(exc).__name__})
            self._persist(lambda: self._store.settle(place, _unexpected()))
            self._progress.settled(place)

    def _process(self, place: FilePlace) -> None:
        claimed = self._persist(lambda: self._store.claim(place))
        if claimed is None:
            return
        job, file = claimed
        self._progress.changed(job.job_id)
        with acting_for(Behalf(kind="ingest", key_id=job.key_id)):
            result = self._ingest(job, file)
        if isinstance(result.error, Stopped) or (result.error and self._given_up(job)):
            self._give_up(job, file)
        else:
            self._persist(lambda: self._store.settle(place, result))
            if result.error is None and file.upload:
                self._spool.discard([file.upload])
        self._progress.settled(place)

    def _ingest(self, job: JobRecord, file: JobFile) -> FileResult:
        upload = Upload(file.filename, self._spool.path(file.upload or ""), file.size_bytes, file.sha256)
        if not upload.path.is_file():
            return FileResult(file.filename, "failed", error=_lost())
        options = Options(
            by_name=job.by_name,
            document_id=file.document_id,
            labels=file.labels,
            report=self._reporter(file.place),
            still=partial(self._progress.require, file.place),
        )
        for tried in range(1, TRIES + 1):
            self._wait_for_room(job)
            result = self._ingestion.ingest(job.client_id, upload, job.chunking, options)
            if not isinstance(result.error, Unavailable | InsufficientStorage) or tried == TRIES or self._given_up(job):
                break
            # Something it needs is busy: that says nothing about the file.
            self._stopped.wait(_wait_for(result.error))
        return result

    def _wait_for_room(self, job: JobRecord) -> None:
        """Return once there is room on the disk, which says nothing about the file, or the job is given up."""
        while not self._given_up(job):
            try:
                self._spool.require_room()
            except InsufficientStorage:
                self._stopped.wait(_WAIT_SECONDS)
            else:
                return

    def _reporter(self, place: FilePlace) -> Callable[[Stage, float], None]:
        return lambda stage, progress: self._progress.report(place, stage, progress)

    def _given_up(self, job: JobRecord) -> bool:
        return self._stopped.is_set() or self._progress.is_cancelled(job.job_id)

    def _give_up(self, job: JobRecord, file: JobFile) -> None:
        """Note that a file was not done: cancelled with its job, or for the next start to do."""
        if self._progress.is_cancelled(job.job_id):
            self._persist(lambda: self._store.cancelled(file.place))
        else:
            self._persist(lambda: self._store.release(file.place, counted=False))

    def _persist(self, change: Callable[[], T]) -> T | None:
        """Make a change of rows, again and again while the database is busy, until the service stops.

        What could not be noted is found and put right by the next start.
        """
        while True:
            try:
                return change()
            except (Unavailable, InsufficientStorage) as exc:
                logger.warning("job state not written, will be tried again", extra={"code": exc.code})
                if self._stopped.wait(1):
                    return None


def _wait_for(busy: AppError) -> float:
    return _WAIT_SECONDS if busy.retry_after is None else min(busy.retry_after, _WAIT_SECONDS)


def _lost() -> AppError:
    return NotFound("The uploaded file is not there any more; upload it again.", code="upload_lost")


def _unexpected() -> FileResult:
    error = AppError("Something went wrong on our side; retry the job, and tell the operator if it stays.")
    return FileResult("", "failed", error=error)
