"""Opening the embedder that the settings name."""

from pathlib import Path
from typing import Literal

from app.common.cores import usable_cores
from app.common.errors import StartupError
from app.services.embedding.source import find_model, require_torch
from app.services.embedding.types import Embedder


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
    Raises StartupError when the model cannot be loaded, when it needs torch and that is not installed, or when onnx is
    to run on another device than cpu.
    """
    source = find_model(model)
    if backend == "torch":
        require_torch(model)
        from app.services.embedding.torch import TorchEmbedder

        return TorchEmbedder(source, device=device)
    if device != "cpu":
        raise StartupError(f"EMBEDDING_DEVICE={device} needs EMBEDDING_BACKEND=torch.")
    from app.services.embedding.onnx import OnnxEmbedder
    from app.services.embedding.onnx_export import ensure_export

    folder = ensure_export(source, cache)
    return OnnxEmbedder(source.name, folder, threads=threads or usable_cores())
