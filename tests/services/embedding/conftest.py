"""The default model on both backends, and a tiny one."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.services.embedding.onnx_export import ensure_export
from app.services.embedding.opening import open_embedder
from app.services.embedding.source import DEFAULT_MODEL, find_model
from app.services.embedding.types import Embedder
from tests.services.embedding.comparing import skip_without_torch


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the default model's export, made once."""
    folder = tmp_path_factory.mktemp("models")
    ensure_export(find_model(DEFAULT_MODEL), folder)
    return folder


@pytest.fixture
def onnx(cache: Path) -> Iterator[Embedder]:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)) as embedder:
        yield embedder


@pytest.fixture(scope="session")
def torch(cache: Path) -> Iterator[Embedder]:
    skip_without_torch()
    with closing(open_embedder(DEFAULT_MODEL, backend="torch", device="cpu", cache=cache)) as embedder:
        yield embedder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of half a megabyte that pools in another way, reads less and wants prompts."""
    skip_without_torch()
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    packaged = find_model(DEFAULT_MODEL).folder
    assert packaged is not None
    folder = tmp_path_factory.mktemp("tiny")
    shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("model.safetensors"), dirs_exist_ok=True)
    # Large random weights, so that every word counts.
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    bert = BertModel(BertConfig(**shape, initializer_range=1.0))  # type: ignore[no-untyped-call]  # theirs
    bert.save_pretrained(folder)
    modules = json.loads((folder / "modules.json").read_text())[:2]  # without the last, which normalises
    pooling = {"word_embedding_dimension": 8, "pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": False}
    settings = {
        "modules.json": modules,
        "1_Pooling/config.json": pooling,
        "sentence_bert_config.json": {"max_seq_length": 32, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "document": "passage: "}},
    }
    for name, content in settings.items():
        (folder / name).write_text(json.dumps(content))
    return folder
