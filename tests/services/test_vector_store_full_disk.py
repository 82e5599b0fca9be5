"""Chroma on a disk that fills up in the middle of a write: nothing of the write stays, and nothing else is lost."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.common.errors import AppError, InsufficientStorage
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.common.space import DiskSpace
from app.common.vectors import Vectors
from app.services.vector_store import VectorStoreService
from tests.small_disk import fill, free, make_room, small_disk

HARBOUR, BAKERY = ClientId("harbour"), ClientId("bakery")
DIMENSION = 384


def chunks(name: str, count: int) -> list[Chunk]:
    return [Chunk(name, n, f"Chunk {n} of {name}. " * 40, 1, "", name, 0, 1) for n in range(count)]


def vectors(seed: int, count: int) -> Vectors:
    found = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    unit: Vectors = found / np.linalg.norm(found, axis=1)[:, None]
    return unit


SEEDS = {"crane": 1, "tide": 2, "bread": 3, "quay": 4, "rolls": 5}


def embed(chunks: list[Chunk]) -> Vectors:
    """The vectors that these chunks were stored with."""
    return np.stack([vectors(SEEDS[chunk.document_id], chunk.index + 1)[chunk.index] for chunk in chunks])


def nearest(store: VectorStoreService, client_id: ClientId, seed: int) -> str:
    return store.search(client_id, vectors(seed, 1)[0], 1)[0].chunk.id


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=64) as disk:
        yield disk


class Careless(DiskSpace):
    """Says that there is room when there is none, as if somebody else had taken it a moment later."""

    def require(self, size: int = 0) -> None:
        """See DiskSpace."""


def open_store(disk: Path, space: DiskSpace | None = None) -> VectorStoreService:
    (disk / "chroma").mkdir(exist_ok=True)
    space = space or Careless([disk])
    return VectorStoreService(disk / "chroma", cache_size=8, embedding_model="m", space=space)


def test_what_finds_no_room_is_refused_before_anything_is_written(disk: Path) -> None:
    space = DiskSpace([disk], reserve_bytes=4 << 20)
    store = open_store(disk, space)
    store.add(HARBOUR, chunks("crane", 60), vectors(1, 60))
    fill(disk, leave=5 << 20)
    with pytest.raises(InsufficientStorage):
        store.add(HARBOUR, chunks("tide", 300), vectors(2, 300))
    with pytest.raises(InsufficientStorage):
        store.require_room(1000)
    assert store.count(HARBOUR) == 60
    store.close()


# What is left decides at which of its steps Chroma fails: in its log, its tables, or its index files.
@pytest.mark.parametrize("left", [0, 100_000, 400_000, 900_000, 1_500_000])
@pytest.mark.parametrize("log_is_grown", [False, True])
def test_a_write_that_fails_half_way_leaves_nothing(disk: Path, left: int, *, log_is_grown: bool) -> None:
    store = open_store(disk)
    store.add(HARBOUR, chunks("crane", 60), vectors(1, 60))
    store.add(BAKERY, chunks("bread", 30), vectors(3, 30))
    if log_is_grown:
        store.add(HARBOUR, chunks("quay", 300), vectors(4, 300))
    fill(disk, leave=left)
    with pytest.raises(AppError) as failed:
        store.add(HARBOUR, chunks("tide", 900), vectors(2, 900))
    assert failed.value.status == 507
    assert nearest(store, HARBOUR, 1) == "crane:0"
    assert nearest(store, BAKERY, 3) == "bread:0"

    make_room(disk)
    store.delete_document(HARBOUR, "tide")
    store.add(BAKERY, chunks("rolls", 5), vectors(5, 5))
    assert store.chunks(HARBOUR, "tide", limit=1000) == []
    expected = 360 if log_is_grown else 60
    assert (store.count(HARBOUR), store.count(BAKERY)) == (expected, 35)
    for client_id in (HARBOUR, BAKERY):
        if store.check(client_id) != "ok":  # the index was torn: the repairer makes it anew
            store.rebuild(client_id, embed)
    assert nearest(store, HARBOUR, 1) == "crane:0"
    assert nearest(store, BAKERY, 3) == "bread:0"
    store.close()

    store = open_store(disk)
    assert (store.count(HARBOUR), store.count(BAKERY)) == (expected, 35)
    assert (store.check(HARBOUR), store.check(BAKERY)) == ("ok", "ok")
    store.close()


def test_deletions_after_a_failed_write_use_the_reserve(disk: Path) -> None:
    store = open_store(disk, Careless([disk], reserve_bytes=4 << 20))
    store.add(HARBOUR, chunks("crane", 60), vectors(1, 60))
    store.add(BAKERY, chunks("bread", 30), vectors(3, 30))
    fill(disk)
    with pytest.raises(InsufficientStorage):
        store.add(HARBOUR, chunks("tide", 200), vectors(2, 200))
    store.delete_document(HARBOUR, "tide")
    assert store.delete_document(HARBOUR, "crane") == 60
    assert store.delete_collection(BAKERY)
    make_room(disk)
    assert store.count(HARBOUR) == 0
    store.add(HARBOUR, chunks("crane", 60), vectors(1, 60))
    assert nearest(store, HARBOUR, 1) == "crane:0"
    store.close()


def test_on_a_disk_full_of_our_own_a_deletion_makes_room(disk: Path) -> None:
    space = DiskSpace([disk], reserve_bytes=4 << 20)
    store = open_store(disk, space)
    clients = [ClientId(f"client-{n}") for n in range(4)]
    with contextlib.suppress(InsufficientStorage):
        for n in range(100):
            store.add(clients[n % 4], chunks(f"doc{n}", 100), vectors(n, 100))
    with pytest.raises(InsufficientStorage):
        store.add(clients[2], chunks("one more", 100), vectors(100, 100))
    before = free(disk)
    for client_id in clients[:2]:
        store.delete_collection(client_id)
    with contextlib.suppress(AppError):  # there may be no room for the whole of it
        store.scrub()
    assert free(disk) > before + (8 << 20)
    store.add(clients[2], chunks("new", 100), vectors(100, 100))
    assert nearest(store, clients[2], 100) == "new:0"
    assert (store.check(clients[2]), store.check(clients[3])) == ("ok", "ok")
    store.close()
