"""Answers without a model: how often the right sentence is quoted and nothing wrong beside it: `quotes`.

questions.jsonl has a fragment of the sentence that answers each question (` ... ` stands for anything between),
or none when no document answers. The weights were
fitted without the half `held`; the thresholds were chosen with both halves in sight.
"""

import csv
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # has no type information
from rich.console import Console
from rich.table import Table

from app.common.ids import ClientId
from app.common.passages import Passage
from app.service import Services
from app.services.answering.extractive import ExtractiveAnswerer
from benchmarks.quotes.baseline import Halves
from benchmarks.samples import CLIENT as SAMPLES
from benchmarks.samples import samples_loaded

Item = dict[str, Any]
Quotes = Callable[[str, Sequence[Passage]], Sequence[str]]
HERE = Path(__file__).parent
DOCUMENTS = ClientId("documents")
COLUMNS = ("right", "right, more beside it", "wrong", "refused", "unanswerable refused", "median ms", "p95 ms")


def main() -> None:
    """Print a table for each half of the questions."""
    items = [json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    with _loaded() as services:
        embedder = services.internals.embedders.current
        ways: dict[str, Quotes] = {
            "words and likeness by halves, up to four (baseline)": Halves(embedder).quotes,
            "service": lambda question, passages: _service(ExtractiveAnswerer(embedder), question, passages),
        }
        found = [(item, services.retriever.retrieve(_client(item), item["question"])) for item in items]
        for half in ("tune", "held"):
            Console(width=140).print(_table(half, ways, [pair for pair in found if pair[0]["half"] == half]))


def judge(item: Item, quotes: Sequence[str]) -> str:
    """Say what the quotes are worth: right, right with others beside it, wrong, or refused."""
    if not quotes:
        return "refused"
    right = [
        any(_has(quote, each) for each in (item.get("answer", ""), *item.get("or", ())) if each) for quote in quotes
    ]
    if not any(right):
        return "wrong"
    welcome = [
        fits or any(_has(quote, each) for each in item.get("also", ()))
        for fits, quote in zip(right, quotes, strict=True)
    ]
    return "right" if all(welcome) else "right, more beside it"


def _table(half: str, ways: dict[str, Quotes], found: Sequence[tuple[Item, Sequence[Passage]]]) -> Table:
    answerable = sum("answer" in item for item, _ in found)
    table = Table(title=f"{half}: {answerable} questions with an answer, {len(found) - answerable} without; percent")
    for heading in ("way", *COLUMNS):
        table.add_column(heading)
    for name, way in ways.items():
        table.add_row(name, *_figures(way, found))
    return table


def _figures(way: Quotes, found: Sequence[tuple[Item, Sequence[Passage]]]) -> Iterator[str]:
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    times = []
    for item, passages in found:
        started = time.perf_counter()
        quotes = way(item["question"], passages)
        times.append((time.perf_counter() - started) * 1000)
        counts["answer" in item][judge(item, quotes)] += 1
    for outcome in COLUMNS[:4]:
        yield f"{100 * counts[True][outcome] / counts[True].total():.1f}"
    yield f"{100 * counts[False]['refused'] / counts[False].total():.1f}"
    yield f"{median(times):.0f}"
    yield f"{sorted(times)[len(times) * 95 // 100]:.0f}"


def _service(answerer: ExtractiveAnswerer, question: str, passages: Sequence[Passage]) -> list[str]:
    return [quote.text for quote in answerer.answer(question, passages).quotes]


@contextmanager
def _loaded() -> Iterator[Services]:
    """Open a service with the samples and, as another client's, the documents of this folder."""
    with samples_loaded() as services, tempfile.TemporaryDirectory() as folder:
        for path in sorted((HERE / "documents").iterdir()):
            result = services.ingest_file(_workbook(path, Path(folder)), DOCUMENTS)
            if result.error is not None:
                raise result.error
        yield services


def _workbook(path: Path, folder: Path) -> Path:
    """Return the path; of a `.xlsx.csv` that of a workbook with its rows."""
    if not path.name.endswith(".xlsx.csv"):
        return path
    made = folder / path.name.removesuffix(".csv")
    with path.open(encoding="utf-8") as rows, xlsxwriter.Workbook(made) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(csv.reader(rows)):
            sheet.write_row(number, 0, row)
    return made


def _client(item: Item) -> ClientId:
    return SAMPLES if item["client"] == "samples" else DOCUMENTS


def _has(text: str, fragment: str) -> bool:
    at = 0
    for part in map(_flat, fragment.split(" ... ")):
        place = _flat(text).find(part, at)
        if place < 0:
            return False
        at = place + len(part)
    return True


def _flat(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


if __name__ == "__main__":
    main()
