"""Exports an embedding model to ONNX, once, in a process of its own: torch never enters the one that serves.

A plain BERT, such as the default model, is built from its weights without torch; others are traced with it.

`python -m app.services.embedding.onnx_export MODEL CACHE` does the same by hand, and shows why it fails if it does.
"""

import argparse
import hashlib
import logging
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from app.common.disk import flush
from app.common.errors import StartupError
from app.services.embedding.bert_folder import is_plain_bert
from app.services.embedding.export_format import INFO_FILE, ExportInfo
from app.services.embedding.source import ModelSource, find_model, require_torch

logger = logging.getLogger(__name__)

EXPORT_FORMAT = 2  # raise it when the code below makes something else of the same model
REFUSED = 3  # exit status of a child that wrote one sentence for the operator to its output

_PROJECT = Path(__file__).resolve().parents[3]


def ensure_export(source: ModelSource, cache: Path) -> Path:
    """The folder below `cache` with the export of `source` as it is now, made if it is not there yet.

    Raises StartupError when the model cannot be loaded or exported.
    """
    folder = cache.resolve() / export_name(source)
    if (folder / INFO_FILE).is_file():
        return folder
    logger.info("exporting the embedding model for onnxruntime, once")
    arguments = [source.name, str(cache.resolve())]
    if source.folder:
        arguments += ["--folder", str(source.folder)]
    command = [sys.executable, "-m", __name__, *arguments]
    child = subprocess.run(
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

    Raises StartupError when the model cannot be loaded or its export gives other vectors.
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
            _remove_superseded(target, source)
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
    if source.packed is not None:
        from app.services.embedding.bert_export import export_packed

        export_packed(folder, source.name, source.packed)
    elif source.folder is not None and is_plain_bert(source.folder):
        from app.services.embedding.bert_export import export_bert

        export_bert(folder, source.name, source.folder)
    else:
        require_torch(source.name)
        from app.services.embedding.torch_export import export_traced

        export_traced(folder, source)


def _remove_superseded(made: Path, source: ModelSource) -> None:
    """Remove exports of the same model by an earlier version of this code, or of what it was before it changed."""
    for other in made.parent.glob(f"{_slug(source)}-*"):
        with suppress(OSError, ValueError, TypeError):
            if other != made and ExportInfo.load(other).model == source.name:
                shutil.rmtree(other)


def _flush(folder: Path) -> None:
    # To the disk before the rename, so that a power cut leaves no folder that only looks whole.
    for path in [*folder.iterdir(), folder]:
        flush(path)


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
