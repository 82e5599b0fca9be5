"""Exports an embedding model to ONNX, once, in a process of its own: torch never enters the one that serves.

`python -m app.services.embedding.onnx_export MODEL CACHE` does the same by hand, and shows why it fails if it does.
"""

import argparse
import hashlib
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from app.common.errors import StartupError
from app.services.embedding.onnx import INFO_FILE, MODEL_FILE, OUTPUT_NAME, TOKENIZER_FILE, ExportInfo, OnnxModel
from app.services.embedding.source import ModelSource, find_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

EXPORT_FORMAT = 1  # raise it when the code below makes something else of the same model
OPSET = 17
REFUSED = 3  # exit status of a child that wrote one sentence for the operator to its output
MIN_AGREEMENT = 0.9999

_PROJECT = Path(__file__).resolve().parents[3]
_PROBES = [
    "",
    "What is the refund policy?",
    "Zürich, naïve café;\n北京 — 3.14 €",
    "A text that is longer than any model reads. " * 400,
]


def ensure_export(source: ModelSource, cache: Path) -> Path:
    """The folder below `cache` with the export of `source` as it is now, made if it is not there yet.

    Raises StartupError when the model cannot be had or exported.
    """
    folder = cache.resolve() / export_name(source)
    if (folder / INFO_FILE).is_file():
        return folder
    logger.info("Exporting the embedding model for onnxruntime, once")
    arguments = [source.name, str(cache.resolve())]
    if source.folder:
        arguments += ["--folder", str(source.folder)]
    command = [sys.executable, "-m", __name__, *arguments]
    child = subprocess.run(  # noqa: S603 - our own module, with our own settings
        command, cwd=_PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", check=False
    )
    if child.returncode == REFUSED:
        raise StartupError(child.stdout.strip())
    if child.returncode or not (folder / INFO_FILE).is_file():
        raise StartupError(
            f"The embedding model {source.name} could not be exported; set EMBEDDING_BACKEND=torch, or see why with: "
            f"{shlex.join(['python', *command[1:]])}"
        )
    return folder


def export_name(source: ModelSource) -> str:
    """Name of the export's folder: another model, or the same one changed, has another."""
    key = hashlib.sha256(f"{EXPORT_FORMAT}:{source.fingerprint()}".encode()).hexdigest()
    return f"{_slug(source)}-{key[:16]}"


def export(source: ModelSource, cache: Path) -> None:
    """Make the export below `cache`, whole or not at all; a second process waits, and finds it made.

    Raises StartupError when the model cannot be had or does not keep its vectors.
    """
    target = cache / export_name(source)
    with _locked(cache):
        if (target / INFO_FILE).is_file():
            return
        for left_over in cache.glob(".export-*"):  # its maker held the lock, so it was killed
            shutil.rmtree(left_over)
        scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=cache))
        scratch.chmod(0o755)  # whoever may read the cache may read the export
        try:
            _export_into(scratch, source)
            _flush(scratch)
            scratch.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    lock = FileLock(cache / ".lock")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as exc:
        raise StartupError(f"The folder {cache} for the embedding model cannot be written to.") from exc
    try:
        yield
    finally:
        lock.release()


def _export_into(folder: Path, source: ModelSource) -> None:
    from app.services.embedding.torch import model_can_be_had, prompts

    with model_can_be_had(source.name):
        model = _load(source)
        query_prompt, document_prompt = prompts(model)
        tokenizer = model.tokenizer.backend_tokenizer
    tokenizer.save(str(folder / TOKENIZER_FILE))
    ExportInfo(
        model=source.name,
        dimension=len(model.encode("dimension")),
        max_tokens=model.max_seq_length or model.tokenizer.model_max_length,
        pad_id=model.tokenizer.pad_token_id,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    ).save(folder)
    _write_graph(model, folder / MODEL_FILE)
    check_agreement(model, OnnxModel(folder))


def _load(source: ModelSource) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    # The plain attention: the others leave masks out when the example they are traced with needs none.
    eager = {"attn_implementation": "eager"}
    model: SentenceTransformer = SentenceTransformer(source.location, device="cpu", model_kwargs=eager)
    model.eval()
    return model


def _write_graph(model: "SentenceTransformer", path: Path) -> None:
    """The whole chain of modules as one graph: pooling and normalisation are the model's own, not ours."""
    import torch

    example = model.preprocess(["short", "somewhat longer, so that the first is padded"])
    tensors = {name: value for name, value in example.items() if isinstance(value, torch.Tensor)}
    others = {name: value for name, value in example.items() if name not in tensors}

    class Chain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: torch.Tensor) -> torch.Tensor:
            features = dict(zip(tensors, values, strict=True))
            embedding: torch.Tensor = self.model({**others, **features})[OUTPUT_NAME]
            return embedding

    axes = {name: {0: "text", 1: "token"} for name in tensors} | {OUTPUT_NAME: {0: "text"}}
    with torch.inference_mode(), warnings.catch_warnings():
        # The tracing exporter is called legacy; the other one needs one more library and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Chain(),
            tuple(tensors.values()),
            str(path),
            input_names=list(tensors),
            output_names=[OUTPUT_NAME],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def check_agreement(model: "SentenceTransformer", exported: OnnxModel) -> None:
    """Raise StartupError if `exported` gives other vectors than `model`: queries, documents, alone or padded."""
    pairs = [
        (model.encode_query, exported.info.query_prompt),
        (model.encode_document, exported.info.document_prompt),
    ]
    for encode, prompt in pairs:
        tokens = exported.tokenize(_PROBES, prompt)
        expected = encode(_PROBES, normalize_embeddings=True)
        together, alone = exported.run(tokens), np.concatenate([exported.run([text]) for text in tokens])
        if min((expected * together).sum(1).min(), (expected * alone).sum(1).min()) < MIN_AGREEMENT:
            name = exported.info.model
            raise StartupError(f"The model {name} gives other vectors once exported; set EMBEDDING_BACKEND=torch.")


def _flush(folder: Path) -> None:
    # To the disk before the rename, so that a power cut leaves no folder that only looks whole.
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _slug(source: ModelSource) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(source.name).name)[:60] or "model"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the export named on the command line; the exit status is REFUSED when one sentence says why not."""
    parser = argparse.ArgumentParser(description="Export an embedding model for onnxruntime.")
    parser.add_argument("model")
    parser.add_argument("cache", type=Path, help="folder that keeps the exports")
    parser.add_argument("--folder", type=Path, help="the model's files, if they are not where its name says")
    options = parser.parse_args(arguments)
    try:
        source = ModelSource(options.model, options.folder) if options.folder else find_model(options.model)
        export(source, options.cache)
    except StartupError as exc:
        sys.stdout.write(f"{exc}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
