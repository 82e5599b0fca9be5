"""Damaged indexes, interrupted writes and kills: nothing that was stored is lost."""

import random
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import chromadb
import pytest
from chromadb.api.client import Client
from chromadb.config import Settings

from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.common.vectors import Vectors
from app.services.chroma import sql as chroma_sql
from app.services.chroma.collections import ChromaCollections
from app.services.chroma.files import StoreFiles
from app.services.chroma.gate import pass_gate
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_crash import Journal, run_and_kill
from tests.services.vector_store_parts import ALPHA, BETA, Opener, add, ask, folder_of, not_found
from tests.services.vector_store_writer import INDEX_FILES, document, embed, embed_chunks
from tests.waiting import PATIENCE


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
        (old,) = chroma_sql.facts(root, "docs_alpha")
        StoreFiles(root, pass_gate(root)).note_going(old.segment_id)
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
    journal, rng = Journal(), random.Random(5)
    for _ in range(4):
        run_and_kill(tmp_path / "chroma", journal, rng, longest=0.6)
    assert journal.acknowledged
