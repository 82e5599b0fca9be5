"""A process that writes to a vector store until it is killed; run as a script by the crash test.

It reads what must be there as JSON from standard input ({"documents": {client: {document: chunks}}, "unfinished":
[[client, document]], "seed": n}), recovers, verifies, says `ready`, and then writes one line before and one after
each change it makes.
"""

import hashlib
import json
import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.common.ids import ClientId
from app.common.passages import Chunk
from app.services.vector_store import VectorStoreService

DIMENSION = 48
INDEX_FILES = ("header.bin", "data_level0.bin", "length.bin", "link_lists.bin", "index_metadata.pickle")
CLIENTS = [ClientId(f"client-{number}") for number in range(4)]


def embed(texts: list[str]) -> NDArray[np.float32]:
    """Return one vector for each text, always the same one."""
    seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
    return np.stack([np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32) for seed in seeds])


def embed_chunks(chunks: list[Chunk]) -> NDArray[np.float32]:
    """Return one vector for the text of each chunk."""
    return embed([chunk.text for chunk in chunks])


def document(document_id: str, size: int) -> list[Chunk]:
    """Return a document of `size` chunks."""
    return [Chunk(document_id, n, f"passage {n} of {document_id}", 1, "", "a.txt", n, n + 1) for n in range(size)]


def recover(store: VectorStoreService, unfinished: list[list[str]]) -> int:
    """Do what a start does after a crash; return how many indexes were rebuilt."""
    rebuilt = 0
    for client in store.client_ids():
        if store.check(client) != "ok":
            store.rebuild(client, embed_chunks)
            rebuilt += 1
    for name, document_id in unfinished:
        if store.exists(ClientId(name)):
            store.delete_document(ClientId(name), document_id)
    return rebuilt


def verify(store: VectorStoreService, documents: dict[str, dict[str, int]]) -> None:
    """Everything that was acknowledged answers, and nothing else is there."""
    for client in CLIENTS:
        expected = documents.get(client, {})
        if not expected:
            assert not store.exists(client) or store.count(client) == 0, f"{client} should be empty"
            continue
        assert store.count(client) == sum(expected.values()), f"{client} {store.count(client)} {expected}"
        for document_id, size in expected.items():
            for chunk in (document(document_id, size)[index] for index in {0, size // 2, size - 1}):
                found = store.search(client, embed([chunk.text])[0], 3)
                assert found[0].chunk == chunk, f"{client} {chunk.id}: {[passage.chunk.id for passage in found]}"
                assert found[0].score > 0.999


def write(store: VectorStoreService, documents: dict[str, dict[str, int]], rng: random.Random) -> None:
    """Change one client."""
    client = rng.choice(CLIENTS)
    mine = documents.setdefault(client, {})
    kind = rng.choices(["add", "remove", "rebuild", "erase"], [10, 4, 1, 0.3])[0]
    if kind == "add":
        document_id, size = f"doc-{rng.randrange(10**9)}", rng.choice([1, 5, 30, 120, 300])
        chunks = document(document_id, size)
        say("begin", client, document_id, 0)
        store.add(client, chunks, embed([chunk.text for chunk in chunks]))
        mine[document_id] = size
        say("done", client, document_id, size)
    elif kind == "remove" and mine:
        document_id = rng.choice(sorted(mine))
        say("begin", client, document_id, 0)
        assert store.delete_document(client, document_id) == mine.pop(document_id)
        say("done", client, document_id, 0)
    elif kind == "rebuild" and mine:
        store.rebuild(client, embed_chunks)
    elif kind == "erase":
        for document_id in mine:
            say("begin", client, document_id, 0)
        store.delete_collection(client)
        for document_id in mine:
            say("done", client, document_id, 0)
        mine.clear()


def say(*words: object) -> None:
    """Tell the test."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    """Recover, verify, write for ever."""
    order = json.load(sys.stdin)
    store = VectorStoreService(folder, cache_size=2, embedding_model="test")
    rebuilt = recover(store, order["unfinished"])
    documents = order["documents"]
    verify(store, documents)
    say("ready", rebuilt)
    rng = random.Random(order["seed"])
    while True:
        write(store, documents, rng)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
