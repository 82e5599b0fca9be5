"""Exports are whole, and those of their model."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from app.common.errors import StartupError
from app.services.embedding.export_format import INFO_FILE, MODEL_FILE
from app.services.embedding.onnx import OnnxEmbedder
from app.services.embedding.onnx_export import ensure_export, export, export_name
from app.services.embedding.onnx_model import OnnxModel
from app.services.embedding.source import DEFAULT_MODEL, ModelSource, find_model

PROJECT = Path(__file__).resolve().parents[3]


def run_python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout


def test_the_process_that_serves_imports_no_torch(cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from app.services.embedding.opening import open_embedder\n"
        "from app.services.embedding.source import DEFAULT_MODEL\n"
        "embedder = open_embedder(DEFAULT_MODEL, backend='onnx', device='cpu', cache=Path(sys.argv[1]))\n"
        "embedder.embed_texts(['a']); embedder.embed_question('b'); embedder.close()\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'optimum'} & sys.modules.keys()))"
    )
    assert run_python(code, str(cache)).strip() == "[]"


def test_a_changed_model_has_another_export(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    source = ModelSource("own", tmp_path)
    before = export_name(source)
    assert export_name(source) == before
    (tmp_path / "model.safetensors").write_bytes(b"changed")
    changed = export_name(source)
    (tmp_path / "config.json").write_text('{"a": 1}')
    assert len({before, changed, export_name(source)}) == 3


def test_an_export_that_is_there_is_used_as_it_is(cache: Path) -> None:
    source = find_model(DEFAULT_MODEL)
    folder = cache / export_name(source)
    before = (folder / MODEL_FILE).stat().st_mtime_ns
    assert ensure_export(source, cache) == folder
    assert (folder / MODEL_FILE).stat().st_mtime_ns == before


def test_a_damaged_export_stops_the_start_and_says_what_to_do(cache: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(cache / export_name(find_model(DEFAULT_MODEL)), tmp_path / "damaged")
    os.truncate(folder / MODEL_FILE, 1000)
    with pytest.raises(StartupError, match="delete the folder"):
        OnnxEmbedder(DEFAULT_MODEL, folder, threads=1)
    (folder / INFO_FILE).write_text(json.dumps({"model": "x"}))
    with pytest.raises(StartupError, match="delete the folder"):
        OnnxEmbedder(DEFAULT_MODEL, folder, threads=1)


def test_an_export_that_was_killed_is_made_again(tiny_model: Path, tmp_path: Path) -> None:
    # The state in which a killed export leaves the folder: its lock taken, its files half written.
    code = (
        "import os, sys; from pathlib import Path; from filelock import FileLock\n"
        "cache = Path(sys.argv[1]); FileLock(cache / '.lock').acquire(); (cache / '.export-x').mkdir()\n"
        "(cache / '.export-x' / 'model.onnx').write_bytes(b'half'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    source = find_model(str(tiny_model))
    export(source, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", export_name(source)}
    assert exported_whole(tmp_path / export_name(source))


def test_two_exports_at_once_make_one(tiny_model: Path, tmp_path: Path) -> None:
    source = find_model(str(tiny_model))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(export, [source] * 2, [tmp_path] * 2))
    assert {path.name for path in tmp_path.iterdir()} == {".lock", export_name(source)}
    assert exported_whole(tmp_path / export_name(source))


def exported_whole(folder: Path) -> bool:
    with closing(OnnxEmbedder("tiny", folder, threads=1)) as embedder:
        return embedder.embed_question("whole").shape == (embedder.dimension,)


def test_an_export_with_other_vectors_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    source = find_model(str(tiny_model))
    export(source, tmp_path)
    from sentence_transformers import SentenceTransformer

    from app.services.embedding import torch_export

    model = SentenceTransformer(str(tiny_model), device="cpu")
    model[0].auto_model.embeddings.word_embeddings.weight.data.mul_(-1)
    with pytest.raises(StartupError, match="other vectors"):
        torch_export.check_agreement(model, OnnxModel(tmp_path / export_name(source)))
