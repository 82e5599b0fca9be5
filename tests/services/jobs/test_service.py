"""Background uploads: each file for itself, fair between clients, bounded."""

import io

import pytest

from app.common.errors import AppError, NotFound, TooLarge, Unavailable
from app.common.ids import ClientId
from app.service import Services
from app.services.ingestion.uploads import Incoming
from app.services.jobs.service import JobStats
from tests.services.jobs.gated import (
    ANNA,
    BERT,
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
from tests.waiting import wait_for


def test_a_job_takes_all_its_files_in_and_leaves_none_on_disk(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    job = finished(services, services.jobs.submit(ANNA, files("a.txt", "b.md"), CHUNKING))
    assert (job.record.status, job.stage, job.progress) == ("completed", "done", 1.0)
    assert statuses(job) == ["ready", "ready"]
    assert all(each.document_id and each.chunks == 1 for each in job.files)
    assert names(services) == ["a.txt", "b.md"]
    wait_for(lambda: spooled(services) == 0)


def test_each_file_stands_for_itself(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    too_large = Incoming("big.txt", io.BytesIO(), TooLarge("The file is larger than 1 MB; split it."))
    incoming = [file("a.txt"), file("b.exe"), too_large, file("no\x07name.txt"), file("copy.txt", "All about a.txt.")]
    job = finished(services, services.jobs.submit(ANNA, incoming, CHUNKING))
    assert statuses(job) == ["ready", "failed", "failed", "failed", "duplicate"]
    assert [each.error_code for each in job.files] == [None, "unsupported_type", "too_large", "bad_name", None]
    assert job.files[4].duplicate_of == job.files[0].document_id
    assert job.record.status == "completed"


def test_a_job_whose_files_all_fail_has_failed(services: Services) -> None:
    job = finished(services, services.jobs.submit(ANNA, [file("b.exe"), file("e.txt", "")], CHUNKING))
    assert job.record.status == "failed"
    assert [each.error_code for each in job.files] == ["unsupported_type", "empty_file"]


def test_a_job_without_one_possible_file_is_not_taken_on(services: Services) -> None:
    with pytest.raises(AppError) as refused:
        services.jobs.submit(ANNA, [file("no\x07name.txt")], CHUNKING)
    assert refused.value.code == "bad_name"
    assert services.jobs.page(ANNA).jobs == []


def test_many_files_of_one_client_do_not_hold_up_anothers_one(services: Services, embedder: GatedEmbeddings) -> None:
    many = services.jobs.submit(ANNA, files(*(f"a{n}.txt" for n in range(6))), CHUNKING)
    wait_for(lambda: embedder.begun)
    one = services.jobs.submit(BERT, files("b.txt"), CHUNKING)
    embedder.gate.set()
    finished(services, one)
    finished(services, many)
    assert embedder.begun.index("All about b.txt.") <= 2


def test_progress_is_seen_while_a_file_is_worked_on(services: Services, embedder: GatedEmbeddings) -> None:
    job = services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING)
    assert (job.record.status, job.stage) in {
        ("queued", "waiting"),
        ("queued", "parsing"),
        ("running", "waiting"),
        ("running", "parsing"),
    }
    before = services.jobs.version(job.record.job_id)
    wait_for(lambda: embedder.begun)
    seen = services.jobs.get(ANNA, job.record.job_id)
    assert seen.record.status == "running"
    assert seen.stage == "chunking"
    assert 0 < seen.progress < 0.5
    embedder.gate.set()
    assert finished(services, job).progress == 1.0
    assert services.jobs.version(job.record.job_id) > before


def test_an_unforeseen_error_fails_its_file_alone(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.failures.append(ZeroDivisionError("the customer's secret"))
    embedder.gate.set()
    job = finished(services, services.jobs.submit(ANNA, files("a.txt", "b.txt"), CHUNKING))
    assert statuses(job) == ["failed", "ready"]
    assert job.files[0].error_code == "internal_error"
    assert "secret" not in (job.files[0].error_detail or "")


def test_a_file_waits_when_something_it_needs_is_busy(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.failures += [Unavailable("Busy.", retry_after=0), Unavailable("Busy.", retry_after=0)]
    embedder.gate.set()
    job = finished(services, services.jobs.submit(ANNA, files("a.txt"), CHUNKING))
    assert statuses(job) == ["ready"]
    assert len(embedder.begun) == 3


def test_replacing_by_name_takes_the_place_of_the_old_version(services: Services, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    old = finished(services, services.jobs.submit(ANNA, [file("a.txt", "Old words.")], CHUNKING)).files[0]
    new = finished(services, services.jobs.submit(ANNA, [file("a.txt", "New words.")], CHUNKING, by_name=True)).files[0]
    assert new.replaced == (old.document_id,)
    assert names(services) == ["a.txt"]
    assert services.vector_store_service.count(ANNA) == 1


def test_more_files_than_may_wait_are_refused(open_again: Opener, embedder: GatedEmbeddings) -> None:
    services = open_again(ingest_queue_limit=4)
    services.jobs.submit(ANNA, files("a.txt"), CHUNKING)
    wait_for(lambda: embedder.begun)  # this one waits no more
    services.jobs.submit(ANNA, files("b.txt", "c.txt"), CHUNKING)
    assert services.jobs.stats() == JobStats(queued=2, running=1, closing=False)
    with pytest.raises(Unavailable) as refused:
        services.jobs.submit(ANNA, files("d.txt"), CHUNKING)
    assert refused.value.code == "queue_full"
    assert refused.value.retry_after
    assert spooled(services) == 3
    services.jobs.submit(BERT, files("e.txt", "f.txt"), CHUNKING)  # one client gets only half of the places
    with pytest.raises(Unavailable):
        services.jobs.submit(ClientId("carl"), files("g.txt"), CHUNKING)


def test_finished_jobs_are_forgotten_after_their_time(open_again: Opener, embedder: GatedEmbeddings) -> None:
    now = [1_000_000.0]
    services = open_again(clock=lambda: now[0], ingest_job_days=2)
    embedder.gate.set()
    job = finished(services, services.jobs.submit(ANNA, [file("a.exe")], CHUNKING))
    assert spooled(services) == 1
    now[0] += 2 * 86400 - 1
    services.jobs.forget_finished()
    assert spooled(services) == 1
    now[0] += 2
    services.jobs.forget_finished()
    assert spooled(services) == 0
    with pytest.raises(NotFound):
        services.jobs.get(ANNA, job.record.job_id)
    assert services.internals.catalog.client(ANNA) is None


def test_kept_files_are_bounded(open_again: Opener) -> None:
    services = open_again(ingest_queue_limit=2)
    for name in ("a.exe", "b.exe", "c.exe"):
        finished(services, services.jobs.submit(ANNA, files(name), CHUNKING))
    services.jobs.forget_finished()
    assert spooled(services) == 2
    kept = [
        services.jobs.get(ANNA, job.record.job_id).files[0].upload is not None for job in services.jobs.page(ANNA).jobs
    ]
    assert kept == [True, True, False]
