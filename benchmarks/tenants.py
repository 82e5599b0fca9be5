"""Many clients in one store: ours beside plain langchain-chroma with its defaults, each in its own process.

    python benchmarks/tenants.py [clients, default 2000]

Every client has 1 to 50 chunks of 60 words with vectors drawn at random beforehand, so that no embedding model
takes part. Memory is what the process holds beyond the freshly opened store; cpu is the mean of a question over all
threads, which other work on the machine disturbs less than the time on the clock. At the end questions to random
clients of all take turns with questions to those of a second store of 50, which all fit into memory: so the speed of
the machine, which changes, meets both alike (aim: not above 1.5 times).
"""

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.common.process import share_one_heap
from app.services.vector_store import VectorStoreService

if TYPE_CHECKING:
    from langchain_chroma import Chroma

Vectors = NDArray[np.float32]

ROOT = Path(__file__).resolve().parent.parent
DIMENSION = 384
QUESTIONS = 300
CACHE_SIZE = 64
DELETED = 20
FEW = 50


# ruff: noqa: D102 - the two stores have one set of methods, described here


class Store(Protocol):
    """What is measured. `ask` returns the number of passages: none where the store failed."""

    def add(self, client: str, chunks: list[Chunk], vectors: Vectors) -> None: ...
    def ask(self, client: str, vector: Vectors) -> int: ...
    def list(self) -> int: ...
    def delete(self, client: str) -> None: ...
    def scrub(self) -> None: ...
    def close(self) -> None: ...


class Ours:
    """The service's store."""

    def __init__(self, folder: Path) -> None:
        share_one_heap()  # as the service does when it starts
        self._store = VectorStoreService(folder, cache_size=CACHE_SIZE, embedding_model="benchmark")

    def add(self, client: str, chunks: list[Chunk], vectors: Vectors) -> None:
        self._store.add(ClientId(client), chunks, vectors)

    def ask(self, client: str, vector: Vectors) -> int:
        try:
            return len(self._store.search(ClientId(client), vector, 5))
        except AppError:
            return 0

    def list(self) -> int:
        return len(list(self._store.client_ids()))

    def delete(self, client: str) -> None:
        self._store.delete_collection(ClientId(client))

    def scrub(self) -> None:
        self._store.scrub()

    def close(self) -> None:
        self._store.close()


class Plain:
    """langchain-chroma as its documentation shows it."""

    def __init__(self, folder: Path) -> None:
        import chromadb

        self._client = chromadb.PersistentClient(str(folder))

    def _open(self, client: str, vectors: Vectors | None = None) -> "Chroma":
        from langchain_chroma import Chroma

        return Chroma(client=self._client, collection_name=f"docs_{client}", embedding_function=Given(vectors))

    def add(self, client: str, chunks: list[Chunk], vectors: Vectors) -> None:
        self._open(client, vectors).add_texts(
            [chunk.text for chunk in chunks],
            metadatas=[{"document_id": chunk.document_id, "source": chunk.source} for chunk in chunks],
            ids=[chunk.id for chunk in chunks],
        )

    def ask(self, client: str, vector: Vectors) -> int:
        from chromadb.errors import ChromaError

        try:
            return len(self._open(client).similarity_search_by_vector_with_relevance_scores(vector.tolist(), k=5))
        except ChromaError:
            return 0

    def list(self) -> int:
        return len(self._client.list_collections())

    def delete(self, client: str) -> None:
        self._client.delete_collection(f"docs_{client}")

    def scrub(self) -> None:
        """There is nothing of the kind."""

    def close(self) -> None:
        """It ends with its process."""


class Given(Embeddings):
    def __init__(self, vectors: Vectors | None) -> None:
        self._vectors = [] if vectors is None else list(vectors)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: Any = self._vectors[: len(texts)]
        return list(rows)

    def embed_query(self, text: str) -> list[float]:
        raise NotImplementedError


def name(number: int) -> str:
    return f"client{number:06d}"


def memory() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def disk(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def ask_often(store: Store, pick: Callable[[], str], vector: Vectors) -> dict[str, float]:
    answered = []

    def ask() -> None:
        answered.append(store.ask(pick(), vector) > 0)

    spent = time.process_time()
    times = sorted(timed(ask) for _ in range(QUESTIONS))
    return {
        "p50": times[QUESTIONS // 2],
        "p99": times[QUESTIONS * 99 // 100],
        "cpu": (time.process_time() - spent) * 1000 / QUESTIONS,
        "failed": answered.count(False),
    }


def measure(store: Store, clients: int, vector: Vectors, rng: random.Random) -> dict[str, Any]:
    store.ask(name(0), vector)
    return {
        "hot": ask_often(store, lambda: name(0), vector),
        "random": ask_often(store, lambda: name(rng.randrange(clients)), vector),
    }


def beside_few(store: Store, few: Store, clients: int, vector: Vectors, rng: random.Random) -> tuple[float, float]:
    """Return the median of questions to a random client of all and of the few, asked by turns."""
    for number in range(FEW):
        few.ask(name(number), vector)
    turns = [(name(rng.randrange(clients)), name(rng.randrange(FEW))) for _ in range(QUESTIONS)]
    times = [
        (timed(partial(store.ask, one_of_all, vector)), timed(partial(few.ask, one_of_few, vector)))
        for one_of_all, one_of_few in turns
    ]
    return statistics.median(all_ for all_, _ in times), statistics.median(of_few for _, of_few in times)


def fill(store: Store, number: int, words: list[str], vectors: Vectors, rng: random.Random) -> None:
    size = rng.randint(1, 50)
    texts = [" ".join(rng.choices(words, k=60)) for _ in range(size)]
    chunks = [Chunk(f"doc{number}", n, text, 1, "", "file.txt", 0, len(text)) for n, text in enumerate(texts)]
    store.add(name(number), chunks, vectors[:size])


def run(kind: str, clients: int, folder: Path) -> dict[str, Any]:
    rng, numbers = random.Random(7), np.random.default_rng(7)
    words = ["".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(3, 10))) for _ in range(4000)]
    vectors = numbers.standard_normal((50, DIMENSION)).astype(np.float32)
    make: Callable[[Path], Store] = Ours if kind == "ours" else Plain
    store = make(folder / "all")
    idle = memory()
    marks: dict[str, Any] = {}
    started = time.perf_counter()
    for number in range(clients):
        fill(store, number, words, vectors, rng)
        if number + 1 in {FEW, clients // 10, clients}:
            marks[str(number + 1)] = measure(store, number + 1, vectors[0], rng)
    result = {"marks": marks, "fill_s": time.perf_counter() - started, "memory_mb": memory() - idle}
    result["disk_kb_per_client"] = disk(folder / "all") * 1000 / clients
    few = make(folder / "few")
    for number in range(FEW):
        fill(few, number, words, vectors, rng)
    result["random_ms"], result["random_of_few_ms"] = beside_few(store, few, clients, vectors[0], rng)
    few.close()
    result["list_ms"] = timed(store.list)
    before = disk(folder / "all")
    victims = [name(number) for number in rng.sample(range(clients), min(DELETED, clients))]
    result["delete_ms"] = sum(timed(partial(store.delete, victim)) for victim in victims) / len(victims)
    result["scrub_ms"] = timed(store.scrub)
    result["returned_kb_per_client"] = (before - disk(folder / "all")) * 1000 / len(victims)
    return result


def in_child(kind: str, clients: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix=f"tenants-{kind}-"))
    try:
        command = [sys.executable, "-m", "benchmarks.tenants", "--child", kind, str(clients), str(folder)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        return dict(json.loads(done.stdout))
    finally:
        shutil.rmtree(folder)


def report(results: dict[str, dict[str, Any]]) -> None:
    for kind, result in results.items():
        print(f"\n{kind}: filled in {result['fill_s']:.0f} s")
        for clients, kinds in result["marks"].items():
            for which, figures in kinds.items():
                print(
                    f"  {clients:>6} clients, {which:<6} p50 {figures['p50']:7.1f} ms  p99 {figures['p99']:7.1f} ms"
                    f"  cpu {figures['cpu']:6.1f} ms"
                    f"  failed {figures['failed']}/{QUESTIONS}"
                )
        many, of_few = result["random_ms"], result["random_of_few_ms"]
        print(f"  by turns: random of all p50 {many:.1f} ms, of {FEW} {of_few:.1f} ms: {many / of_few:.2f} times")
        print(f"  memory beyond idle {result['memory_mb']:.0f} MB, disk {result['disk_kb_per_client']:.0f} kB a client")
        costs = ", ".join(f"{work} {result[f'{work}_ms']:.0f} ms" for work in ("list", "delete", "scrub"))
        print(f"  {costs}; returned {result['returned_kb_per_client']:.0f} kB for each deleted client")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        kind, number, folder = sys.argv[2:]
        json.dump(run(kind, int(number), Path(folder)), sys.stdout)
        return
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    report({kind: in_child(kind, clients) for kind in ("ours", "plain")})


if __name__ == "__main__":
    main()
