"""What deletions, crashes and damage leave of an index of words, and what looking after it does about that."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.common.ids import ClientId
from app.services.words.checking import examine
from app.services.words.contents import next_number
from app.services.words.files import index_path, orphans
from app.services.words.gaps import SPARSE_PARTS
from app.services.words.index import NewParts, PartIndex
from app.services.words.postings import BLOCK, Facts
from app.services.words.store import WordStore, WordStoreFailed
from tests.services.words.stores import ALPHA, BETA, add, best, facts, holds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "words"


@pytest.fixture
def store(root: Path) -> Iterator[WordStore]:
    store = WordStore(root, open_files=4, patience=0.05)
    yield store
    store.close()


def numbers(root: Path, client: ClientId = ALPHA) -> int:
    """How many numbers the client's index has given to parts, of which some are no more."""
    with closing(sqlite3.connect(index_path(root, client))) as database:
        return next_number(database)


def everything(store: WordStore, client: ClientId, question: str) -> dict[tuple[str, int], tuple[float, int, int]]:
    """By document and place: the part's score, and where its group and page begin in the document."""
    view = store.search(client, question)
    assert view is not None
    found = {}
    for document in view.contents.documents:
        for place in range(document.count):
            number = document.first + place
            fact = view.contents.facts[number]
            inside = int(fact["group"]) - document.first, int(fact["leaf"]) - document.first
            found[document.document_id, place] = (round(float(view.scores.values[number]), 5), *inside)
    return found


# --- gaps


def test_an_index_of_mostly_deleted_parts_is_closed_up_by_the_compaction(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", *(f"item {number}" for number in range(1500)))
    add(store, ALPHA, "two", *(f"item {number}" for number in range(700)))
    assert store.scrub()
    assert numbers(root) == 2200, "nothing was deleted"
    store.delete_document(ALPHA, "one")
    before = everything(store, ALPHA, "item 8")
    assert store.scrub()
    assert numbers(root) == 700
    assert everything(store, ALPHA, "item 8") == before
    assert store.examine(ALPHA).parts == {"two": 700}
    add(store, ALPHA, "three", "another thing")
    assert best(store, ALPHA, "thing") == [("three", 0)]


def test_an_index_with_few_gaps_keeps_its_numbers(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", *(f"item {number}" for number in range(1000)))
    add(store, ALPHA, "two", *(f"item {number}" for number in range(1200)))
    store.delete_document(ALPHA, "one")
    assert store.scrub()
    assert numbers(root) == 2200


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, BLOCK), min_size=2, max_size=6), kept=st.sets(st.integers(0, 5), max_size=2))
def test_closing_gaps_changes_nothing_but_the_numbers(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], kept: set[int]
) -> None:
    path = tmp_path_factory.mktemp("gaps") / "index.db"
    with closing(PartIndex(path)) as index:
        for name, size in enumerate(sizes):
            terms = [[f"t{place % 7}", f"d{name}", *(["twice"] * 2 if place % 3 else [])] for place in range(size)]
            index.add(NewParts(str(name), "", terms, _with_words(size)))
        for name in range(len(sizes)):
            if name not in kept:
                index.delete(str(name))
        before = _by_document(index)
        index.compact()
        assert _by_document(index) == before
        used = sum(size for name, size in enumerate(sizes) if name in kept)
        sparse = sum(sizes) >= SPARSE_PARTS and 2 * used < sum(sizes)
        contents = index.contents()
        assert max((d.first + d.count for d in contents.documents), default=0) == used or not sparse
    report = examine(path)
    assert report.state == "ok"
    assert report.parts == {str(name): size for name, size in enumerate(sizes) if name in kept}


def _with_words(count: int) -> Facts:
    made = facts(count)
    made["words"] = 3
    return made


def _by_document(index: PartIndex) -> dict[str, object]:
    contents = index.contents()
    postings = index.postings(["twice", *(f"t{n}" for n in range(7)), *(f"d{n}" for n in range(6))])
    found: dict[str, object] = {}
    for document in contents.documents:
        mine = {}
        for term, (places, counts) in postings.items():
            inside = (places >= document.first) & (places < document.first + document.count)
            mine[term] = ((places[inside] - document.first).tolist(), counts[inside].tolist())
        rows = contents.facts[document.first : document.first + document.count].copy()
        rows["group"] -= document.first
        rows["leaf"] -= document.first
        found[document.document_id] = (mine, rows.tobytes())
    return found


def test_a_question_during_the_compaction_sees_old_numbers_or_new_ones(root: Path) -> None:
    patient = WordStore(root, open_files=4)
    add(patient, ALPHA, "gone", *(f"item {number}" for number in range(3000)))
    add(patient, ALPHA, "kept", *(f"item {number}" for number in range(400)))
    patient.delete_document(ALPHA, "gone")
    done = threading.Event()

    def look() -> int:
        looks = 0
        while not done.is_set():
            assert best(patient, ALPHA, "399") == [("kept", 399)]
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        assert patient.scrub()
        done.set()
        assert all(each.result() for each in looking)
    assert numbers(root) == 400
    patient.close()


# --- traces


def test_a_reader_in_the_way_of_the_compaction_makes_it_come_again(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the xylophone is yellow")
    with closing(PartIndex(index_path(root, ALPHA))) as reader, reader.view():
        reader.contents()
        store.delete_document(ALPHA, "one")
        assert not store.scrub()
    assert store.scrub()
    assert not holds(root, "xylophone")


def test_a_compaction_that_was_cut_short_is_made_up_for_by_the_next_process(
    store: WordStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, ALPHA, "one", "the xylophone is yellow")
    store.delete_document(ALPHA, "one")

    class Killed(BaseException):
        """The process is no more."""

    def die(_: PartIndex) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PartIndex, "compact", die)
        with pytest.raises(Killed):
            store.scrub()
    assert holds(root, "xylophone")
    later = WordStore(root, open_files=4)
    assert later.scrub()
    assert not holds(root, "xylophone")
    assert later.scrub()
    later.close()


def test_what_is_deleted_while_the_compaction_runs_is_due_again(
    store: WordStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, ALPHA, "one", "the xylophone is yellow")
    add(store, ALPHA, "two", "the bassoon is brown")
    store.delete_document(ALPHA, "one")
    compact = PartIndex.compact

    def then_delete(index: PartIndex) -> None:
        compact(index)
        store.delete_document(ALPHA, "two")

    with monkeypatch.context() as patch:
        patch.setattr(PartIndex, "compact", then_delete)
        assert store.scrub()
    assert holds(root, "bassoon")
    assert store.scrub()
    assert not holds(root, "bassoon")


def test_a_damaged_index_does_not_keep_others_from_being_compacted(store: WordStore, root: Path) -> None:
    for client in (ALPHA, BETA):
        add(store, client, "one", "the xylophone is yellow")
        add(store, client, "two", "the bassoon is brown")
        store.delete_document(client, "one")
    store.close()
    index_path(root, ALPHA).write_bytes(b"no database" * 1000)
    later = WordStore(root, open_files=4)
    assert later.scrub()
    assert later.search(ALPHA, "bassoon") is None, "it is missed, and then made again"
    assert best(later, BETA, "bassoon") == [("two", 0)]
    assert not holds(root, "xylophone")
    later.close()


# --- looking from outside


def _terms_of_nobody(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE documents SET count = count - 1")


def _cut_postings(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE postings SET data = substr(data, 1, 1) WHERE term = 'crane'")


def _postings_beyond(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        data = np.array([4000], np.uint16).tobytes() + b"\x01"
        database.execute("UPDATE postings SET data = ? WHERE term = 'crane'", (data,))


def _lost_facts(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM blocks")


def _lost_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE state")


@pytest.mark.parametrize(
    "harm", [_terms_of_nobody, _cut_postings, _postings_beyond, _lost_facts, _lost_table], ids=lambda f: f.__name__
)
def test_an_index_that_does_not_hold_together_is_damaged(
    store: WordStore, root: Path, harm: Callable[[Path], None]
) -> None:
    add(store, ALPHA, "one", "the crane is yellow", "the ferry is white")
    store.close()
    assert examine(index_path(root, ALPHA)).state == "ok"
    harm(index_path(root, ALPHA))
    assert examine(index_path(root, ALPHA)).state == "damaged"


def test_postings_that_point_nowhere_are_an_error_of_the_store(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the crane is yellow", "the ferry is white")
    store.close()
    with closing(sqlite3.connect(index_path(root, ALPHA))) as database, database:
        data = np.array([BLOCK - 1], np.uint16).tobytes() + b"\x01"
        database.execute("UPDATE postings SET data = ?, block = 1 WHERE term = 'crane'", (data,))
        database.execute("INSERT INTO blocks SELECT 1, substr(facts, 1, 40) FROM blocks")
        database.execute("DELETE FROM blocks WHERE block = 0")
    with pytest.raises(WordStoreFailed):
        WordStore(root, open_files=1).search(ALPHA, "crane")


def test_looking_makes_no_file_and_asking_makes_none_either(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    store.close()
    before = sorted(root.rglob("*"))
    assert examine(index_path(root, ALPHA)).state == "ok"
    later = WordStore(root, open_files=4)
    assert later.search(BETA, "crane") is None
    assert set(later.examine(BETA).parts) == frozenset()
    assert not later.delete_document(BETA, "one")
    assert later.open_count() == 0
    assert sorted(root.rglob("*")) == before


def test_what_lies_beside_an_index_of_nobody_goes_too(store: WordStore, root: Path) -> None:
    add(store, ALPHA, "one", "the crane is yellow")
    add(store, BETA, "two", "the ferry is white")
    store.delete_document(ALPHA, "one")
    store.close()
    index_path(root, ALPHA).unlink()
    index_path(root, ALPHA).with_name(index_path(root, ALPHA).name + "-wal").write_bytes(b"crane")
    assert orphans(root, [BETA]) == [index_path(root, ALPHA)]
    assert store.remove_orphans([BETA]) == 1
    assert len([path for path in root.rglob("*") if path.is_file()]) == 1
    assert best(store, BETA, "ferry") == [("two", 0)]


# --- connections


def test_connections_are_bounded_while_many_threads_use_many_files(root: Path) -> None:
    store = WordStore(root, open_files=3)
    clients = [ClientId(f"client-{number}") for number in range(12)]
    for client in clients:
        add(store, client, "one", f"the crane of {client}")

    def look(turn: int) -> None:
        client = clients[turn % len(clients)]
        assert best(store, client, "crane") == [("one", 0)]

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(look, range(240)))
    assert store.open_count() <= 3
    opened = [link for link in Path("/proc/self/fd").iterdir() if _leads_into(link, root)]
    assert len(opened) <= 3 * 2 * 3, "a file, its log and its shared memory, twice for each client"
    store.close()
    assert [link for link in Path("/proc/self/fd").iterdir() if _leads_into(link, root)] == []


def _leads_into(link: Path, root: Path) -> bool:
    try:
        return str(link.readlink()).startswith(str(root))
    except OSError:
        return False
