"""What runs the default embedding model best: `python -m benchmarks.embedding [CHUNKS]`.

Each way runs in a process of its own. Chunks have about 214 tokens. "busy" is a question's latency while chunks are
embedded; "burst" is the time until a hundred questions that arrive at once are all answered.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "What is the refund policy for annual plans that were bought in May?"
CHUNK_TOKENS = 214
BUSY_SECONDS = 4.0

WRAPPED: dict[str, dict[str, Any]] = {
    "sentence-transformers, torch": {},
    "sentence-transformers, torch, 1 thread": {"torch_threads": 1},
    "sentence-transformers, onnx": {"backend": "onnx"},
}
OURS = "ours (onnx, 256 tokens a run, niceness 10)"
VARIED: dict[str, dict[str, Any]] = {
    OURS: {},
    "ours, questions on a second session": {"second": True},
    "ours, niceness 0": {"BULK_NICENESS": 0},
    "ours, niceness 5": {"BULK_NICENESS": 5},
    "ours, one bulk thread fewer": {"fewer": 1},
    "ours, one bulk thread fewer, niceness 0": {"fewer": 1, "BULK_NICENESS": 0},
    "ours, 8 chunks a run": {"PADDED_TOKENS_PER_RUN": 8 * 256},
    "ours, 16 chunks a run": {"PADDED_TOKENS_PER_RUN": 16 * 256},
    "ours, 32 chunks a run": {"PADDED_TOKENS_PER_RUN": 32 * 256},
    "ours, 32 chunks a run, niceness 0": {"PADDED_TOKENS_PER_RUN": 32 * 256, "BULK_NICENESS": 0},
}

Vectors = NDArray[np.float32]


@dataclass
class Way:
    """One way to embed."""

    embed: Callable[[Sequence[str]], Vectors]
    ask: Callable[[str], Vectors]


def open_wrapped(settings: dict[str, Any], folder: Path) -> Way:
    import torch
    from sentence_transformers import SentenceTransformer

    from app.services.embeddings import DEFAULT_MODEL, find_model

    if settings.get("torch_threads"):
        torch.set_num_threads(settings["torch_threads"])
    backend, exported = settings.get("backend", "torch"), folder / "wrapped"
    location = str(exported) if backend == "onnx" and exported.exists() else find_model(DEFAULT_MODEL).location
    model: Any = SentenceTransformer(location, device="cpu", backend=backend)
    if settings.get("export"):
        model.save_pretrained(str(exported), create_model_card=False)
    lock = threading.Lock()

    def encode(texts: Sequence[str]) -> Vectors:
        # One batch at a time behind a lock, as a service must: the library promises no thread safety.
        parts = []
        for start in range(0, len(texts), 32):
            with lock:
                parts.append(model.encode(list(texts[start : start + 32]), normalize_embeddings=True))
        return np.concatenate(parts)

    return Way(encode, lambda text: encode([text])[0])


def open_ours(settings: dict[str, Any], folder: Path) -> Way:
    from app.services import onnx_model
    from app.services.embeddings import DEFAULT_MODEL, open_embedder

    for name in settings.keys() & vars(onnx_model).keys():
        setattr(onnx_model, name, settings[name])
    threads = max(1, onnx_model.usable_cores() - settings.get("fewer", 0))
    embedders = [
        open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=folder, threads=threads)
        for _ in range(2 if settings.get("second") else 1)
    ]
    return Way(embedders[0].embed_texts, embedders[-1].embed_question)


def latencies(ask: Callable[[str], Vectors], seconds: float) -> list[float]:
    """Ask now and then for some seconds; return p50 and p95 in milliseconds."""
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        ask(QUESTION)
        found.append((time.perf_counter() - start) * 1e3)
        time.sleep(0.03)
    return [float(np.percentile(found, share)) for share in (50, 95)]


def while_busy(way: Way, texts: Sequence[str]) -> list[float]:
    """The same while another thread embeds chunks without end."""
    stop = threading.Event()

    def bulk() -> None:
        while not stop.is_set():
            way.embed(texts)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(bulk)
        time.sleep(0.5)
        found = latencies(way.ask, BUSY_SECONDS)
        stop.set()
    return found


def burst(way: Way) -> float:
    """Milliseconds until a hundred questions that came at once are answered."""
    with ThreadPoolExecutor(100) as pool:
        start = time.perf_counter()
        list(pool.map(way.ask, [f"{QUESTION} Number {number}?" for number in range(100)]))
        return (time.perf_counter() - start) * 1e3


def measure(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    start = time.perf_counter()
    way = open_ours(settings, folder) if settings["ours"] else open_wrapped(settings, folder)
    loaded = time.perf_counter() - start
    if settings.get("export"):
        return {}
    texts = json.loads((folder / "texts.json").read_text())
    way.ask(QUESTION)
    start = time.perf_counter()
    vectors = way.embed(texts)
    rate = len(texts) / (time.perf_counter() - start)
    found = {"load": loaded, "rate": rate, "alone": latencies(way.ask, 1.5), "busy": while_busy(way, texts[:32])}
    found["burst"] = burst(way)
    found["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.save(folder / f"{settings['number']}.npy", vectors)
    return found


def make_texts(count: int) -> list[str]:
    """Chunks of CHUNK_TOKENS tokens from the project's own prose."""
    from tokenizers import Tokenizer  # type: ignore[import-untyped]  # has no type information

    from app.services.embeddings import DEFAULT_MODEL, find_model

    folder = find_model(DEFAULT_MODEL).folder
    assert folder is not None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    words = " ".join(path.read_text() for path in sorted(ROOT.glob("app/**/*.py"))).split()
    texts = []
    for number in range(count):
        start = number * 97 % (len(words) - 200)
        length = 200
        while len(tokenizer.encode(" ".join(words[start : start + length])).ids) > CHUNK_TOKENS:
            length -= 1
        texts.append(" ".join(words[start : start + length]))
    return texts


def run_child(settings: dict[str, Any], folder: Path) -> dict[str, Any] | None:
    command = [sys.executable, "-m", "benchmarks.embedding", "--child", json.dumps(settings), str(folder)]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if child.returncode:
        return None
    found: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return found


def main(count: int) -> None:
    ways = [(name, {**settings, "ours": False}) for name, settings in WRAPPED.items()]
    ways += [(name, {**settings, "ours": True}) for name, settings in VARIED.items()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts.json").write_text(json.dumps(make_texts(count)))
        for ours in (True, False):  # exports are made before anything is timed
            run_child({"ours": ours, "backend": "onnx", "export": True}, folder)
        print(
            f"{'':46}{'load s':>7}{'MB':>6}{'chunks/s':>9}{'alone p50/95':>14}{'busy p50/95':>14}{'burst':>7}  cosine"
        )
        for number, (label, settings) in enumerate(ways):
            show(label, run_child({**settings, "number": number}, folder), folder, number)


def show(label: str, found: dict[str, Any] | None, folder: Path, number: int) -> None:
    if found is None:
        print(f"{label:46} cannot run: is everything it needs installed?")
        return
    cosine = (np.load(folder / "0.npy") * np.load(folder / f"{number}.npy")).sum(axis=1).min()
    pairs = [f"{p50:.1f}/{p95:.1f}" for p50, p95 in (found["alone"], found["busy"])]
    print(
        f"{label:46}{found['load']:7.2f}{found['rss']:6.0f}{found['rate']:9.1f}"
        f"{pairs[0]:>14}{pairs[1]:>14}{found['burst']:7.0f}  {cosine:.6f}",
        flush=True,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure(json.loads(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 64)
