"""The library on SQLite and Chroma, and what a failing store leaves of a document."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from app.common.errors import Unavailable
from app.common.file_loader import load_document
from app.common.ids import ClientId
from app.services.catalog.records import ClientRecord
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.library import ClientLimits, NewDocument, Succession
from app.services.library.embedded import Beside, EmbeddedLibrary
from app.services.tables import TableStore, new_tables
from app.services.vector_store import VectorStoreService
from app.services.words import WordStore
from app.services.words.checking import IndexReport
from app.services.words.files import index_path
from app.services.words.index import NewParts, PartIndex
from app.services.words.postings import FACTS, Facts
from app.services.words.store import WordStoreFailed
from tests.services.library.contract import EMBEDDER, HARBOUR, LibraryContract, OpenShelf, new_document, put


@dataclass
class EmbeddedShelf:
    """See `Shelf`."""

    catalog: Catalog
    store: VectorStoreService
    words: WordStore
    tables: TableStore
    compactor: Compactor
    library: EmbeddedLibrary

    def found(self, client_id: ClientId) -> set[str]:
        indexed = set(self.words.examine(client_id).parts)
        if not self.store.exists(client_id):
            assert not indexed
            return set()
        vector = EMBEDDER.embed_question("Chunk number 0")
        found = {passage.chunk.document_id for passage in self.store.search(client_id, vector, 100)}
        assert found == indexed, "both stores hold the same documents"
        return found

    def client(self, client_id: ClientId) -> ClientRecord | None:
        return self.catalog.client(client_id)

    def compaction_due(self) -> bool:
        return self.compactor.due


@pytest.fixture
def open_shelf(tmp_path: Path) -> Iterator[OpenShelf]:
    with ExitStack() as stack:

        def opened(limits: ClientLimits | None = None) -> EmbeddedShelf:
            catalog = Catalog.open(tmp_path / "catalog.db")
            stack.callback(catalog.close)
            store = VectorStoreService(tmp_path / "chroma", cache_size=4, embedding_model="hash")
            stack.callback(store.close)
            compactor = Compactor(steps=(), folders=(), marker=tmp_path / "due")
            words = WordStore(tmp_path / "words", open_files=4)
            stack.callback(words.close)
            tables = TableStore(tmp_path / "tables")
            library = EmbeddedLibrary(
                catalog=catalog, store=store, beside=Beside(words, tables), compactor=compactor, limits=limits
            )
            return EmbeddedShelf(catalog, store, words, tables, compactor, library)

        yield opened


class TestEmbeddedLibrary(LibraryContract):
    """The contract, on one machine."""


@pytest.fixture
def shelf(open_shelf: OpenShelf) -> EmbeddedShelf:
    made = open_shelf()
    assert isinstance(made, EmbeddedShelf)
    return made


def test_a_document_that_cannot_be_stored_leaves_nothing(shelf: EmbeddedShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shelf.library, new_document("one"))
    add = shelf.store.add

    def half(client_id: ClientId, chunks: object, vectors: object, **_: object) -> None:
        add(client_id, chunks[:1], vectors[:1])  # type: ignore[index]  # both are sequences
        raise Unavailable("The disk is slow.")

    monkeypatch.setattr(shelf.store, "add", half)
    with pytest.raises(Unavailable):
        put(shelf.library, new_document("two"))
    assert shelf.found(HARBOUR) == {"one"}
    assert shelf.catalog.unfinished() == []


def test_what_cannot_be_undone_waits_for_the_next_start(shelf: EmbeddedShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shelf.library, new_document("one"))

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The disk is slow.")

    with monkeypatch.context() as patch:
        patch.setattr(shelf.store, "add", fail)
        patch.setattr(shelf.store, "delete_document", fail)
        with pytest.raises(Unavailable):
            put(shelf.library, new_document("two"))
        assert shelf.library.resume() == 1
        assert list(shelf.library.unresumed()) == [HARBOUR]
        with pytest.raises(Unavailable):
            shelf.library.resume_client(HARBOUR)
    shelf.library.resume_client(HARBOUR)
    assert list(shelf.library.unresumed()) == []
    assert shelf.catalog.unfinished() == []
    assert shelf.found(HARBOUR) == {"one"}


def _lose(path: Path) -> None:
    path.unlink()


def _scribble(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def _lose_a_document(path: Path) -> None:
    with closing(PartIndex(path)) as index:
        assert index.delete("one")


def _shorten_a_document(path: Path) -> None:
    with closing(PartIndex(path)) as index:
        index.add(NewParts("one", "", [["chunk"]], _fact()))


def _keep_a_document_of_nobody(path: Path) -> None:
    with closing(PartIndex(path)) as index:
        index.add(NewParts("gone", "", [["chunk"]], _fact()))


def _cut_a_row(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE postings SET data = substr(data, 1, 1)")


def _fact() -> Facts:
    fact = np.zeros(1, FACTS)
    fact["words"] = fact["size"] = 1
    return fact


@pytest.mark.parametrize(
    "harm",
    [_lose, _scribble, _lose_a_document, _shorten_a_document, _keep_a_document_of_nobody, _cut_a_row],
    ids=lambda harm: harm.__name__,
)
def test_an_index_of_words_that_is_not_as_the_catalog_is_mended(
    shelf: EmbeddedShelf, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    put(shelf.library, new_document("one"))
    put(shelf.library, new_document("two"))
    shelf.words.close()
    harm(index_path(tmp_path / "words", HARBOUR))
    shelf.library.note_stale(HARBOUR)
    assert list(shelf.library.unresumed()) == [HARBOUR]
    shelf.library.resume_client(HARBOUR)
    assert list(shelf.library.unresumed()) == []
    assert shelf.words.examine(HARBOUR) == IndexReport("ok", {"one": 3, "two": 3})
    view = shelf.words.search(HARBOUR, "chunk number two")
    assert view is not None
    assert view.scores.values.max() > 0


def test_words_that_cannot_be_mended_stay_noted(shelf: EmbeddedShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shelf.library, new_document("one"))
    shelf.words.delete_client(HARBOUR)
    shelf.library.note_stale(HARBOUR)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The disk is slow.")

    with monkeypatch.context() as patch:
        patch.setattr(shelf.store, "vectors", fail)
        with pytest.raises(Unavailable):
            shelf.library.resume_client(HARBOUR)
    assert list(shelf.library.unresumed()) == [HARBOUR]
    shelf.library.resume_client(HARBOUR)
    assert shelf.found(HARBOUR) == {"one"}


def test_a_document_is_there_although_its_words_cannot_be_indexed(
    shelf: EmbeddedShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise WordStoreFailed("The disk is slow.")

    with monkeypatch.context() as patch:
        patch.setattr(shelf.words, "add", fail)
        put(shelf.library, new_document("one"))
    assert set(shelf.words.examine(HARBOUR).parts) == set()
    shelf.library.resume_client(HARBOUR)
    assert shelf.found(HARBOUR) == {"one"}


def _with_table(name: str) -> NewDocument:
    (table,) = new_tables(load_document("a.csv", b"Name,Amount\nx,1\ny,2\n"))
    return replace(new_document(name), tables=[table])


def test_tables_go_with_their_document_and_with_their_client(shelf: EmbeddedShelf) -> None:
    put(shelf.library, _with_table("one"))
    put(shelf.library, _with_table("two"))
    assert shelf.tables.has(HARBOUR, "one")

    shelf.library.remove(HARBOUR, "one")
    assert not shelf.tables.has(HARBOUR, "one")
    assert shelf.tables.has(HARBOUR, "two")

    shelf.library.remove_all(HARBOUR)
    assert not shelf.tables.has(HARBOUR, "two")


def test_tables_of_a_replaced_document_go_with_it(shelf: EmbeddedShelf) -> None:
    put(shelf.library, _with_table("one"))
    put(shelf.library, _with_table("two"), Succession("two", document_id="one"))

    assert not shelf.tables.has(HARBOUR, "one")
    assert shelf.tables.has(HARBOUR, "two")


def test_a_document_whose_tables_cannot_be_kept_leaves_nothing(
    shelf: EmbeddedShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("The disk does not answer.")

    monkeypatch.setattr(shelf.tables, "put", fail)
    with pytest.raises(Unavailable):
        put(shelf.library, _with_table("one"))
    assert shelf.found(HARBOUR) == set()
    assert not shelf.catalog.unfinished()


def test_tables_that_a_crash_left_are_taken_back(shelf: EmbeddedShelf) -> None:
    document = _with_table("one")
    shelf.catalog.begin_document(document.record, ())
    shelf.tables.put(HARBOUR, "one", document.tables)

    assert shelf.library.resume() == 0
    assert not shelf.tables.has(HARBOUR, "one")
