"""Which model is opened, and what stops the start."""

import hashlib
import shutil
from pathlib import Path

import pytest

from app.common.errors import StartupError
from app.services.embedding import source
from app.services.embedding.onnx_export import export
from app.services.embedding.opening import open_embedder
from app.services.embedding.source import DEFAULT_MODEL, DEFAULT_MODEL_SHA256, ModelSource, find_model
from app.services.embedding.torch import TorchEmbedder
from tests.services.embedding.comparing import skip_without_torch


def test_the_default_model_is_the_published_one_and_is_installed() -> None:
    folder = find_model(DEFAULT_MODEL).folder
    assert folder is not None
    assert hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() == DEFAULT_MODEL_SHA256
    assert find_model("all-MiniLM-L6-v2") == find_model(DEFAULT_MODEL)


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_folder_without_a_model_is_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="there is no model"):
        find_model(str(tmp_path / name))


def test_any_other_name_is_the_hubs() -> None:
    assert find_model("intfloat/e5-small-v2") == ModelSource("intfloat/e5-small-v2", None)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_model_that_cannot_be_loaded_stops_the_start(backend: str, tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "broken")
    (folder / "model.safetensors").unlink()
    broken, cache = find_model(str(folder)), tmp_path / "models"
    with pytest.raises(StartupError, match=r"^The embedding model .*broken cannot be loaded; .*\.$"):
        TorchEmbedder(broken, device="cpu") if backend == "torch" else export(broken, cache)
    assert not list(cache.glob("*/*"))


def test_what_the_exporting_process_says_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"^The folder .*file for the embedding model cannot be written to\.$"):
        open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=tmp_path / "file")


def test_onnx_on_an_accelerator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="EMBEDDING_BACKEND=torch"):
        open_embedder(DEFAULT_MODEL, backend="onnx", device="cuda", cache=tmp_path)


def test_a_device_that_is_absent_stops_the_start(tmp_path: Path) -> None:
    skip_without_torch()
    with pytest.raises(StartupError, match="EMBEDDING_DEVICE"):
        open_embedder(DEFAULT_MODEL, backend="torch", device="cuda", cache=tmp_path)


def test_without_torch_what_needs_it_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "TORCH_PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(StartupError, match=r"needs torch.* pip install -r requirements\.txt"):
        open_embedder(DEFAULT_MODEL, backend="torch", device="cpu", cache=tmp_path)
    with pytest.raises(StartupError, match=r"some/model .*needs torch"):
        export(ModelSource("some/model", None), tmp_path)
    export(find_model(DEFAULT_MODEL), tmp_path)
