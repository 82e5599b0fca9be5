"""What runs the default embedding model best: `python -m benchmarks.embedding [CHUNKS]`.

The first table compares libraries, each in a process of its own; the second varies our settings in one process, in
turns of a second, so that what else the machine does falls on all alike. Chunks have about 214 tokens. Milliseconds:
"alone" and "busy" are a question's latency without and while chunks are embedded; "burst" is the time until a
hundred questions that arrive at once are all answered.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "What is the refund policy for annual plans that were bought in May?"
CHUNK_TOKENS = 214
TURNS = 8

LIBRARIES: dict[str, dict[str, Any]] = {
    "sentence-transformers, torch": {},
    "sentence-transformers, torch, 1 thread": {"torch_threads": 1},
    "sentence-transformers, onnx": {"backend": "onnx"},
    "ours, torch": {"ours": "torch"},
    "ours, onnx": {"ours": "onnx"},
}
SETTINGS: dict[str, dict[str, int]] = {
    "as it is (256 tokens a run, niceness 10)": {},
    "niceness 5": {"BULK_NICENESS": 5},
    "niceness 0": {"BULK_NICENESS": 0},
    "questions on a second session": {"second": 1},
    "one bulk thread fewer": {"fewer": 1},
    "one bulk thread fewer, niceness 0": {"fewer": 1, "BULK_NICENESS": 0},
    "8 chunks a run": {"PADDED_TOKENS_PER_RUN": 8 * 256},
    "8 chunks a run, niceness 0": {"PADDED_TOKENS_PER_RUN": 8 * 256, "BULK_NICENESS": 0},
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

    from app.services.embedding.source import DEFAULT_MODEL, find_model

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


def open_ours(folder: Path, *, backend: Literal["onnx", "torch"] = "onnx", fewer: int = 0, second: int = 0) -> Way:
    from app.common.cores import usable_cores
    from app.services.embedding.opening import open_embedder
    from app.services.embedding.source import DEFAULT_MODEL

    threads = max(1, usable_cores() - fewer)
    embedders = [
        open_embedder(DEFAULT_MODEL, backend=backend, device="cpu", cache=folder, threads=threads)
        for _ in range(1 + second)
    ]
    return Way(embedders[0].embed_texts, embedders[-1].embed_question)


def latencies(ask: Callable[[str], Vectors], seconds: float) -> list[float]:
    """Ask now and then for some seconds; return the milliseconds each time."""
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        ask(QUESTION)
        found.append((time.perf_counter() - start) * 1e3)
        time.sleep(0.03)
    return found


def while_busy(way: Way, texts: Sequence[str], seconds: float) -> list[float]:
    """The same while another thread embeds chunks without end."""
    stop = threading.Event()

    def bulk() -> None:
        while not stop.is_set():
            way.embed(texts)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(bulk)
        time.sleep(0.3)
        found = latencies(way.ask, seconds)
        stop.set()
    return found


def burst(way: Way) -> float:
    """Milliseconds until a hundred questions that came at once are answered."""
    with ThreadPoolExecutor(100) as pool:
        start = time.perf_counter()
        list(pool.map(way.ask, [f"{QUESTION} Number {number}?" for number in range(100)]))
        return (time.perf_counter() - start) * 1e3


def rate(way: Way, texts: Sequence[str]) -> float:
    """Chunks per second."""
    start = time.perf_counter()
    way.embed(texts)
    return len(texts) / (time.perf_counter() - start)


def measure_library(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    start = time.perf_counter()
    backend = settings.get("ours")
    way = open_ours(folder, backend=backend) if backend else open_wrapped(settings, folder)
    loaded = time.perf_counter() - start
    if settings.get("export"):
        return {}
    texts = json.loads((folder / "texts.json").read_text())
    way.ask(QUESTION)
    np.save(folder / f"{settings['number']}.npy", way.embed(texts))
    return {
        "load": loaded,
        "rate": [rate(way, texts)],
        "alone": latencies(way.ask, 2.0),
        "busy": while_busy(way, texts[:32], 4.0),
        "burst": [burst(way)],
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measure_settings(folder: Path) -> dict[str, Any]:
    from app.services.embedding import onnx as onnx_model

    usual = {name: getattr(onnx_model, name) for name in ("BULK_NICENESS", "PADDED_TOKENS_PER_RUN")}
    texts = json.loads((folder / "texts.json").read_text())
    ways: dict[str, Way] = {}
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for turn in range(TURNS + 1):
        for name, settings in SETTINGS.items():
            constants = {key: value for key, value in settings.items() if key in usual}
            vars(onnx_model).update(usual | constants)
            if turn == 0:
                ways[name] = open_ours(folder, fewer=settings.get("fewer", 0), second=settings.get("second", 0))
                ways[name].embed(texts[:8])  # starts its threads
                continue
            found[name]["rate"].append(rate(ways[name], texts[:16]))
            found[name]["alone"] += latencies(ways[name].ask, 0.4)
            found[name]["busy"] += while_busy(ways[name], texts[:16], 0.8)
            found[name]["burst"].append(burst(ways[name]))
    return found


def make_texts(count: int) -> list[str]:
    """Chunks of at most CHUNK_TOKENS tokens from the project's own sources."""
    from tokenizers import Tokenizer  # type: ignore[import-untyped]  # has no type information

    from app.services.embedding.source import DEFAULT_MODEL, find_model

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


def run_child(settings: dict[str, Any] | None, folder: Path) -> dict[str, Any] | None:
    command = [sys.executable, "-m", "benchmarks.embedding", "--child", json.dumps(settings), str(folder)]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return None if child.returncode else json.loads(child.stdout.splitlines()[-1])


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts.json").write_text(json.dumps(make_texts(count)))
        for settings in ({"ours": "onnx"}, {"backend": "onnx"}):  # exports are made before anything is timed
            run_child({**settings, "export": True}, folder)
        print(f"{'':44}{'load s':>7}{'MB':>6}{'cosine':>8}{HEADINGS}")
        for number, (label, settings) in enumerate(LIBRARIES.items()):
            show_library(label, run_child({**settings, "number": number}, folder), folder, number)
        print(f"\n{'':44}{HEADINGS}")
        for label, found in (run_child(None, folder) or {}).items():
            print(f"{label:44}{figures(found)}")


HEADINGS = f"{'chunks/s':>9}{'alone p50/95':>14}{'busy p50/95':>14}{'burst':>7}"


def figures(found: dict[str, Any]) -> str:
    """Medians of what was measured; of latencies the 95th percentile too."""
    alone, busy = ("{:.1f}/{:.1f}".format(*np.percentile(found[key], (50, 95))) for key in ("alone", "busy"))
    return f"{np.median(found['rate']):9.1f}{alone:>14}{busy:>14}{np.median(found['burst']):7.0f}"


def show_library(label: str, found: dict[str, Any] | None, folder: Path, number: int) -> None:
    if found is None:
        print(f"{label:44} cannot run: is everything it needs installed?")
        return
    cosine = (np.load(folder / "0.npy") * np.load(folder / f"{number}.npy")).sum(axis=1).min()
    print(f"{label:44}{found['load']:7.2f}{found['rss']:6.0f}{cosine:8.5f}{figures(found)}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child_settings, child_folder = json.loads(sys.argv[2]), Path(sys.argv[3])
        print(
            json.dumps(
                measure_library(child_settings, child_folder) if child_settings else measure_settings(child_folder)
            )
        )
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 40)
