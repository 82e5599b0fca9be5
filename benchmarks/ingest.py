"""Uploading a long PDF beside the bare embedding model: `python -m benchmarks.ingest [--pages 120] [--rounds 2]`.

The model alone embeds the same chunks, in this process, by turns with uploads of the PDF to the service. The aim is
that an upload spends at least 90 % of its time in the model.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from fpdf import FPDF

from app.common.file_loader import LoadedDocument
from app.common.passages import Chunk
from app.config import Settings
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.ingestion.chunking import split
from app.services.parsing.pool import ParserPool
from benchmarks.service import prepare, running, upload

T = TypeVar("T")

LINES_PER_PAGE = 9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=120)
    options.add_argument("--rounds", type=int, default=2)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        measure(folder, make_pdf(folder / "long.pdf", given.pages), given.rounds)


def make_pdf(path: Path, pages: int) -> Path:
    """Write a PDF whose every sentence is another."""
    document = FPDF()
    document.set_font("Helvetica", size=11)
    for page in range(1, pages + 1):
        document.add_page()
        lines = (
            f"On page {page}, line {line}, the log of pump {page * line % 97} notes {page * 31 + line * 7} hours, "
            f"a pressure of {line % 9 + 1}.{page % 10} bar and the name of inspector {chr(65 + page % 26)}. Berger."
            for line in range(LINES_PER_PAGE)
        )
        document.multi_cell(0, 6, "\n".join(lines))
    document.output(str(path))
    return path


def measure(folder: Path, pdf: Path, rounds: int) -> None:
    defaults = Settings(_env_file=None)
    embedder = open_embedder(defaults.embedding_model, backend="onnx", device="cpu", cache=folder / "data" / "models")
    with ParserPool(workers=1) as parser:
        parser.parse("warm.txt", b"text")
        document, parsing = timed(lambda: parser.parse(pdf.name, pdf))
    chunks, cutting = timed(lambda: cut(document, defaults))
    embedder.embed_question("warm")
    uploads, bare, logged = [], [], {}
    with running(folder, llm_provider="extractive", log_level="DEBUG") as service:
        for number in range(rounds):
            bare.append(embed(embedder, chunks))
            connection = service.connect()
            answer, seconds = timed(lambda: upload(connection, f"round-{number}", "long.pdf", pdf.read_bytes()))  # noqa: B023 - called at once
            uploads.append(seconds)
            assert answer["chunks_created"] == len(chunks)
        bare.append(embed(embedder, chunks))
        logged = {name: value / 1000 for name, value in service.events("ingest stages")[-1].items() if "_ms" in name}
    embedder.close()
    report(len(document.page_starts), len(chunks), uploads, bare, {"parsing": parsing, "cutting": cutting}, logged)


def cut(document: LoadedDocument, settings: Settings) -> list[Chunk]:
    sizes = {"chunk_size": settings.chunk_size, "chunk_overlap": settings.chunk_overlap}
    return split(document, document_id="doc", source="long.pdf", **sizes)


def embed(embedder: Embedder, chunks: list[Chunk]) -> float:
    return timed(lambda: embedder.embed_texts([chunk.text for chunk in chunks]))[1]


def timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def report(
    pages: int,
    chunks: int,
    uploads: list[float],
    bare: list[float],
    alone: dict[str, float],
    logged: dict[str, float],
) -> None:
    # Each upload beside the mean of the two bare runs around it: what else the machine did meets both.
    shares = [(bare[n] + bare[n + 1]) / 2 / seconds for n, seconds in enumerate(uploads)]
    whole = median(uploads)
    print(f"{pages} pages, {chunks} chunks; medians of {len(uploads)} uploads")
    print(f"{'':<40}{'s':>8}{'chunks/s':>10}{'x upload':>10}")
    rows = {"an upload": whole, "  the bare model on the same chunks": median(bare)}
    rows |= {f"  {name}, measured alone": seconds for name, seconds in alone.items()}
    rows["  the rest: HTTP, storing, waiting"] = whole - median(bare) - sum(alone.values())
    rows |= {f"  last upload's log: {name.removesuffix('_ms')}": seconds for name, seconds in logged.items()}
    for name, seconds in rows.items():
        rate = f"{chunks / seconds:.1f}" if seconds > 0 and "rest" not in name else ""
        print(f"{name:<40}{seconds:>8.2f}{rate:>10}{seconds / whole:>10.2f}")
    print(f"share of the model in an upload: {median(shares):.0%} (aim: 90 %)")


if __name__ == "__main__":
    main()
