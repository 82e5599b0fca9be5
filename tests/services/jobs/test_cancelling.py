"""Background uploads that are cancelled and tried again."""

import pytest

from app.common.errors import Conflict, NotFound
from app.service import Services
from tests.services.jobs.gated import ANNA, BERT, CHUNKING, GatedEmbeddings, files, finished, names, spooled, statuses
from tests.waiting import wait_for


def test_cancelling_keeps_what_is_ready_and_nothing_else(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    first = finished(services, services.jobs.submit(ANNA, files("ready.txt"), CHUNKING))
    embedder.gate.clear()
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING)
    wait_for(lambda: len(embedder.begun) == 2)
    seen = services.jobs.cancel(ANNA, job.record.job_id)
    assert seen.stage == "cancelling"
    assert statuses(seen) == ["running", "cancelled"]
    embedder.gate.set()
    job = finished(services, job)
    assert job.record.status == "cancelled"
    assert statuses(job) == ["cancelled", "cancelled"]
    assert names(services) == ["ready.txt"]
    assert services.vector_store_service.count(ANNA) == 1
    assert services.jobs.cancel(ANNA, job.record.job_id).record.status == "cancelled"
    with pytest.raises(Conflict):
        services.jobs.cancel(ANNA, first.record.job_id)


def test_a_cancelled_job_can_be_tried_again(services: Services, embedder: GatedEmbeddings) -> None:
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING)
    wait_for(lambda: embedder.begun)
    with pytest.raises(Conflict):
        services.jobs.retry(ANNA, job.record.job_id)
    services.jobs.cancel(ANNA, job.record.job_id)
    embedder.gate.set()
    finished(services, job)
    services.jobs.retry(ANNA, job.record.job_id)
    job = finished(services, job)
    assert job.record.status == "completed"
    assert statuses(job) == ["ready", "ready"]
    with pytest.raises(Conflict):
        services.jobs.retry(ANNA, job.record.job_id)


def test_only_failed_files_are_tried_again(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.failures.append(ZeroDivisionError())
    embedder.gate.set()
    job = finished(services, services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING))
    ready = job.files[1].document_id
    services.jobs.retry(ANNA, job.record.job_id)
    job = finished(services, job)
    assert statuses(job) == ["ready", "ready"]
    assert job.files[0].error_code is None
    assert job.files[1].document_id == ready
    assert names(services) == ["a.txt", "b.txt"]


def test_a_file_that_is_gone_from_the_disk_fails_with_its_reason(services: Services, embedder: GatedEmbeddings) -> None:
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING)
    wait_for(lambda: embedder.begun)
    services.internals.spool.discard(
        [each.upload for each in services.jobs.get(ANNA, job.record.job_id).files if each.upload]
    )
    embedder.gate.set()
    job = finished(services, job)
    assert statuses(job) == ["ready", "failed"]
    assert job.files[1].error_code == "upload_lost"


def test_deleting_a_collection_stops_its_uploads(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    finished(services, services.jobs.submit(ANNA, files("ready.txt"), CHUNKING))
    embedder.gate.clear()
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING)
    wait_for(lambda: len(embedder.begun) == 2)
    services.documents.delete_collection(ANNA)
    assert spooled(services) == 0
    embedder.gate.set()
    assert finished(services, job).record.status == "cancelled"
    assert names(services) == []
    assert not services.vector_store_service.exists(ANNA)


def test_erasing_a_client_erases_its_jobs(services: Services, embedder: GatedEmbeddings) -> None:
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING)
    wait_for(lambda: embedder.begun)
    services.clients.erase(ANNA)
    assert spooled(services) == 0
    embedder.gate.set()
    with pytest.raises(NotFound):
        services.jobs.get(ANNA, job.record.job_id)
    finished(services, services.jobs.submit(BERT, files("b.txt"), CHUNKING))
    assert services.internals.catalog.client(ANNA) is None
