"""How often the right passage is found, by nearness alone (baseline) and as the service ranks: `retrieval`.

Questions and answers are those of questions.json and followups.json over the sample documents, with the real model.
"""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from app.common.file_loader import load_document
from app.common.passages import Passage
from app.config import DEFAULT_EMBEDDING_MODEL
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.ingestion.chunking import split
from app.services.retriever import Retriever
from app.services.vector_store import VectorStoreService
from benchmarks.samples import CLIENT, SAMPLES, samples_loaded

HERE = Path(__file__).parent
DEPTHS = (1, 4, 8)

Search = Callable[[str], Sequence[Passage]]


def main() -> None:
    """Print one table."""
    with samples_loaded() as services, tempfile.TemporaryDirectory() as folder:
        embedder = open_embedder(DEFAULT_EMBEDDING_MODEL, backend="onnx", device="cpu", cache=Path(folder) / "models")
        plain = VectorStoreService(Path(folder) / "chroma", cache_size=4, embedding_model=embedder.name)
        try:
            _fill(plain, embedder)
            _report(services.retriever, plain, embedder)
        finally:
            plain.close()
            embedder.close()


def _fill(store: VectorStoreService, embedder: Embedder) -> None:
    """Store the samples as the plain pipeline does: chunks of 1,000 characters, embedded as they are."""
    for path in sorted(SAMPLES.iterdir()):
        document = load_document(path.name, path)
        chunks = split(document, document_id=path.stem, source=path.name, chunk_size=1000, chunk_overlap=200)
        store.add(CLIENT, chunks, embedder.embed_texts([chunk.text for chunk in chunks]))


def _report(retriever: Retriever, plain: VectorStoreService, embedder: Embedder) -> None:
    ways: dict[str, Search] = {
        "nearest chunks (baseline)": lambda text: plain.search(CLIENT, embedder.embed_question(text), max(DEPTHS)),
        "service": lambda question: retriever.retrieve(CLIENT, question, top_k=max(DEPTHS)),
    }
    table = Table(title="Share of questions whose passage is among the first k")
    for heading in ("questions", "way", *(f"k={depth}" for depth in DEPTHS), "median ms"):
        table.add_column(heading)
    for name, questions in _questions().items():
        for way, search in ways.items():
            hits, ms = _measure(search, questions)
            table.add_row(f"{name} ({len(questions)})", way, *(f"{hit:.2f}" for hit in hits), f"{ms:.1f}")
    Console(width=110).print(table)


def _questions() -> dict[str, list[tuple[str, str, str]]]:
    single = json.loads((HERE / "questions.json").read_text())["single"]
    loaded = json.loads((HERE / "followups.json").read_text())
    followups = loaded if isinstance(loaded, list) else next(iter(loaded.values()))
    return {
        "stand-alone": [_expected(item, item["question"]) for item in single],
        "follow-ups, bare": [_expected(item, item["question"]) for item in followups],
        "follow-ups, rewritten": [_expected(item, item["rewritten"]) for item in followups],
    }


def _expected(item: dict[str, Any], question: str) -> tuple[str, str, str]:
    return question, item["answer_source"], flat(item["answer_quote"])


def _measure(search: Search, questions: Sequence[tuple[str, str, str]]) -> tuple[list[float], float]:
    found, times = [0] * len(DEPTHS), []
    for question, source, quote in questions:
        started = time.perf_counter()
        passages = search(question)
        times.append(time.perf_counter() - started)
        right = [p.chunk.source == source and quote in flat(p.chunk.text) for p in passages]
        for place, depth in enumerate(DEPTHS):
            found[place] += any(right[:depth])
    return [count / len(questions) for count in found], median(times) * 1000


def flat(text: str) -> str:
    """Return the text as it is compared: tables and line breaks become spaces."""
    return " ".join(text.replace("|", " ").split())


if __name__ == "__main__":
    main()
