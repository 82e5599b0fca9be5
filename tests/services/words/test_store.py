"""The indexes of words: what is added is found by any of its words, what is removed leaves nothing."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.ids import ClientId
from app.services.words import index as indexes
from app.services.words.checking import IndexReport
from app.services.words.files import index_path
from app.services.words.postings import BLOCK, FACTS, blocks, decoded, extended, without
from app.services.words.store import WordStore, WordStoreFailed
from tests.services.words.stores import ALPHA, BETA, add, best, holds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "words"


@pytest.fixture
def store(root: Path) -> Iterator[WordStore]:
    store = WordStore(root, open_files=4)
    yield store
    store.close()


def test_a_part_is_found_by_its_words_and_the_rarest_count_most(store: WordStore) -> None:
    add(store, ALPHA, "one", "the crane lifts forty tonnes", "the crane is yellow", "a ferry leaves at nine")
    add(store, ALPHA, "two", "every crane has a licence")
    assert best(store, ALPHA, "crane licence")[0] == ("two", 0)
    assert set(best(store, ALPHA, "crane")) == {("one", 0), ("one", 1), ("two", 0)}
    assert best(store, ALPHA, "submarine") == []


def test_clients_have_words_of_their_own(store: WordStore) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    assert store.search(BETA, "crane") is None
    add(store, BETA, "two", "the ferry is white")
    assert best(store, BETA, "crane") == []
    assert set(store.examine(ALPHA).parts) == {"one"}


def test_names_that_differ_in_case_alone_are_two_clients(store: WordStore) -> None:
    add(store, ClientId("Acme"), "one", "the crane is yellow")
    assert store.search(ClientId("acme"), "crane") is None


def test_a_document_that_is_added_again_replaces_itself(store: WordStore) -> None:
    add(store, ALPHA, "one", "the crane is yellow", "the ferry is white")
    add(store, ALPHA, "one", "the crane is red")
    assert best(store, ALPHA, "crane yellow ferry red") == [("one", 0)]


def test_a_deleted_document_is_found_no_more_and_its_words_leave_the_files(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the xylophone is yellow")
    add(store, ALPHA, "two", "the crane is yellow")
    assert holds(root, "xylophone")
    assert store.delete_document(ALPHA, "one")
    assert not store.delete_document(ALPHA, "one")
    assert best(store, ALPHA, "xylophone yellow") == [("two", 0)]
    assert store.scrub()
    assert not holds(root, "xylophone")
    assert list(root.rglob("*.worn")) == []


def test_what_is_worn_is_remembered_by_the_next_process(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the xylophone is yellow")
    store.delete_document(ALPHA, "one")
    store.close()
    later = WordStore(root, open_files=4)
    assert later.scrub()
    assert not holds(root, "xylophone")
    later.close()


def test_a_deleted_client_leaves_no_file(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    add(store, BETA, "two", "the ferry is white")
    store.delete_client(ALPHA)
    store.delete_client(ALPHA)
    assert store.search(ALPHA, "crane") is None
    add(store, ALPHA, "three", "a submarine is grey")
    assert best(store, ALPHA, "crane submarine") == [("three", 0)]
    assert best(store, BETA, "ferry") == [("two", 0)]
    assert len(list(root.rglob("*.db"))) == 2


def test_indexes_of_unknown_clients_are_removed(store: WordStore) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    add(store, BETA, "two", "the ferry is white")
    assert store.remove_orphans([BETA]) == 1
    assert store.search(ALPHA, "crane") is None
    assert best(store, BETA, "ferry") == [("two", 0)]


def test_open_files_are_bounded(store: WordStore) -> None:
    for number in range(20):
        add(store, ClientId(f"client-{number}"), "one", f"crane number {number}")
    for number in range(20):
        assert best(store, ClientId(f"client-{number}"), "crane") == [("one", 0)]
    assert store.open_count() == 4


def test_an_index_of_another_version_is_empty(store: WordStore, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    store.close()
    monkeypatch.setattr(indexes, "VERSION", indexes.VERSION + 1)
    later = WordStore(root, open_files=4)
    assert later.examine(ALPHA).state == "outdated"
    assert set(later.examine(ALPHA).parts) == frozenset()
    add(later, ALPHA, "one", "the crane is yellow")
    assert best(later, ALPHA, "crane") == [("one", 0)]
    later.close()


def test_a_file_that_a_crash_left_empty_counts_as_missing_and_is_used(store: WordStore, root: Path) -> None:
    path = index_path(root, ALPHA)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as begun:
        begun.execute("PRAGMA journal_mode=WAL")
    assert path.stat().st_size
    assert store.examine(ALPHA).state == "missing"
    add(store, ALPHA, "one", "the crane is yellow")
    assert store.examine(ALPHA) == IndexReport("ok", {"one": 1})


def test_a_damaged_file_is_told_and_can_be_made_again(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", *(f"crane {number} lifts {number * 7} tonnes" for number in range(300)))
    assert store.examine(ALPHA) == IndexReport("ok", {"one": 300})
    assert store.examine(BETA).state == "missing"
    store.close()
    (file,) = root.rglob("*.db")
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = bytes(len(content) // 2 - 4096)
    file.write_bytes(content)
    assert store.examine(ALPHA).state == "damaged"
    with pytest.raises(WordStoreFailed):
        store.search(ALPHA, "crane tonnes")
    store.delete_client(ALPHA)
    add(store, ALPHA, "one", "the crane is yellow")
    assert store.examine(ALPHA).state == "ok"


def test_a_file_that_is_no_database_is_told(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    store.close()
    (file,) = root.rglob("*.db")
    file.write_bytes(b"this is no database" * 500)
    assert store.examine(ALPHA).state == "damaged"
    with pytest.raises(WordStoreFailed):
        add(store, ALPHA, "two", "the ferry is white")


@pytest.mark.parametrize(("field", "value"), [("group", 999_999), ("leaf", 999_999), ("norm", np.nan)])
def test_a_changed_byte_that_leads_nowhere_is_told(store: WordStore, root: Path, field: str, value: float) -> None:
    add(store, ALPHA, "one", "The red boat leaves.", "The harbour is calm.")
    store.close()
    (file,) = root.rglob("*.db")
    with closing(sqlite3.connect(file)) as database, database:
        damaged = np.frombuffer(database.execute("SELECT facts FROM blocks").fetchone()[0], FACTS).copy()
        damaged[1][field] = value
        database.execute("UPDATE blocks SET facts = ?", (damaged.tobytes(),))
    assert store.examine(ALPHA).state == "damaged"
    with pytest.raises(WordStoreFailed):
        store.search(ALPHA, "boat")


def test_an_add_that_fails_leaves_the_index_as_it_was(store: WordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, ALPHA, "one", "the crane is yellow")

    def fail(*_: object) -> None:
        raise ValueError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr(indexes.PartIndex, "_write_postings", fail)
        with pytest.raises(WordStoreFailed):
            add(store, ALPHA, "two", "the ferry is white")
    assert set(store.examine(ALPHA).parts) == {"one"}
    add(store, ALPHA, "two", "the ferry is white")
    assert best(store, ALPHA, "ferry") == [("two", 0)]


def test_parts_of_several_blocks_are_found_and_removed(store: WordStore) -> None:
    count = BLOCK + 50
    add(store, ALPHA, "first", *(f"item {number}x" for number in range(BLOCK - 20)))
    add(store, ALPHA, "long", *(f"thing {number}y" for number in range(count)))
    assert best(store, ALPHA, f"{count - 1}y")[0] == ("long", count - 1)
    assert best(store, ALPHA, "10y")[0] == ("long", 10)
    store.delete_document(ALPHA, "long")
    assert best(store, ALPHA, "thing") == []
    assert best(store, ALPHA, "19x")[0] == ("first", 19)


def test_reading_while_writing_gives_one_state_or_the_other(store: WordStore) -> None:
    add(store, ALPHA, "stays", "the crane is yellow")
    failed: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                view = store.search(ALPHA, "crane ferry")
                assert view is not None
                assert len(view.scores.values) == len(view.contents.facts)
                assert ("stays", 0) in best(store, ALPHA, "crane ferry")
        except BaseException as exc:  # noqa: BLE001 - shown by the assertion below
            failed.append(exc)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(30):
        add(store, ALPHA, f"doc-{number}", *["the ferry is white"] * 20)
        if number % 3 == 0:
            store.delete_document(ALPHA, f"doc-{number}")
    stop.set()
    for reader in readers:
        reader.join()
    assert failed == []


# --- the bytes


@given(st.integers(0, 3 * BLOCK), st.integers(0, 3 * BLOCK))
def test_blocks_cover_the_numbers_once(first: int, count: int) -> None:
    covered = [first + place for _, start, end in blocks(first, count) for place in range(start, end)]
    assert covered == list(range(first, first + count))
    assert all(0 <= first + start - block * BLOCK < BLOCK for block, start, end in blocks(first, count) if end > start)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_postings_keep_what_they_are_given(counts: list[int], one: int, other: int) -> None:
    pairs = list(enumerate(counts))
    half = len(pairs) // 2
    data = extended(extended(b"", pairs[:half]), pairs[half:])
    places, read = decoded(data)
    assert places.tolist() == list(range(len(counts)))
    assert read.tolist() == [min(count, 255) for count in counts]
    start, end = sorted((one, other))
    left = without(data, start, end)
    kept = [place for place in range(len(counts)) if not start <= place < end]
    assert decoded(data if left is None else left)[0].tolist() == kept


def test_postings_that_are_cut_are_refused() -> None:
    with pytest.raises(ValueError, match="cut short"):
        decoded(b"1234")


def test_postings_that_lead_beyond_their_block_are_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        decoded(extended(b"", [(BLOCK, 1)]))
