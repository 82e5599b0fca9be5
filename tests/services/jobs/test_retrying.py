"""Background uploads after a stop, a crash and a kill."""

import io
import threading
from pathlib import Path

from app.service import Services
from app.services.ingestion.ingest import Options
from app.services.jobs.retrying import MAX_ATTEMPTS
from app.services.jobs.service import Job
from app.services.jobs.store import JobStore
from tests.services.jobs.gated import (
    ANNA,
    CHUNKING,
    GatedEmbeddings,
    Opener,
    file,
    files,
    finished,
    names,
    spooled,
    statuses,
)
from tests.services.jobs.killing import run_through_kills
from tests.waiting import wait_for


def test_a_stop_puts_files_back_and_the_next_start_goes_on(open_again: Opener, embedder: GatedEmbeddings) -> None:
    services = open_again()
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt", "c.txt"), CHUNKING)
    wait_for(lambda: embedder.begun)
    stopping = threading.Thread(target=services.close)
    stopping.start()
    wait_for(lambda: services.jobs.stats().closing)
    embedder.gate.set()
    stopping.join()
    assert spooled(services) == 3
    services = open_again()
    job = finished(services, job)
    assert statuses(job) == ["ready", "ready", "ready"]
    assert [each.attempts for each in job.files] == [1, 1, 1]
    assert names(services) == ["a.txt", "b.txt", "c.txt"]


def _claimed(services: Services) -> tuple[JobStore, Job]:
    """Make a job whose file is `running` though nobody works on it, as a crash leaves it."""
    services.jobs.close()  # what is taken on from here on stays queued
    job = services.jobs.submit(ANNA, files("a.txt"), CHUNKING)
    store = JobStore(services.internals.catalog.database)
    assert store.claim((job.record.job_id, 0)) is not None
    return store, services.jobs.get(ANNA, job.record.job_id)


def test_a_document_acknowledged_before_a_crash_is_not_done_again(
    open_again: Opener, embedder: GatedEmbeddings
) -> None:
    embedder.gate.set()
    services = open_again()
    _, job = _claimed(services)
    crashed = job.files[0]
    options = Options(document_id=crashed.document_id)
    assert services.uploads.take(ANNA, file("a.txt"), CHUNKING, options).status == "ready"
    services.close()
    services = open_again()
    job = finished(services, job)
    assert [(each.status, each.document_id, each.chunks) for each in job.files] == [("ready", crashed.document_id, 1)]
    assert len(embedder.begun) == 1
    assert spooled(services) == 0


def test_a_file_that_ends_the_process_every_time_is_given_up(open_again: Opener, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    services = open_again()
    store, job = _claimed(services)
    place = job.files[0].place
    for _ in range(MAX_ATTEMPTS - 1):
        store.release(place, counted=True)
        store.claim(place)
    services.close()
    job = finished(open_again(), job)
    assert job.files[0].error_code == "interrupted"
    assert embedder.begun == []


def test_a_cancelled_file_is_not_begun_again_after_a_crash(open_again: Opener) -> None:
    services = open_again()
    store, job = _claimed(services)
    store.cancel(ANNA, job.record.job_id)
    services.close()
    assert finished(open_again(), job).record.status == "cancelled"


def test_the_start_removes_files_that_no_job_needs(open_again: Opener) -> None:
    services = open_again()
    services.internals.spool.receive("left.txt", io.BytesIO(b"Left behind."))
    services.close()
    assert spooled(open_again()) == 0


def test_every_file_once_though_the_process_is_killed(tmp_path: Path) -> None:
    result = run_through_kills(tmp_path, files=12, kills=2)
    assert result.statuses == {"ready": 12}
    assert result.documents == result.chunks == 12
    assert result.starts >= 3
    assert result.spooled == 0
