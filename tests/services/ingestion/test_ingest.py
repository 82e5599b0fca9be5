"""From a file to passages: all of it or nothing."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from app.bootstrap import open_services
from app.common.errors import AppError, InvalidInput, NotFound, Unavailable
from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.config import Settings
from app.service import Services
from app.services.embedding.types import OnBatch
from app.services.ingestion.ingest import ChunkSettings, FileResult
from app.services.ingestion.uploads import Incoming
from tests.api import TEXT
from tests.fakes import HashEmbeddings

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")
CHUNKING = ChunkSettings(1000, 200)


class Embeddings(HashEmbeddings):
    """Can be held up, and told to fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.spoil: Callable[[Vectors], Vectors] = lambda vectors: vectors

    def embed_texts(self, texts: Sequence[str], on_batch: OnBatch | None = None, **more: Any) -> Vectors:
        """See Embedder."""
        self.entered.set()
        assert self.gate.wait(20)
        return self.spoil(super().embed_texts(texts, on_batch, **more))


@pytest.fixture
def embeddings() -> Embeddings:
    return Embeddings()


@pytest.fixture
def services(make_settings: Callable[..., Settings], embeddings: Embeddings) -> Iterator[Services]:
    with open_services(make_settings(), embedder=embeddings) as services:
        yield services


def _ingest(
    services: Services,
    client_id: ClientId = HARBOUR,
    text: str = TEXT,
    name: str = "crane.txt",
    chunking: ChunkSettings = CHUNKING,
) -> FileResult:
    return services.uploads.take(client_id, Incoming(name, io.BytesIO(text.encode())), chunking)


def _chunks(services: Services, client_id: ClientId = HARBOUR) -> int:
    store = services.vector_store_service
    return store.count(client_id) if store.exists(client_id) else 0


def _found(services: Services, question: str) -> set[str]:
    """The files of which something is found, without a model that a test holds up."""
    vector = HashEmbeddings().embed_question(question)
    return {passage.chunk.source for passage in services.vector_store_service.search(HARBOUR, vector, 50)}


def _assert_nothing_of(services: Services, client_id: ClientId) -> None:
    assert services.internals.catalog.client(client_id) is None
    assert services.internals.catalog.unfinished() == []
    assert not services.vector_store_service.exists(client_id)
    with pytest.raises(NotFound):
        services.ask("How much does the crane lift?", client_id)


def _assert_only_the_first_is_there(services: Services, first: FileResult) -> None:
    record = services.internals.catalog.client(HARBOUR)
    assert record is not None
    assert (record.document_count, record.chunk_count) == (1, first.chunks)
    assert _chunks(services) == first.chunks
    assert services.internals.catalog.unfinished() == []
    assert _found(services, "Who built the crane?") == {first.filename}


def test_a_file_becomes_passages_and_a_record(services: Services) -> None:
    result = _ingest(services)
    assert (result.status, result.pages, result.chunks) == ("ready", 1, 1)
    assert result.document_id is not None
    record = services.internals.catalog.document(HARBOUR, result.document_id)
    assert record is not None
    assert (record.filename, record.kind, record.chunk_count) == ("crane.txt", "txt", 1)
    assert record.size_bytes == len(TEXT.encode())
    assert _chunks(services) == 1


def test_an_overlap_as_large_as_the_chunk_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        ChunkSettings(100, 100)
    assert caught.value.code == "invalid_chunk_settings"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [("a.exe", "MZ", "unsupported_type"), ("a.txt", " \n", "empty_file"), ("a\x07.txt", "text", "bad_name")],
)
def test_a_file_that_cannot_be_read_leaves_nothing(services: Services, name: str, text: str, code: str) -> None:
    result = _ingest(services, text=text, name=name)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.code == code
    _assert_nothing_of(services, HARBOUR)


def _not_a_number(vectors: Vectors) -> Vectors:
    return np.full_like(vectors, np.nan)


def _other_dimension(vectors: Vectors) -> Vectors:
    return vectors[:, :10]


def _unavailable(_: Vectors) -> Vectors:
    raise Unavailable("The embedder is closed.")


@pytest.mark.parametrize("spoil", [_unavailable, _not_a_number, _other_dimension])
def test_a_failure_on_the_way_into_the_store_takes_back_the_document_alone(
    services: Services, embeddings: Embeddings, spoil: Callable[[Vectors], Vectors]
) -> None:
    first = _ingest(services)
    embeddings.spoil = spoil
    _fails(services, "Another document, about tides.", name="tides.txt")
    _assert_only_the_first_is_there(services, first)
    embeddings.spoil = lambda vectors: vectors
    assert _ingest(services, text="Another document, about tides.").status == "ready"


@pytest.mark.parametrize("spoil", [_unavailable, _not_a_number])
def test_a_failure_of_the_first_document_leaves_no_client(
    services: Services, embeddings: Embeddings, spoil: Callable[[Vectors], Vectors]
) -> None:
    embeddings.spoil = spoil
    _fails(services, TEXT)
    _assert_nothing_of(services, HARBOUR)


def test_a_failure_in_the_middle_of_many_chunks_leaves_none(services: Services, embeddings: Embeddings) -> None:
    first = _ingest(services)

    class HalfGood(np.ndarray[Any, Any]):
        """Vectors whose later rows have lost a component on the way."""

        def __getitem__(self, key: Any) -> Any:
            rows = np.asarray(self)[key]
            return rows[:, :-1] if isinstance(key, slice) and (key.start or 0) > 0 else rows

    embeddings.spoil = lambda vectors: vectors.view(HalfGood)
    words = "".join(
        f"Sentence number {number} of a long document about tides, cranes and ships.\n\n" for number in range(600)
    )
    _fails(services, words, ChunkSettings(100, 0), name="long.txt")
    _assert_only_the_first_is_there(services, first)


def _fails(services: Services, text: str, chunking: ChunkSettings = CHUNKING, name: str = "crane.txt") -> None:
    """Known failures are in the result; what nobody foresaw is raised. Neither may leave anything."""
    with contextlib.suppress(ValueError, AppError):
        assert _ingest(services, text=text, chunking=chunking, name=name).status == "failed"


def test_two_uploads_of_one_content_at_once_are_one_document(services: Services, embeddings: Embeddings) -> None:
    embeddings.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(_ingest, services, name=name) for name in ("a.txt", "b.txt")]
        assert embeddings.entered.wait(20)
        embeddings.gate.set()
        results = [each.result(20) for each in both]
    assert sorted(result.status for result in results) == ["duplicate", "ready"]
    assert len({result.document_id for result in results}) == 1
    assert _chunks(services) == 1


def test_an_upload_of_one_client_does_not_wait_for_anothers(services: Services, embeddings: Embeddings) -> None:
    embeddings.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(_ingest, services, HARBOUR)
        assert embeddings.entered.wait(20)
        embeddings.entered.clear()
        other = pool.submit(_ingest, services, AIRPORT)
        assert embeddings.entered.wait(20), "the second is being embedded while the first is"
        embeddings.gate.set()
        assert slow.result(20).status == other.result(20).status == "ready"


def test_nothing_is_found_of_a_document_before_it_is_ready(services: Services, embeddings: Embeddings) -> None:
    _ingest(services)
    embeddings.gate.clear()
    embeddings.entered.clear()
    with ThreadPoolExecutor(1) as pool:
        tides = pool.submit(_ingest, services, text="High water is at noon.", name="tides.txt")
        assert embeddings.entered.wait(20)
        assert _found(services, "When is high water?") == {"crane.txt"}
        embeddings.gate.set()
        assert tides.result(20).status == "ready"
    assert _found(services, "When is high water?") == {"crane.txt", "tides.txt"}


def test_deleting_while_an_upload_runs_leaves_catalog_and_store_at_one(
    services: Services, embeddings: Embeddings
) -> None:
    _ingest(services)
    embeddings.gate.clear()
    embeddings.entered.clear()
    with ThreadPoolExecutor(1) as pool:
        tides = pool.submit(_ingest, services, text="High water is at noon.", name="tides.txt")
        assert embeddings.entered.wait(20)
        assert services.documents.delete_collection(HARBOUR) == 1
        embeddings.gate.set()
        result = tides.result(20)
    record = services.internals.catalog.client(HARBOUR)
    counted = record.chunk_count if record else 0
    assert counted == _chunks(services) == (result.chunks if result.status == "ready" else 0)
    assert services.internals.catalog.unfinished() == []


def test_erasing_a_client_while_an_upload_runs_leaves_nothing_of_it(services: Services, embeddings: Embeddings) -> None:
    _ingest(services)
    embeddings.gate.clear()
    embeddings.entered.clear()
    with ThreadPoolExecutor(1) as pool:
        tides = pool.submit(_ingest, services, text="High water is at noon.", name="tides.txt")
        assert embeddings.entered.wait(20)
        services.clients.erase(HARBOUR)
        embeddings.gate.set()
        result = tides.result(20)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.code == "deleted_meanwhile"
    _assert_nothing_of(services, HARBOUR)
