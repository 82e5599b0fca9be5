"""What every library promises: a backend's test class inherits from this and makes the library.

Nothing here knows how the documents are kept: what is stored is seen through `Shelf`.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pytest

from app.common.errors import AppError, Conflict, LimitReached, NotFound
from app.common.ids import ClientId
from app.common.labels import NO_LABELS, GivenLabels, Labels
from app.common.lives import Standing
from app.common.passages import Chunk
from app.services.catalog.records import ClientRecord
from app.services.library import ClientLimits, Library, NewDocument, Succession
from tests.fakes import HashEmbeddings
from tests.services.records import RECORD

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")
EMBEDDER = HashEmbeddings()
LABELS = Labels({"year": 2026, "langs": ("de", "en")}, ("a", "b"))


class Refused(AppError):
    """What a caller's last chance raises."""


class Shelf(Protocol):
    """A library under test, and what can be seen of it from outside."""

    @property
    def library(self) -> Library:
        """The library under test."""

    def found(self, client_id: ClientId) -> set[str]:
        """Return the documents that a search of the client finds."""

    def client(self, client_id: ClientId) -> ClientRecord | None:
        """Return the client's counters."""

    def compaction_due(self) -> bool:
        """Whether something was removed that is not compacted away yet."""


OpenShelf = Callable[..., Shelf]


def new_document(name: str, client_id: ClientId = HARBOUR, *, chunks: int = 3) -> NewDocument:
    """A document whose bytes are its name's."""
    texts = [f"Chunk number {number} of {name}." for number in range(chunks)]
    record = replace(RECORD, document_id=name, client_id=client_id, sha256=name, filename=name, chunk_count=chunks)
    pieces = [Chunk(name, place, text, 1, "", name, 0, len(text)) for place, text in enumerate(texts)]
    return NewDocument(replace(record, part_count=chunks), pieces, EMBEDDER.embed_texts(texts))


def put(library: Library, document: NewDocument, succession: Succession | None = None) -> tuple[str, ...]:
    """Store the document as an upload does."""
    return library.put(document, succession or Succession(document.record.sha256), last_chance=lambda: None)


def _refuse() -> None:
    raise Refused("changed my mind")


class LibraryContract:
    """A subclass has a fixture `open_shelf` that opens a new, empty library with the given `limits`."""

    @pytest.fixture
    def shelf(self, open_shelf: OpenShelf) -> Shelf:
        return open_shelf()

    @pytest.fixture
    def library(self, shelf: Shelf) -> Library:
        return shelf.library

    def test_a_document_that_was_put_is_found_and_counted(self, shelf: Shelf) -> None:
        assert put(shelf.library, new_document("one")) == ()
        assert shelf.found(HARBOUR) == {"one"}
        counts = shelf.client(HARBOUR)
        assert counts is not None
        assert (counts.document_count, counts.chunk_count, counts.byte_count) == (1, 3, 100)

    def test_clients_have_documents_of_their_own(self, shelf: Shelf) -> None:
        put(shelf.library, new_document("one"))
        put(shelf.library, new_document("two", AIRPORT))
        assert (shelf.found(HARBOUR), shelf.found(AIRPORT)) == ({"one"}, {"two"})
        with pytest.raises(NotFound):
            shelf.library.remove(AIRPORT, "one")
        assert shelf.library.remove_all(AIRPORT) == 1
        assert (shelf.found(HARBOUR), shelf.found(AIRPORT)) == ({"one"}, set())

    def test_a_document_is_labelled_and_nothing_else_of_it_changes(self, shelf: Shelf) -> None:
        put(shelf.library, new_document("one"))
        labelled = shelf.library.relabel(HARBOUR, "one", lambda _: LABELS)
        assert labelled.labels == LABELS
        assert shelf.library.relabel(HARBOUR, "one", lambda labels: labels) == labelled
        assert not shelf.compaction_due(), "nothing was taken away"
        shelf.library.relabel(HARBOUR, "one", lambda _: NO_LABELS)
        assert shelf.compaction_due()
        assert shelf.found(HARBOUR) == {"one"}
        with pytest.raises(NotFound):
            shelf.library.relabel(AIRPORT, "one", lambda _: LABELS)

    def test_a_change_of_labels_that_is_refused_changes_nothing(self, library: Library) -> None:
        put(library, replace(new_document("one"), given=GivenLabels(LABELS.metadata, LABELS.tags)))

        def refuse(_: Labels) -> Labels:
            raise Refused("changed my mind")

        with pytest.raises(Refused):
            library.relabel(HARBOUR, "one", refuse)
        assert library.relabel(HARBOUR, "one", lambda labels: labels).labels == LABELS

    def test_changes_of_labels_do_not_get_lost_between_threads(self, library: Library) -> None:
        put(library, new_document("one"))

        def add(number: int) -> None:
            library.relabel(HARBOUR, "one", lambda labels: Labels({}, (*labels.tags, f"{number}")))

        threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = library.relabel(HARBOUR, "one", lambda labels: labels).labels
        assert sorted(kept.tags) == [f"{number}" for number in range(8)]

    @pytest.mark.parametrize(
        ("succession", "tags"),
        [
            pytest.param(Succession("new"), (), id="of nothing"),
            pytest.param(Succession("bytes"), ("bytes",), id="of the same bytes"),
            pytest.param(Succession("bytes", filename="name"), ("name",), id="of the name before the bytes"),
            pytest.param(Succession("bytes", filename="name", document_id="id"), ("id",), id="of the id before all"),
        ],
    )
    def test_labels_that_are_not_given_are_those_of_the_document_that_goes(
        self, library: Library, succession: Succession, tags: tuple[str, ...]
    ) -> None:
        for name in ("id", "name", "bytes"):
            put(library, replace(new_document(name), given=GivenLabels(tags=(name,))))
        put(library, replace(new_document("new"), given=GivenLabels(metadata={"own": 1})), succession)
        assert library.relabel(HARBOUR, "new", lambda labels: labels).labels == Labels({"own": 1}, tags)

    def test_the_last_chance_comes_before_anything_is_written(self, shelf: Shelf) -> None:
        document = new_document("one")
        with pytest.raises(Refused):
            shelf.library.put(document, Succession("one"), last_chance=_refuse)
        assert shelf.client(HARBOUR) is None
        assert shelf.found(HARBOUR) == set()

    @pytest.mark.parametrize(
        ("succession", "gone"),
        [
            pytest.param(Succession("new"), set(), id="nothing"),
            pytest.param(Succession("one"), {"one"}, id="the same bytes"),
            pytest.param(Succession("new", filename="two"), {"two"}, id="a name"),
            pytest.param(Succession("new", document_id="one"), {"one"}, id="an id"),
            pytest.param(Succession("one", filename="two"), {"one", "two"}, id="bytes and name"),
        ],
    )
    def test_a_new_document_takes_the_place_of_others(
        self, shelf: Shelf, succession: Succession, gone: set[str]
    ) -> None:
        put(shelf.library, new_document("one"))
        put(shelf.library, new_document("two"))
        assert set(put(shelf.library, new_document("new"), succession)) == gone
        assert shelf.found(HARBOUR) == {"one", "two", "new"} - gone
        assert shelf.compaction_due() == bool(gone)

    def test_a_document_to_replace_must_be_there(self, shelf: Shelf) -> None:
        put(shelf.library, new_document("theirs", AIRPORT))
        for succession in (Succession("new", document_id="nowhere"), Succession("new", document_id="theirs")):
            for attempt in (
                lambda wanted=succession: shelf.library.require_room(HARBOUR, wanted),
                lambda wanted=succession: put(shelf.library, new_document("new"), wanted),
                lambda wanted=succession: shelf.library.keep(HARBOUR, wanted, document_id="new"),
            ):
                with pytest.raises(NotFound):
                    attempt()
        assert shelf.found(HARBOUR) == set()

    def test_keeping_a_document_removes_what_it_takes_the_place_of(self, shelf: Shelf) -> None:
        for name in ("one", "two", "three"):
            put(shelf.library, new_document(name))
        assert shelf.library.keep(HARBOUR, Succession("one", filename="two"), document_id="one") == ("two",)
        assert shelf.found(HARBOUR) == {"one", "three"}
        assert shelf.compaction_due()

    def test_a_removed_document_is_gone_and_its_client_with_the_last(self, shelf: Shelf) -> None:
        put(shelf.library, new_document("one"))
        put(shelf.library, new_document("two"))
        assert shelf.library.remove(HARBOUR, "one").filename == "one"
        assert shelf.found(HARBOUR) == {"two"}
        assert shelf.compaction_due()
        shelf.library.remove(HARBOUR, "two")
        assert shelf.client(HARBOUR) is None
        with pytest.raises(NotFound):
            shelf.library.remove(HARBOUR, "two")

    def test_limits_count_what_is_replaced_as_gone(self, open_shelf: OpenShelf) -> None:
        shelf = open_shelf(limits=ClientLimits(documents=2, chunks=7))
        put(shelf.library, new_document("one"))
        put(shelf.library, new_document("two"))
        with pytest.raises(LimitReached) as caught:
            put(shelf.library, new_document("three"))
        assert caught.value.code == "limit_documents"
        put(shelf.library, new_document("three"), Succession("new", filename="two"))
        with pytest.raises(LimitReached) as caught:
            put(shelf.library, new_document("four", chunks=5), Succession("new", filename="three"))
        assert caught.value.code == "limit_chunks"
        shelf.library.require_room(HARBOUR, Succession("new", filename="three"), new_chunks=4)
        assert shelf.found(HARBOUR) == {"one", "three"}

    def test_what_was_read_before_all_was_removed_comes_too_late(self, shelf: Shelf) -> None:
        put(shelf.library, new_document("one"))
        begun = Standing()
        assert shelf.library.remove_all(HARBOUR) == 1
        with pytest.raises(Conflict) as caught:
            put(shelf.library, new_document("late"), Succession("late", standing=begun))
        assert caught.value.code == "deleted_meanwhile"
        assert shelf.found(HARBOUR) == set()
        put(shelf.library, new_document("new"))
        assert shelf.found(HARBOUR) == {"new"}

    def test_the_end_of_one_client_is_not_that_of_another(self, shelf: Shelf) -> None:
        begun = Standing()
        shelf.library.remove_all(AIRPORT)
        put(shelf.library, new_document("one"), Succession("one", standing=begun))
        assert shelf.found(HARBOUR) == {"one"}

    def test_removing_all_of_nobody_is_nothing(self, library: Library) -> None:
        assert library.remove_all(HARBOUR) == 0

    def test_with_nothing_unfinished_there_is_nothing_to_resume(self, shelf: Shelf) -> None:
        put(shelf.library, new_document("one"))
        assert shelf.library.resume() == 0
        assert list(shelf.library.unresumed()) == []
        shelf.library.resume_client(HARBOUR)
        assert shelf.found(HARBOUR) == {"one"}

    def test_threads_that_put_replace_and_remove_leave_what_the_counters_say(self, shelf: Shelf) -> None:
        failed: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(4):
                    put(shelf.library, new_document(f"{number}-{turn}"), Succession(f"{number}", filename="shared"))
                shelf.library.remove(HARBOUR, f"{number}-0")
            except BaseException as exc:  # noqa: BLE001 - shown by the assertion below
                failed.append(exc)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        expected = {f"{number}-{turn}" for number in range(4) for turn in range(1, 4)}
        assert shelf.found(HARBOUR) == expected
        counts = shelf.client(HARBOUR)
        assert counts is not None
        assert (counts.document_count, counts.chunk_count) == (len(expected), 3 * len(expected))
