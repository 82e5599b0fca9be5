"""Every format beside the bare embedding model, and what a long PDF costs: `python -m benchmarks.ingest_formats`.

The first table: pages and chunks a second of an upload, and the share of its time that the bare model takes on the
same chunks in turns with it. The second: the peak of resident memory (service and reading processes together) while
PDFs of growing length go in, above what they hold before, and a chat's latency meanwhile and idle, with a stand-in
for the model that answers at once (aim: not above twice). Pages are the PDF's pages, and 3,000 characters of the
other kinds.
"""

import argparse
import io
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from fpdf import FPDF

from app.config import Settings
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.ingestion.chunking import split
from app.services.parsing.pool import ParserPool
from benchmarks.service import Running, children, percentile, post_json, prepare, running, stand_in, upload
from tests import containers, documents

_PAGE = 3000
_LONG_PAGE_LINES = 2
QUESTION = "Which pressure does the log of pump 7 note?"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=1200, help="sentences in each file of the first table")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--pages", type=int, nargs="*", default=[1000, 4000], help="of the PDFs of the second table")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        formats(folder, given.lines, given.rounds)
        long_files(folder, given.pages)


def sentences(count: int) -> list[str]:
    """Return sentences no two of which are the same."""
    return [
        f"In line {n} the log of pump {n * 7 % 97} notes {n * 31} hours, a pressure of {n % 9 + 1}.{n % 10} bar and "
        f"the name of inspector {chr(65 + n % 26)}. Berger."
        for n in range(count)
    ]


def files(lines: int) -> dict[str, bytes]:
    """Return a file of each format with the same sentences."""
    texts = sentences(lines)
    paragraphs = [" ".join(texts[at : at + 8]) for at in range(0, lines, 8)]
    rows = [[text.split(" notes ")[0], text.split(" notes ")[1]] for text in texts]
    return {
        "pdf": pdf(texts, 27),
        "docx": documents.docx_of_body("".join(map(documents.paragraph, paragraphs))),
        "doc": documents.doc("\r".join(paragraphs)),
        "rtf": containers.rtf(r"\par ".join(paragraphs)),
        "html": "".join(f"<p>{text}</p>" for text in paragraphs).encode(),
        "epub": containers.epub({f"{n}.xhtml": f"<p>{text}</p>" for n, text in enumerate(paragraphs)}),
        "md": "\n\n".join(paragraphs).encode(),
        "txt": "\n\n".join(paragraphs).encode(),
        "csv": "\n".join(f"{left};{right}" for left, right in [["Log", "Notes"], *rows]).encode(),
        "xlsx": containers.xlsx_with_shared_strings(["Log", "Notes"], *rows),
        "pptx": containers.slides(*paragraphs),
    }


def pdf(texts: list[str], lines_per_page: int) -> bytes:
    """Return a PDF with so many sentences on each page."""
    document = FPDF()
    document.set_font("Helvetica", size=9)
    for at in range(0, len(texts), lines_per_page):
        document.add_page()
        document.multi_cell(0, 4, "\n".join(texts[at : at + lines_per_page]))
    out = io.BytesIO()
    document.output(out)
    return out.getvalue()


def formats(folder: Path, lines: int, rounds: int) -> None:
    defaults = Settings(_env_file=None)
    made = files(lines)
    embedder = open_embedder(defaults.embedding_model, backend="onnx", device="cpu", cache=folder / "data" / "models")
    titles = ("pages/s", "chunks/s", "reading s", "model s", "upload s", "share")
    print(f"{'':<8}{'chunks':>8}" + "".join(f"{title:>11}" for title in titles))
    with ParserPool(workers=1) as parser, running(folder, llm_provider="extractive") as service:
        parser.parse("warm.txt", b"text")
        upload(service.connect(), "warm", "warm.md", made["md"])
        for kind, content in made.items():
            show_format(kind, content, parser, embedder, service, rounds)
    embedder.close()


def show_format(
    kind: str, content: bytes, parser: ParserPool, embedder: Embedder, service: Running, rounds: int
) -> None:
    started = time.perf_counter()
    document = parser.parse(f"a.{kind}", content)
    reading = time.perf_counter() - started
    texts = [c.text for c in split(document, document_id="d", source="a", chunk_size=1000, chunk_overlap=200)]
    pages = len(document.page_starts) if kind == "pdf" else len(document.text) / _PAGE
    bare, whole = [seconds(embedder, texts)], []
    for number in range(rounds):
        began = time.perf_counter()
        upload(service.connect(), f"{kind}-{number}", f"a.{kind}", content)
        whole.append(time.perf_counter() - began)
        bare.append(seconds(embedder, texts))
    # Each upload beside the mean of the two bare runs around it: what else the machine did meets both.
    shares = [(bare[n] + bare[n + 1]) / 2 / whole[n] for n in range(rounds)]
    took = median(whole)
    row = (pages / took, len(texts) / took, reading, median(bare), took)
    figures = "".join(f"{figure:>11.2f}" for figure in row)
    print(f"{kind:<8}{len(texts):>8}{figures}{median(shares):>11.0%}", flush=True)


def seconds(embedder: Embedder, texts: list[str]) -> float:
    started = time.perf_counter()
    embedder.embed_texts(texts)
    return time.perf_counter() - started


def long_files(folder: Path, pages: list[int]) -> None:
    groq = {"llm_provider": "groq", "groq_api_key": "benchmark"}
    titles = ("PDF MB", "before MB", "peak MB", "more MB", "s", "chats", "p50 ms", "p95 ms")
    print(f"\n{'pages':>6}" + "".join(f"{title:>10}" for title in titles))
    for count in pages:
        content = pdf(sentences(count * _LONG_PAGE_LINES), _LONG_PAGE_LINES)
        with stand_in() as base, running(folder, groq_api_base=base, **groq) as service:
            upload(service.connect(), "asking", "asked.txt", "\n\n".join(sentences(40)).encode())
            show_long(count, content, service)


def show_long(count: int, content: bytes, service: Running) -> None:
    """Upload, and meanwhile look at the memory in one thread and chat in another; then chat again, idle."""
    before, peaks, chats = memory_mb(service), list[float](), list[float]()
    done = threading.Event()
    watching = [
        threading.Thread(target=until, args=(done, 0.05, lambda: peaks.append(memory_mb(service)))),
        threading.Thread(target=until, args=(done, 0.05, lambda: chats.append(chat(service)))),
    ]
    for thread in watching:
        thread.start()
    started = time.perf_counter()
    try:
        upload(service.connect(), f"long-{count}", "long.pdf", content)
    finally:
        done.set()
    took = time.perf_counter() - started
    for thread in watching:
        thread.join()
    idle = [chat(service) for _ in range(100)]
    row = (len(content) / 1e6, before, max(peaks), max(peaks) - before, took, len(chats))
    print(f"{count:>6}" + "".join(f"{figure:>10.1f}" for figure in row) + latencies(chats), flush=True)
    print(f"{'idle':>56}{len(idle):>10}" + latencies(idle), flush=True)


def latencies(milliseconds: list[float]) -> str:
    return "".join(f"{percentile(milliseconds, share):>10.0f}" for share in (50, 95))


def memory_mb(service: Running) -> float:
    """Return what the service and its reading processes hold, memory that they share counted once (Linux)."""
    return sum(proportional_mb(pid) for pid in (service.pid, *children(service.pid)))


def proportional_mb(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # a reading process that has just been replaced
        return 0.0
    return int((rollup.partition("\nPss:")[2].split() or ["0"])[0]) / 1024


def until(done: threading.Event, pause: float, work: Callable[[], object]) -> None:
    while not done.wait(pause):
        work()


def chat(service: Running) -> float:
    """Ask once, without a session; return the milliseconds."""
    started = time.perf_counter()
    post_json(service.connect(), "/api/v1/chat/", {"message": QUESTION, "client_id": "asking"})
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
