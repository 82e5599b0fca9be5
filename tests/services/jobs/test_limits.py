"""Limits of a client, also when uploads come at the same time."""

import threading
from typing import Any

from app.service import Services
from app.services.ingestion.ingest import Options
from tests.services.jobs.gated import ANNA, CHUNKING, GatedEmbeddings, Opener, file, names
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
