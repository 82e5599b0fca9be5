"""Background uploads: fair, durable, bounded, cancelled and tried again; limits of a client."""

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import open_services
from app.common.errors import AppError, Conflict, NotFound, TooLarge, Unavailable
from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.config import Settings
from app.service import Services
from app.services.embedding.types import OnBatch
from app.services.ingestion.ingest import ChunkSettings, Options
from app.services.ingestion.uploads import Incoming
from app.services.jobs.queue import FairQueue
from app.services.jobs.recovery import MAX_ATTEMPTS
from app.services.jobs.service import Job, JobStats
from app.services.jobs.store import JobStore
from tests.fakes import HashEmbeddings
from tests.services.jobs.killing import run_through_kills
from tests.waiting import PATIENCE, wait_for

ANNA, BERT = ClientId("anna"), ClientId("bert")
CHUNKING = ChunkSettings(200, 20)

Opener = Callable[..., Services]


class GatedEmbeddings(HashEmbeddings):
    """Embeds only while the gate is open, and notes the first text of each call, in order."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun: list[str] = []
        self.failures: list[Exception] = []

    def embed_texts(self, texts: Sequence[str], on_batch: OnBatch | None = None, *, urgent: bool = False) -> Vectors:
        """See Embedder."""
        self.begun.append(texts[0])
        assert self.gate.wait(PATIENCE)
        if self.failures:
            raise self.failures.pop(0)
        return super().embed_texts(texts, on_batch, urgent=urgent)


@pytest.fixture
def embedder() -> GatedEmbeddings:
    return GatedEmbeddings()


@pytest.fixture
def open_again(make_settings: Callable[..., Settings], embedder: GatedEmbeddings) -> Iterator[Opener]:
    """Open the services on the test's folder; the gate opens at the end so that all threads come to theirs."""
    with ExitStack() as stack:

        def opened(**values: Any) -> Services:
            clock = values.pop("clock", time.time)
            settings = make_settings(**{"ingest_workers": 1, **values})
            return stack.enter_context(open_services(settings, embedder=embedder, clock=clock))

        yield opened
        embedder.gate.set()


@pytest.fixture
def services(open_again: Opener) -> Services:
    return open_again()


def file(name: str, text: str | None = None) -> Incoming:
    return Incoming(name, io.BytesIO((f"All about {name}." if text is None else text).encode()))


def files(*names: str) -> list[Incoming]:
    return [file(name) for name in names]


def finished(services: Services, job: Job) -> Job:
    owner, job_id = job.record.client_id, job.record.job_id
    wait_for(lambda: services.jobs.get(owner, job_id).record.finished_at is not None)
    return services.jobs.get(owner, job_id)


def statuses(job: Job) -> list[str]:
    return [each.status for each in job.files]


def names(services: Services, client: ClientId = ANNA) -> list[str]:
    return sorted(record.filename for record in services.internals.catalog.list_documents(client))


def spooled(services: Services) -> int:
    return len(list((services.settings.data_path / "uploads").iterdir()))


# The queue


def test_owners_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", ["a1", "a2", "a3"])
    queue.put("b", ["b1", "b2"])
    queue.put("c", ["c1"])
    assert [queue.take() for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_comes_later_waits_for_one_thing_of_each_other() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", [f"a{n}" for n in range(100)])
    assert queue.take() == "a0"
    queue.put("b", ["b1"])
    assert [queue.take(), queue.take(), queue.take()] == ["a1", "b1", "a2"]


def test_unwanted_things_leave_the_queue_and_the_count() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.put("a", [1, 2, 3])
    queue.put("b", [2])
    queue.discard("a", lambda item: item >= 2)
    assert (queue.count("a"), queue.count("b"), queue.count()) == (1, 1, 2)
    assert [queue.take(), queue.take()] == [1, 2]


def test_closing_the_queue_lets_those_go_who_wait() -> None:
    queue: FairQueue[int] = FairQueue()
    taken: list[int | None] = []
    waiting = threading.Thread(target=lambda: taken.append(queue.take()))
    waiting.start()
    queue.close()
    waiting.join(PATIENCE)
    assert taken == [None]


# Working through jobs


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


# Bounds


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


# Cancelling and trying again


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


# Restarts


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


# Limits of a client


def _ingest(services: Services, name: str, text: str | None = None, options: Options | None = None) -> Any:
    return services.uploads.take(ANNA, file(name, text), CHUNKING, options)


def test_a_client_gets_no_more_documents_than_its_limit(open_again: Opener, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    services = open_again(max_documents_per_client=2)
    assert _ingest(services, "a.txt").status == "ready"
    old = _ingest(services, "b.txt")
    refused = _ingest(services, "c.txt")
    assert (refused.error.code, refused.error.status) == ("limit_documents", 429)
    assert len(embedder.begun) == 2  # refused before it was read
    assert _ingest(services, "a.txt").status == "duplicate"
    assert _ingest(services, "d.txt", options=Options(replaces=old.document_id)).status == "ready"
    assert names(services) == ["a.txt", "d.txt"]


def test_a_client_gets_no_more_chunks_than_its_limit(open_again: Opener, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    services = open_again(max_chunks_per_client=3)
    assert _ingest(services, "a.txt").status == "ready"
    refused = _ingest(services, "long.txt", "A sentence of words. " * 60)
    assert refused.error.code == "limit_chunks"
    assert len(embedder.begun) == 1  # refused before it was embedded
    assert services.internals.catalog.list_documents(ANNA)[0].filename == "a.txt"


def test_uploads_at_the_same_time_do_not_exceed_the_limit(open_again: Opener, embedder: GatedEmbeddings) -> None:
    services = open_again(max_documents_per_client=2)
    results: list[Any] = []
    threads = [threading.Thread(target=lambda n=n: results.append(_ingest(services, f"{n}.txt"))) for n in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(embedder.begun) == 4)  # all were let through when there was room
    embedder.gate.set()
    for thread in threads:
        thread.join()
    assert sorted(result.status for result in results) == ["failed", "failed", "ready", "ready"]
    assert {result.error.code for result in results if result.error} == {"limit_documents"}
    assert len(names(services)) == 2
    assert services.vector_store_service.count(ANNA) == 2
