"""What a question may see while documents are written, replaced and removed."""

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.bootstrap import open_services
from app.common.errors import NotFound
from app.common.filters import Comparison, Compound, PassageFilter
from app.common.ids import ClientId
from app.common.labels import GivenLabels, Labels
from app.common.passages import Chunk, Passage
from app.config import Settings
from app.service import Services
from app.services.catalog.store import Catalog
from app.services.chroma.collections import Nearest, Probe
from app.services.ingestion.ingest import ChunkSettings, FileResult, Options
from app.services.ingestion.uploads import Incoming
from app.services.library.candidates import Candidates
from app.services.library.search import LibrarySearch, PartReader, Query
from app.services.library.stores import VectorStore
from tests.api import words_of
from tests.fakes import HashEmbeddings
from tests.waiting import wait_for

ANNA = ClientId("anna")
CHUNKING = ChunkSettings(200, 20)
EMBEDDER = HashEmbeddings()


@pytest.fixture
def services(make_settings: Callable[..., Settings]) -> Iterator[Services]:
    with open_services(make_settings(), embedder=EMBEDDER) as services:
        yield services


def search_of(services: Services, store: VectorStore | None = None) -> LibrarySearch:
    return LibrarySearch(
        catalog=services.internals.catalog,
        store=store or services.vector_store_service,
        words=services.internals.words,
        note_stale=services.internals.library.note_stale,
    )


@pytest.fixture
def search(services: Services) -> LibrarySearch:
    return search_of(services)


def ingest(services: Services, name: str, text: str, options: Options | None = None) -> FileResult:
    return services.uploads.take(ANNA, Incoming(name, io.BytesIO(text.encode())), CHUNKING, options)


def found(search: LibrarySearch, k: int = 4, where: PassageFilter | None = None) -> list[str]:
    def nearest(candidates: Candidates, reader: PartReader) -> list[Passage]:
        parts = reader.read(candidates.nearest.tolist())
        return [Passage(part, score) for part, score in zip(parts, candidates.cosines.tolist(), strict=False)]

    query = Query("crane", Probe(EMBEDDER.embed_question("crane"), EMBEDDER.name), k, where)
    return sorted(passage.chunk.text.strip() for passage in search.find(ANNA, query, nearest))


def hide(catalog: Catalog, document_id: str | None) -> None:
    """Leave a document as it is between being given up and being removed."""
    assert document_id
    assert catalog.begin_delete(ANNA, document_id)


def test_what_is_on_its_way_out_is_not_found(services: Services, search: LibrarySearch) -> None:
    going = ingest(services, "a.txt", "The old crane.")
    ingest(services, "b.txt", "The new crane.")
    assert found(search) == ["The new crane.", "The old crane."]
    hide(services.internals.catalog, going.document_id)
    assert found(search) == ["The new crane."]


def test_what_is_hidden_takes_nobodys_place(services: Services, search: LibrarySearch) -> None:
    going = ingest(services, "a.txt", "crane " * 200)
    ingest(services, "b.txt", "A crane among many other words.")
    assert "A crane among many other words." not in found(search, k=2)
    hide(services.internals.catalog, going.document_id)
    assert found(search, k=2) == ["A crane among many other words."]


def test_filters_hold_beside_what_is_hidden(services: Services, search: LibrarySearch) -> None:
    going = ingest(services, "a.txt", "The old crane.")
    ingest(services, "b.txt", "The new crane.")
    ingest(services, "c.txt", "Another crane.")
    hide(services.internals.catalog, going.document_id)
    where = Comparison("source", "in", ["a.txt", "b.txt"])
    assert found(search, where=where) == ["The new crane."]


def test_a_client_whose_first_document_is_not_ready_has_none(services: Services, search: LibrarySearch) -> None:
    going = ingest(services, "a.txt", "The old crane.")
    assert search.exists(ANNA)
    hide(services.internals.catalog, going.document_id)
    assert not search.exists(ANNA)
    with pytest.raises(NotFound):
        found(search)


def test_one_version_is_found_at_any_time_while_a_document_is_replaced(
    services: Services, search: LibrarySearch
) -> None:
    versions = [f"The crane in version {number}." for number in range(25)]
    ingest(services, "crane.txt", versions[0])
    seen: list[Sequence[str]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.append(found(search))

    looking = threading.Thread(target=look)
    looking.start()
    for text in versions[1:]:
        result = ingest(services, "crane.txt", text, Options(by_name=True))
        assert len(result.replaced) == 1
    done.set()
    looking.join()
    assert {len(texts) for texts in seen} == {1}
    assert len({texts[0] for texts in seen}) > 1
    order = [versions.index(texts[0]) for texts in seen]
    assert order == sorted(order)


class Interrupted:
    """The vector store, but something happens just before one of its searches."""

    def __init__(self, store: VectorStore, before: int, happens: Callable[[], object]) -> None:
        self._store = store
        self._left = before
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def nearest(self, client_id: ClientId, vector: Probe, k: int) -> Nearest:
        self._search_begins()
        return self._store.nearest(client_id, vector, k)

    def nearest_among(self, client_id: ClientId, vector: Probe, k: int, ids: Sequence[str]) -> Nearest:
        self._search_begins()
        return self._store.nearest_among(client_id, vector, k, ids)

    def _search_begins(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._happens()


@pytest.mark.parametrize("before", [1, 2])
def test_what_was_left_out_is_found_when_it_is_acknowledged_meanwhile(services: Services, before: int) -> None:
    catalog, store = services.internals.catalog, services.vector_store_service
    old = ingest(services, "a.txt", "The old crane.").document_id
    assert old
    record = catalog.document(ANNA, old)
    assert record
    new = replace(record, document_id="doc_new", sha256="other")
    text = "The new crane."
    catalog.begin_document(new)
    store.add(ANNA, [Chunk("doc_new", 0, text, 1, "", "a.txt", 0, len(text))], EMBEDDER.embed_texts([text]))

    def acknowledge() -> None:
        catalog.finish_document(ANNA, "doc_new", replaces=[old])
        store.delete_document(ANNA, old)
        catalog.drop_document(ANNA, old)

    interrupted: Any = Interrupted(store, before, acknowledge)
    assert found(search_of(services, interrupted)) == [text]


def test_the_same_bytes_cut_otherwise_replace_those_that_are_there(services: Services, search: LibrarySearch) -> None:
    first = ingest(services, "a.txt", "The old crane.")
    again = services.uploads.take(ANNA, Incoming("a.txt", io.BytesIO(b"The old crane.")), ChunkSettings(150, 10))
    assert again.status == "ready"
    assert again.replaced == (first.document_id,)
    assert found(search) == ["The old crane."]


@pytest.mark.parametrize("indexed", [True, False])
def test_a_filter_that_lets_little_through_finds_all_of_it(services: Services, *, indexed: bool) -> None:
    """The nearest are taken after the filter: what it lets through need not be near."""
    for number in range(200):
        labels = GivenLabels({"number": number}, ("rare",) if number % 100 == 7 else ())
        words = "crane " * (number % 100 != 7) + f"thing {number}"
        services.uploads.take(ANNA, Incoming(f"{number}.txt", io.BytesIO(words.encode()), labels=labels), CHUNKING)
    if not indexed:
        services.internals.words.delete_client(ANNA)
    rare = ["thing 107", "thing 7"]
    search = search_of(services)
    assert found(search, where=Comparison("tags", "eq", "rare")) == rare
    assert found(search, where=Comparison("metadata.number", "in", [7, 107])) == rare
    assert found(search, where=Compound("and", [Comparison("tags", "eq", "rare"), Comparison("page", "eq", 1)])) == rare
    assert found(search, where=Compound("or", [Comparison("tags", "eq", "rare"), Comparison("page", "eq", 2)])) == rare
    assert found(search, where=Comparison("tags", "eq", "nothing")) == []
    assert not set(rare) & set(found(search, k=300, where=Comparison("tags", "ne", "rare")))


class Watched:
    """A store that notes what it is asked."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._store, name)


@pytest.mark.parametrize("where", [Comparison("metadata.third", "ne", 1), Comparison("page", "eq", 1)])
def test_a_wide_filter_finds_the_nearest_of_what_it_lets_through(services: Services, where: Comparison) -> None:
    texts = [f"The crane{' crane' * number} stands." for number in range(30)]
    for number, text in enumerate(texts):
        file = Incoming(f"{number}.txt", io.BytesIO(text.encode()), labels=GivenLabels({"third": number % 3}, ()))
        last = services.uploads.take(ANNA, file, CHUNKING)
    hide(services.internals.catalog, last.document_id)
    store: Any = Watched(services.vector_store_service)
    passing = [text for number, text in enumerate(texts[:29]) if where.field == "page" or number % 3 != 1]
    assert found(search_of(services, store), k=10, where=where) == sorted(passing[-10:])
    assert "nearest_among" not in store.asked
    assert found(search_of(services, store), k=300, where=where) == sorted(passing)
    assert "nearest_among" in store.asked, "there are fewer than that"


def test_a_document_labelled_while_a_question_is_answered_is_found_or_not(services: Services) -> None:
    ingest(services, "a.txt", "The old crane.")
    new = ingest(services, "b.txt", "The new crane.").document_id
    assert new
    labels, store = services.internals.catalog.labels, services.vector_store_service
    interrupted: Any = Interrupted(store, 1, lambda: labels.change(ANNA, new, lambda _: Labels({}, ("a",))))
    assert found(search_of(services, interrupted), where=Comparison("tags", "ne", "a")) in (
        ["The old crane."],
        ["The new crane.", "The old crane."],
    )
    assert found(search_of(services), where=Comparison("tags", "eq", "a")) == ["The new crane."]


def test_words_that_the_process_before_left_out_are_missed_at_the_first_question(
    make_settings: Callable[..., Settings],
) -> None:
    with open_services(make_settings(), embedder=EMBEDDER) as services:
        ingest(services, "a.txt", "The old crane.")
        far = ingest(services, "b.txt", "Nothing in common with any question.").document_id
        assert far
        words_of(services).delete_document(ANNA, far)
    with open_services(make_settings(), embedder=EMBEDDER) as services:
        library, words = services.internals.library, words_of(services)
        assert list(library.unresumed()) == []
        services.retriever.retrieve(ANNA, "crane")
        wait_for(lambda: far in words.examine(ANNA).parts)
        wait_for(lambda: not library.unresumed())
        services.retriever.retrieve(ANNA, "crane")
        assert list(library.unresumed()) == []
