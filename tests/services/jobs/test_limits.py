"""Limits of a client, also when uploads come at the same time."""

import threading
from typing import Any

import pytest

from app.common.errors import Conflict, LimitReached
from app.service import Services
from app.services.ingestion.ingest import Options
from app.services.ingestion.uploads import Incoming
from tests.services.jobs.gated import (
    ANNA,
    BERT,
    CHUNKING,
    GatedEmbeddings,
    Opener,
    file,
    finished,
    names,
    spooled,
    statuses,
)
from tests.waiting import wait_for


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


def test_a_document_has_no_more_chunks_than_the_limit(open_again: Opener, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    services = open_again(max_chunks_per_document=3)
    refused = _ingest(services, "long.txt", "A sentence of words. " * 60)
    assert (refused.error.code, refused.error.status) == ("too_many_chunks", 413)
    assert embedder.begun == []  # refused before it was embedded
    assert _ingest(services, "short.txt").status == "ready"
    assert names(services) == ["short.txt"]


def _megabytes(name: str, count: int) -> Incoming:
    return file(name, f"{name} " + "x" * (count << 20))


def test_the_files_of_a_client_that_wait_are_bounded_in_bytes(open_again: Opener, embedder: GatedEmbeddings) -> None:
    services = open_again(max_waiting_mb_per_client=2)
    job = services.jobs.submit(ANNA, [_megabytes("a.txt", 1)], CHUNKING)
    assert services.jobs.waiting_bytes(ANNA) > 1 << 20
    with pytest.raises(LimitReached) as caught:
        services.jobs.submit(ANNA, [_megabytes("b.txt", 1)], CHUNKING)
    assert caught.value.code == "limit_waiting_bytes"
    assert caught.value.retry_after
    assert spooled(services) == 1
    services.jobs.submit(BERT, [_megabytes("b.txt", 1)], CHUNKING)
    services.jobs.cancel(ANNA, job.record.job_id)
    embedder.gate.set()
    finished(services, job)
    services.jobs.submit(ANNA, [file("c.txt")], CHUNKING)


def test_files_kept_for_another_try_give_way_to_new_ones(open_again: Opener, embedder: GatedEmbeddings) -> None:
    embedder.gate.set()
    services = open_again(max_waiting_mb_per_client=2, max_documents_per_client=1)
    finished(services, services.jobs.submit(ANNA, [file("there.txt")], CHUNKING))
    failed = [finished(services, services.jobs.submit(ANNA, [_megabytes(f"{n}.txt", 1)], CHUNKING)) for n in range(2)]
    assert [statuses(job) for job in failed] == [["failed"]] * 2
    assert spooled(services) == 1
    assert services.jobs.waiting_bytes(ANNA) <= 2 << 20
    with pytest.raises(Conflict):
        services.jobs.retry(ANNA, failed[0].record.job_id)
    services.jobs.retry(ANNA, failed[1].record.job_id)
