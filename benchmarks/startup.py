"""Start-up and memory: `python -m benchmarks.startup [--rounds 3]`.

Seconds from the start of the process to the first good answer of /health, with the embedding model already exported,
and resident memory with the reading processes included. The baselines are processes that only import or load.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.service import ROOT, children, environment, memory_mb, post_json, prepare, running, stand_in, upload

BASELINES = {
    "python": "",
    "import chromadb, fastapi": "import chromadb, fastapi",
    "load the model with sentence-transformers": (
        "from sentence_transformers import SentenceTransformer\n"
        "from app.services.embedding.opening import find_model\n"
        "from app.services.embedding.source import DEFAULT_MODEL\n"
        "SentenceTransformer(find_model(DEFAULT_MODEL).location, device='cpu').encode(['text'])"
    ),
}
REPORT_MEMORY = "\nprint(int(open('/proc/self/status').read().partition('VmRSS:')[2].split()[0]) // 1024)"

Rows = dict[str, list[tuple[float, float]]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    rows: Rows = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for _ in range(rounds):
            for label, code in BASELINES.items():
                rows.setdefault(label, []).append(bare(code, folder))
            with_service(folder, rows)
    report(rows)


def bare(code: str, folder: Path) -> tuple[float, float]:
    """Return the seconds and the megabytes of a process that runs `code`."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT_MEMORY], cwd=ROOT, env=environment(folder), capture_output=True, check=True
    )
    return time.perf_counter() - started, float(done.stdout.split()[-1])


def with_service(folder: Path, rows: Rows) -> None:
    with running(folder, llm_provider="extractive") as service:
        took = service.start_seconds
        rows.setdefault("service, extractive: to /health", []).append((took, service.memory_mb()))
    with stand_in() as model, running(folder, groq_api_key="bench", groq_api_base=model) as service:
        took = service.start_seconds
        rows.setdefault("service, groq: to /health", []).append((took, service.memory_mb()))
        reading = sum(memory_mb(child) for child in children(service.pid))
        rows.setdefault("  of it the reading processes", []).append((0.0, reading))
        connection = service.connect()
        upload(connection, "bench", "crane.txt", b"The harbour crane lifts forty tonnes.")
        started = time.perf_counter()
        post_json(connection, "/api/v1/chat/", {"message": "How much does the crane lift?", "client_id": "bench"})
        rows.setdefault("  its first chat", []).append((time.perf_counter() - started, service.memory_mb()))


def report(rows: Rows) -> None:
    base = {column: median(row[column] for row in rows["import chromadb, fastapi"]) for column in (0, 1)}
    print(f"{'':<45}{'s':>7}{'MB':>7}{'x import: s':>13}{'MB':>6}")
    for name, measured in rows.items():
        seconds, megabytes = (median(row[column] for row in measured) for column in (0, 1))
        ratios = f"{seconds / base[0]:>13.2f}{megabytes / base[1]:>6.2f}"
        print(f"{name:<45}{seconds:>7.2f}{megabytes:>7.0f}{ratios}")


if __name__ == "__main__":
    main()
