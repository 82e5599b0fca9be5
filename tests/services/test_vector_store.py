import itertools
import os
import random
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api.client import Client
from chromadb.config import Settings

from app.common.errors import AppError, Conflict, NotFound, StartupError, Unavailable
from app.common.filters import Comparison
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma import sql as chroma_sql
from app.services.chroma.collections import ChromaCollections
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_crash import Journal, run_and_kill
from tests.services.vector_store_writer import INDEX_FILES, document, embed, embed_chunks
from tests.waiting import PATIENCE, wait_for

ALPHA, BETA = ClientId("alpha"), ClientId("beta")

Opener = Callable[..., VectorStoreService]


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as its first start leaves it: copied, it saves each test the migrations."""
    folder = tmp_path_factory.mktemp("empty")
    VectorStoreService(folder, cache_size=4, embedding_model="test").close()
    return folder


@pytest.fixture
def root(tmp_path: Path, empty: Path) -> Path:
    shutil.copytree(empty, tmp_path / "chroma")
    return tmp_path / "chroma"


@pytest.fixture
def open_store(root: Path) -> Iterator[Opener]:
    """Open the store; opening it again closes it first, as a restart does."""
    opened: list[VectorStoreService] = []

    def open_(*, cache_size: int = 4, embedding_model: str = "test") -> VectorStoreService:
        while opened:
            opened.pop().close()
        opened.append(VectorStoreService(root, cache_size=cache_size, embedding_model=embedding_model))
        return opened[-1]

    yield open_
    while opened:
        opened.pop().close()


@pytest.fixture
def store(open_store: Opener) -> VectorStoreService:
    return open_store()


def add(store: VectorStoreService, client: ClientId, name: str, size: int) -> list[Chunk]:
    chunks = document(name, size)
    store.add(client, chunks, embed([chunk.text for chunk in chunks]))
    return chunks


def ask(store: VectorStoreService, client: ClientId, text: str, k: int = 3) -> list[str]:
    return [passage.chunk.id for passage in store.search(client, embed([text])[0], k)]


def not_found(store: VectorStoreService, client: ClientId, chunks: list[Chunk]) -> list[str]:
    return [chunk.id for chunk in chunks if ask(store, client, chunk.text)[:1] != [chunk.id]]


def folder_of(root: Path, client: ClientId) -> Path:
    (facts,) = chroma_sql.facts(root, f"docs_{client}")
    return root / facts.segment_id


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""  # SQLite's own files come and go


def holds(root: Path, words: list[str]) -> list[str]:
    """The words that are in some file of the store, as they are or in small letters."""
    content = b"\n".join(_bytes_of(file).lower() for file in root.rglob("*") if file.is_file())
    return [word for word in words if word.lower().encode() in content]


# --- storing and finding


def test_a_chunk_comes_back_as_it_was_with_its_similarity(store: VectorStoreService) -> None:
    chunk = Chunk("doc", 0, "Über  die\nBrücke", 7, "Billing > Refunds", "Rechnung Nr. 5.pdf", 120, 136)
    store.add(ALPHA, [chunk], embed([chunk.text]))
    (passage,) = store.search(ALPHA, embed([chunk.text])[0], 5)
    assert passage.chunk == chunk
    assert passage.score == pytest.approx(1.0, abs=1e-5)
    (opposite,) = store.search(ALPHA, -embed([chunk.text])[0], 5)
    assert opposite.score == pytest.approx(-1.0, abs=1e-5)


def test_adding_a_document_twice_changes_nothing(store: VectorStoreService) -> None:
    chunks = add(store, ALPHA, "doc", 20)
    add(store, ALPHA, "doc", 20)
    assert store.count(ALPHA) == 20
    assert not_found(store, ALPHA, chunks) == []


def test_asking_for_more_than_there_is_gives_all(store: VectorStoreService) -> None:
    add(store, ALPHA, "doc", 7)
    assert len(ask(store, ALPHA, "anything", 500)) == 7


def test_a_filter_narrows_the_search(store: VectorStoreService) -> None:
    add(store, ALPHA, "one", 5)
    add(store, ALPHA, "two", 5)
    found = store.search(ALPHA, embed(["passage 0 of one"])[0], 10, where=Comparison("document_id", "eq", "two"))
    assert {passage.chunk.document_id for passage in found} == {"two"}


def test_two_clients_never_see_each_other(store: VectorStoreService) -> None:
    add(store, ALPHA, "doc", 5)
    add(store, BETA, "other", 5)
    assert {each.partition(":")[0] for each in ask(store, ALPHA, "passage 1 of other", 50)} == {"doc"}
    assert store.chunks(ALPHA, "other") == []
    assert store.delete_document(ALPHA, "other") == 0
    assert store.count(BETA) == 5


def test_an_unknown_client_is_not_found_and_not_created(store: VectorStoreService) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.search(ALPHA, embed(["x"])[0], 3),
        lambda: store.count(ALPHA),
        lambda: store.chunks(ALPHA, "doc"),
        lambda: store.delete_document(ALPHA, "doc"),
        lambda: store.check(ALPHA),
        lambda: store.rebuild(ALPHA, embed_chunks),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()
    assert not store.exists(ALPHA)
    assert not store.delete_collection(ALPHA)
    assert list(store.client_ids()) == []


def test_chunks_are_paged_in_their_order(store: VectorStoreService) -> None:
    chunks = add(store, ALPHA, "doc", 30)
    assert store.chunks(ALPHA, "doc", offset=10, limit=8) == chunks[10:18]
    assert store.chunks(ALPHA, "doc", offset=28, limit=8) == chunks[28:]
    assert store.chunks(ALPHA, "doc", limit=0) == []


def test_vectors_that_are_not_numbers_are_refused(store: VectorStoreService) -> None:
    vectors = embed(["a", "b"])
    vectors[1, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        store.add(ALPHA, document("doc", 2), vectors)
    with pytest.raises(ValueError, match="each chunk"):
        store.add(ALPHA, document("doc", 2), vectors[:1])
    assert not store.exists(ALPHA)


# --- deleting


def test_deleting_a_document_leaves_the_others(store: VectorStoreService) -> None:
    add(store, ALPHA, "one", 600)
    kept = add(store, ALPHA, "two", 30)
    assert store.delete_document(ALPHA, "one") == 600
    assert store.delete_document(ALPHA, "one") == 0
    assert store.count(ALPHA) == 30
    assert not_found(store, ALPHA, kept) == []


def test_chunks_added_after_everything_was_deleted_are_found(store: VectorStoreService) -> None:
    # Chroma alone loses some of them: nothing living is there that the graph could link them to.
    for attempt in range(3):
        add(store, ALPHA, f"old-{attempt}", 200)
        store.delete_document(ALPHA, f"old-{attempt}")
        chunks = add(store, ALPHA, f"new-{attempt}", 30) + add(store, ALPHA, f"more-{attempt}", 90)
        assert not_found(store, ALPHA, chunks) == []
        assert store.check(ALPHA) == "ok"
        store.delete_document(ALPHA, f"new-{attempt}")
        store.delete_document(ALPHA, f"more-{attempt}")


def test_deleting_a_collection_removes_its_files_and_nothing_else(store: VectorStoreService, root: Path) -> None:
    before = add(store, ALPHA, "doc", 20)
    kept = add(store, BETA, "doc", 20)
    assert not_found(store, ALPHA, before) == []
    gone, stays = folder_of(root, ALPHA), folder_of(root, BETA)
    assert store.delete_collection(ALPHA)
    assert not gone.exists()
    assert stays.exists()
    assert not store.exists(ALPHA)
    assert not_found(store, BETA, kept) == []
    again = add(store, ALPHA, "doc", 3)
    assert not_found(store, ALPHA, again) == []
    assert store.count(ALPHA) == 3


def test_after_a_scrub_no_file_holds_a_deleted_word(open_store: Opener, root: Path) -> None:
    store = open_store()
    secrets = ["Wxqzjvfk", "Pqwxzkjh", "kzjxqwvy"]
    text = "The {} crane, the {} key: {}."
    for client in (ALPHA, BETA):
        chunks = [Chunk("kept", 0, "An ordinary sentence that stays", 1, "", "kept.txt", 0, 9)] + [
            Chunk("erased", n, text.format(*secrets) * 30, 1, f"{secrets[0]} > {n}", f"{secrets[1]}.txt", 0, 9)
            for n in range(40)
        ]
        store.add(client, chunks, embed([chunk.id for chunk in chunks]))
    store.delete_document(ALPHA, "erased")
    store.delete_collection(BETA)
    report = store.scrub()
    assert report.bytes_after < report.bytes_before / 2
    assert ask(store, ALPHA, "anything") == ["kept:0"]
    store.close()
    trigrams = [word[start : start + 3] for word in secrets for start in range(len(word) - 2)]
    assert holds(root, ["ordinary"]) == ["ordinary"]
    assert holds(root, secrets + trigrams) == []
    store = open_store()
    assert store.chunks(ALPHA, "kept")[0].text == "An ordinary sentence that stays"


def test_disk_use_returns_to_where_it_was(store: VectorStoreService) -> None:
    add(store, ALPHA, "doc", 20)
    before = store.scrub().bytes_after
    add(store, BETA, "doc", 700)
    store.delete_collection(BETA)
    assert store.scrub().bytes_after <= before + 2 * 4096


def test_folders_of_collections_that_are_gone_are_removed_at_start(open_store: Opener, root: Path) -> None:
    store = open_store()
    add(store, ALPHA, "doc", 5)
    orphan = root / "00000000-0000-4000-8000-000000000000"
    shutil.copytree(folder_of(root, ALPHA), orphan)
    store = open_store()
    assert not orphan.exists()
    assert store.check(ALPHA) == "ok"


# --- memory


def test_open_indexes_are_bounded_and_clients_whose_index_left_memory_answer_like_others(
    open_store: Opener, root: Path
) -> None:
    store = open_store(cache_size=1)  # Chroma's cache has 64 parts with at least one index each
    clients = [ClientId(f"client-{number}") for number in range(72)]
    chunks = {client: add(store, client, "doc", 1 + 3 * (number % 3)) for number, client in enumerate(clients)}
    for client in clients:
        assert not_found(store, client, chunks[client][-1:]) == []
    wait_for(lambda: len(open_indexes(root)) <= 64)  # files are closed in the background


def open_indexes(root: Path) -> set[Path]:
    if not Path("/proc/self/fd").exists():
        return set()  # only Linux lists them there
    links = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            links.append(link.readlink())
        except FileNotFoundError:
            continue
    return {target.parent for target in links if target.parent.parent == root}


# --- models


def test_vectors_of_two_models_are_never_mixed(open_store: Opener) -> None:
    add(open_store(), ALPHA, "doc", 5)
    store = open_store(embedding_model="other")
    with pytest.raises(Conflict):
        add(store, ALPHA, "more", 5)
    with pytest.raises(Conflict):
        ask(store, ALPHA, "anything")
    assert store.rebuild(ALPHA, lambda chunks: -embed_chunks(chunks)) == 5
    (passage, *_) = store.search(ALPHA, -embed(["passage 3 of doc"])[0], 3)
    assert passage.chunk.index == 3
    add(store, ALPHA, "more", 5)


# --- damage


def test_a_damaged_index_is_never_opened_and_comes_back_from_the_texts(open_store: Opener, root: Path) -> None:
    store = open_store()
    for number in range(len(INDEX_FILES)):
        add(store, ClientId(f"client-{number}"), "doc", 40)
    store.close()
    for number, name in enumerate(INDEX_FILES):
        file = folder_of(root, ClientId(f"client-{number}")) / name
        file.write_bytes(file.read_bytes()[:-5])
    shutil.rmtree(folder_of(root, ClientId("client-0")))
    store = open_store()
    kept = add(store, ALPHA, "doc", 5)
    for client in (ClientId(f"client-{number}") for number in range(len(INDEX_FILES))):
        with pytest.raises(Unavailable) as refused:
            ask(store, client, "anything")
        assert refused.value.retry_after
        assert store.damaged() == [client]
        assert store.count(client) == 40
        assert store.check(client) == "damaged"
        assert not_found(store, ALPHA, kept) == []
        assert store.rebuild(client, embed_chunks) <= 40
        assert store.damaged() == []
        assert not_found(store, client, document("doc", 40)) == []
    store = open_store()
    assert {store.check(client) for client in store.client_ids()} == {"ok"}
    assert list(root.glob("*.damaged")) == []


def test_a_damaged_client_takes_documents_until_it_is_rebuilt(open_store: Opener, root: Path) -> None:
    add(open_store(), ALPHA, "one", 40)
    add(open_store(), ALPHA, "two", 40)
    (folder_of(root, ALPHA) / "link_lists.bin").write_bytes(b"")
    store = open_store()
    add(store, ALPHA, "three", 10)
    assert store.delete_document(ALPHA, "one") == 40
    store = open_store()
    assert store.check(ALPHA) == "damaged"
    embedded: list[str] = []

    def embed_noted(chunks: list[Chunk]) -> Vectors:
        embedded.extend(chunk.text for chunk in chunks)
        return embed_chunks(chunks)

    assert store.rebuild(ALPHA, embed_noted) == 0
    assert embedded == []  # all vectors could be read
    assert store.count(ALPHA) == 50
    assert not_found(store, ALPHA, document("two", 40) + document("three", 10)) == []


def test_the_other_clients_are_served_during_a_rebuild(open_store: Opener, root: Path) -> None:
    add(open_store(), ALPHA, "doc", 40)
    shutil.rmtree(folder_of(root, ALPHA))
    store = open_store()
    served: list[list[str]] = []

    def others() -> None:
        chunks = add(store, BETA, "doc", 5)
        served.append(ask(store, BETA, chunks[2].text, 1))
        with pytest.raises(Unavailable):
            ask(store, ALPHA, "anything")

    def embed_meanwhile(missing: list[Chunk]) -> Vectors:
        another_thread.submit(others).result(PATIENCE)
        return embed_chunks(missing)

    assert store.check(ALPHA) == "missing"
    with ThreadPoolExecutor(1) as another_thread:
        assert store.rebuild(ALPHA, embed_meanwhile) >= 39  # Chroma's log may still have the last one
    assert served == [["doc:2"]]


def test_a_rebuild_that_failed_has_lost_nothing(open_store: Opener, root: Path) -> None:
    add(open_store(), ALPHA, "doc", 40)
    shutil.rmtree(folder_of(root, ALPHA))
    store = open_store()

    def fail(_chunks: list[Chunk]) -> Vectors:
        raise Unavailable("the embedding model is busy")

    with pytest.raises(Unavailable):
        store.rebuild(ALPHA, fail)
    assert store.damaged() == [ALPHA]
    assert list(store.client_ids()) == [ALPHA]
    assert store.rebuild(ALPHA, embed_chunks) >= 39
    assert not_found(store, ALPHA, document("doc", 40)) == []
    assert len([path for path in root.iterdir() if path.is_dir()]) == 1


@pytest.mark.parametrize("complete", ["", "complete"])
def test_a_rebuild_that_was_interrupted_is_ended_at_the_next_start(
    open_store: Opener, root: Path, complete: str
) -> None:
    chunks = add(open_store(), ALPHA, "doc", 10)
    open_store().close()
    collections = ChromaCollections(root, 4)
    collections.create("rebuilt_docs_alpha", {"embedding_model": "test"})
    part = chunks if complete else chunks[:3]
    collections.upsert("rebuilt_docs_alpha", part, embed([chunk.text for chunk in part]))
    if complete:
        collections.drop("docs_alpha")
    collections.close()
    store = open_store()
    assert list(store.client_ids()) == [ALPHA]
    assert store.count(ALPHA) == 10
    assert not_found(store, ALPHA, chunks) == []
    assert len([path for path in root.iterdir() if path.is_dir()]) == 1


@pytest.mark.parametrize("change", ["add", "delete"])
def test_a_save_that_stopped_between_any_two_files_loses_nothing(
    open_store: Opener, root: Path, tmp_path: Path, change: str
) -> None:
    def make(store: VectorStoreService) -> None:
        if change == "add":
            add(store, ALPHA, "three", 60)
        else:
            store.delete_document(ALPHA, "one")

    add(open_store(), ALPHA, "one", 40)
    add(open_store(), ALPHA, "two", 90)
    open_store().close()
    before, after = tmp_path / "before", tmp_path / "after"
    segment = folder_of(root, ALPHA).name
    shutil.copytree(root, before)
    make(open_store())
    open_store().close()
    shutil.move(root, after)
    shutil.copytree(before, root)
    never_save(root)
    make(open_store())
    open_store().close()
    logged = tmp_path / "logged"  # the change is in the log and in the texts, not in the index
    shutil.move(root, logged)
    expected = document("two", 90) + (document("one", 40) + document("three", 60) if change == "add" else [])
    for saved in range(len(INDEX_FILES) + 1):
        shutil.copytree(logged, root)
        for name in INDEX_FILES[:saved]:
            shutil.copy(after / segment / name, root / segment / name)
        store = open_store()
        if store.check(ALPHA) != "ok":
            store.rebuild(ALPHA, embed_chunks)
        assert store.count(ALPHA) == len(expected)
        assert not_found(store, ALPHA, expected) == []
        store.close()
        shutil.rmtree(root)
    shutil.copytree(logged, root)


def never_save(root: Path) -> None:
    """Let Chroma keep changes in its log, as if it ended before it saved the index."""
    chroma = chromadb.PersistentClient(root, Settings(anonymized_telemetry=False))
    assert isinstance(chroma, Client)
    with warnings.catch_warnings(action="ignore"):  # Chroma warns of its own way to write configurations
        collection = chroma.get_collection("docs_alpha", embedding_function=None)
        collection.modify(configuration={"hnsw": {"sync_threshold": 100_000}})
    chroma.close()


def test_a_first_write_that_did_not_reach_the_index_is_replayed(open_store: Opener, root: Path) -> None:
    open_store().close()
    collections = ChromaCollections(root, 4)
    collections.create("docs_alpha", {"embedding_model": "test"})
    collections.close()
    never_save(root)
    add(open_store(), ALPHA, "doc", 30)
    open_store().close()
    for file in folder_of(root, ALPHA).iterdir():
        file.write_bytes(file.read_bytes()[:7])
    store = open_store()
    assert store.check(ALPHA) == "ok"
    assert store.count(ALPHA) == 30


def test_killed_at_any_moment_the_store_starts_and_has_lost_nothing(tmp_path: Path) -> None:
    journal, rng = Journal(), random.Random(5)  # noqa: S311 - not for secrets
    for _ in range(4):
        run_and_kill(tmp_path / "chroma", journal, rng, longest=0.6)
    assert journal.acknowledged


# --- threads


class Workers:
    """Threads that note what goes wrong in them."""

    def __init__(self) -> None:
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except (AppError, AssertionError, ValueError, OSError) as exc:
                self._failures.append(exc)

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def join(self) -> list[BaseException]:
        for thread in self._threads:
            thread.join()
        return self._failures


def test_many_threads_search_write_rebuild_and_scrub_at_once(store: VectorStoreService) -> None:
    clients = [ClientId(f"client-{number}") for number in range(2)]
    kept = {client: add(store, client, "kept", 12) for client in clients}

    def write() -> None:
        for turn, client in itertools.product(range(2), clients):
            name = f"more-{turn}-{threading.get_ident()}"
            add(store, client, name, 20)
            assert store.delete_document(client, name) == 20

    def read() -> None:
        for turn, client in itertools.product(range(12), clients):
            assert ask(store, client, kept[client][turn].text, 1) == [f"kept:{turn}"]

    def maintain() -> None:
        for client in clients:
            store.rebuild(client, embed_chunks)
            store.scrub()

    workers = Workers()
    for work in (write, write, read, read, maintain):
        workers.start(work)
    assert workers.join() == []
    assert {store.count(client) for client in clients} == {12}


def test_a_search_while_its_client_is_deleted_answers_or_is_not_found(store: VectorStoreService) -> None:
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            with suppress(NotFound):
                ask(store, ALPHA, "passage 1 of doc")

    workers = Workers()
    for _ in range(3):
        workers.start(search)
    for _ in range(5):
        add(store, ALPHA, "doc", 20)
        store.delete_collection(ALPHA)
    done.set()
    assert workers.join() == []


# --- starting


def test_a_folder_that_is_no_store_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"this is no database" * 300)
    with pytest.raises(StartupError, match="folder"):
        VectorStoreService(tmp_path / "chroma", cache_size=4, embedding_model="test")


def test_importing_opens_nothing(tmp_path: Path) -> None:
    code = "import app.services.vector_store, threading; assert threading.active_count() == 1"
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert list(tmp_path.iterdir()) == []
