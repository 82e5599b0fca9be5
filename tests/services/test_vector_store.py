"""The vector store: storing, finding, deleting, starting."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.common.errors import Conflict, NotFound, StartupError
from app.common.filters import Comparison
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_parts import ALPHA, BETA, Opener, add, ask, folder_of, not_found
from tests.services.vector_store_writer import document, embed, embed_chunks
from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""  # SQLite's own files come and go


def holds(root: Path, words: list[str]) -> list[str]:
    """The words that are in some file of the store, as they are or in small letters."""
    content = b"\n".join(_bytes_of(file).lower() for file in root.rglob("*") if file.is_file())
    return [word for word in words if word.lower().encode() in content]


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


def test_folders_that_no_collection_explains_are_left_alone_until_asked_for(open_store: Opener, root: Path) -> None:
    store = open_store()
    add(store, ALPHA, "doc", 5)
    orphan = root / "00000000-0000-4000-8000-000000000000"
    shutil.copytree(folder_of(root, ALPHA), orphan)
    store = open_store()
    assert orphan.is_dir()
    assert store.discard_unknown_indexes() == 1
    assert not orphan.exists()
    assert store.check(ALPHA) == "ok"


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


def test_vectors_of_two_models_are_never_mixed(open_store: Opener) -> None:
    add(open_store(), ALPHA, "doc", 5)
    store = open_store(embedding_model="other")
    with pytest.raises(Conflict):
        add(store, ALPHA, "more", 5)
    with pytest.raises(Conflict):
        ask(store, ALPHA, "anything")
    assert store.rebuild(ALPHA, embed_chunks) == 0
    assert store.models.of_client(ALPHA) == "test"
    store.successors.grow(ALPHA, lambda chunks: -embed_chunks(chunks))
    store.successors.succeed(ALPHA)
    (passage, *_) = store.search(ALPHA, -embed(["passage 3 of doc"])[0], 3)
    assert passage.chunk.index == 3
    add(store, ALPHA, "more", 5)


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
