"""After a crash between the journal and the acknowledgement. The states are built as the crash leaves them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.config import Settings
from app.service import Services
from app.services.catalog.records import DocumentRecord
from tests.fakes import HashEmbeddings
from tests.services.records import RECORD

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")
Opener = Callable[[], Services]


@pytest.fixture
def start(make_settings: Callable[..., Settings]) -> Opener:
    """Start the services on the test's folder; the test stops them."""
    return lambda: open_services(make_settings(), embedder=HashEmbeddings())


def _store(services: Services, record: DocumentRecord, chunks: int) -> None:
    texts = [f"Chunk number {number} of {record.document_id}." for number in range(chunks)]
    pieces = [Chunk(record.document_id, n, text, 1, "", record.filename, 0, len(text)) for n, text in enumerate(texts)]
    services.vector_store_service.add(record.client_id, pieces, HashEmbeddings().embed_texts(texts))


def _found(services: Services, client_id: ClientId = HARBOUR) -> set[str]:
    store = services.vector_store_service
    if not store.exists(client_id):
        return set()
    vector = HashEmbeddings().embed_question("Chunk number 0")
    return {passage.chunk.document_id for passage in store.search(client_id, vector, 50)}


def _document(services: Services, name: str, **changes: Any) -> DocumentRecord:
    """An acknowledged document."""
    record = replace(RECORD, document_id=name, sha256=name, **changes)
    services.internals.catalog.begin_document(record)
    _store(services, record, record.chunk_count)
    services.internals.catalog.finish_document(record.client_id, record.document_id)
    return record


@pytest.mark.parametrize("written", [0, 2, 3])
def test_a_document_that_was_being_written_is_gone(start: Opener, written: int) -> None:
    with start() as services:
        _document(services, "doc_kept")
        services.internals.catalog.begin_document(RECORD)
        _store(services, RECORD, written)
    with start() as services:
        assert _found(services) == {"doc_kept"}
        assert services.internals.catalog.unfinished() == []
        record = services.internals.catalog.client(HARBOUR)
        assert record is not None
        assert (record.document_count, record.chunk_count) == (1, 3)


def test_a_client_whose_first_document_was_being_written_is_gone(start: Opener) -> None:
    with start() as services:
        services.internals.catalog.begin_document(RECORD)
        _store(services, RECORD, 3)
    with start() as services:
        assert services.internals.catalog.client(HARBOUR) is None
        assert not services.vector_store_service.exists(HARBOUR)


def test_a_registered_client_keeps_its_key_but_no_empty_collection(start: Opener) -> None:
    with start() as services:
        key, _ = services.clients.register(HARBOUR)
        services.internals.catalog.begin_document(RECORD)
        _store(services, RECORD, 3)
    with start() as services:
        assert services.api_keys.authenticate(key) == HARBOUR
        assert not services.vector_store_service.exists(HARBOUR)


@pytest.mark.parametrize("removed", [False, True])
def test_a_document_that_was_being_deleted_is_gone(start: Opener, *, removed: bool) -> None:
    with start() as services:
        _document(services, "doc_kept")
        going = _document(services, "doc_going")
        services.internals.catalog.begin_delete(HARBOUR, going.document_id)
        if removed:
            services.vector_store_service.delete_document(HARBOUR, going.document_id)
    with start() as services:
        assert _found(services) == {"doc_kept"}
        assert services.internals.catalog.unfinished() == []


@pytest.mark.parametrize("removed", [False, True])
def test_a_collection_that_was_being_deleted_is_gone(start: Opener, *, removed: bool) -> None:
    with start() as services:
        _document(services, "doc_1")
        _document(services, "doc_2")
        _document(services, "doc_theirs", client_id=AIRPORT)
        services.internals.catalog.begin_delete_all(HARBOUR)
        if removed:
            services.vector_store_service.delete_collection(HARBOUR)
    with start() as services:
        assert services.internals.catalog.client(HARBOUR) is None
        assert not services.vector_store_service.exists(HARBOUR)
        assert _found(services, AIRPORT) == {"doc_theirs"}


def test_the_same_file_can_be_uploaded_after_the_crash(start: Opener, tmp_path: Any) -> None:
    file = tmp_path / "crane.txt"
    file.write_text("The crane lifts forty tonnes.")
    with start() as services:
        first = services.ingest_file(file, HARBOUR)
        assert first.document_id is not None
        services.internals.catalog.begin_delete(HARBOUR, first.document_id)
    with start() as services:
        assert services.ingest_file(file, HARBOUR).status == "ready"
        assert services.ingest_file(file, HARBOUR).status == "duplicate"
