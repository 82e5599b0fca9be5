"""Exports made from the weights alone: the model's own vectors, and no torch."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.common.errors import StartupError
from app.services.embedding import source as sources
from app.services.embedding.bert_export import export_packed
from app.services.embedding.bert_folder import is_plain_bert
from app.services.embedding.e5_weights import E5Weights
from app.services.embedding.export_format import INFO_FILE, ExportInfo
from app.services.embedding.onnx_export import ensure_export, export, export_name
from app.services.embedding.onnx_model import OnnxModel
from app.services.embedding.source import DEFAULT_MODEL, MULTILINGUAL_MODEL, ModelSource, find_model
from tests.services.embedding.comparing import skip_without_torch

ROOT = Path(__file__).parents[3]
TEXTS = [
    "",
    "What is the refund policy?",
    "Zürich, naïve café;\n北京 — 3.14 €",
    "A text that is longer than any model reads. " * 400,
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


def vectors(model: OnnxModel, prompt: str = "") -> np.ndarray:
    return model.run(model.tokenize(TEXTS, prompt))


def test_the_default_model_keeps_its_vectors(cache: Path) -> None:
    skip_without_torch()
    from sentence_transformers import SentenceTransformer

    source = find_model(DEFAULT_MODEL)
    expected = SentenceTransformer(source.location, device="cpu").encode(TEXTS, normalize_embeddings=True)
    ours = vectors(OnnxModel(ensure_export(source, cache)))
    assert (expected * ours).sum(1).min() > 0.9999


def test_the_default_model_is_exported_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "sys.modules.update(dict.fromkeys(['torch', 'transformers', 'sentence_transformers', 'optimum']))\n"
        "from app.services.embedding.onnx_export import export\n"
        "from app.services.embedding.source import DEFAULT_MODEL, find_model\n"
        "export(find_model(DEFAULT_MODEL), Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT)
    assert (tmp_path / export_name(find_model(DEFAULT_MODEL)) / INFO_FILE).is_file()


@pytest.mark.parametrize(
    ("file", "change"),
    [
        pytest.param("config.json", {"model_type": "roberta"}, id="another architecture"),
        pytest.param("config.json", {"hidden_act": "relu"}, id="another activation"),
        pytest.param("config.json", {"position_embedding_type": "relative_key"}, id="other positions"),
        pytest.param("1_Pooling/config.json", {"pooling_mode_cls_token": True}, id="another pooling"),
        pytest.param(
            "modules.json", [{"type": "x.Transformer"}, {"type": "x.Pooling"}, {"type": "x.Dense"}], id="Dense"
        ),
        pytest.param("tokenizer.json", None, id="no tokenizer"),
    ],
)
def test_a_model_that_is_more_than_a_plain_bert_is_left_to_torch(
    tmp_path: Path, file: str, change: dict[str, object] | list[object] | None
) -> None:
    packaged = find_model(DEFAULT_MODEL).folder
    assert packaged is not None
    assert is_plain_bert(packaged)
    folder = tmp_path / "model"
    shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").touch()
    assert is_plain_bert(folder)
    path = folder / file
    if change is None:
        path.unlink()
    else:
        path.write_text(json.dumps({**json.loads(path.read_text()), **change} if isinstance(change, dict) else change))
    assert not is_plain_bert(folder)


def test_an_export_takes_the_place_of_an_earlier_one_of_the_same_model(tmp_path: Path) -> None:
    info = ExportInfo(DEFAULT_MODEL, 384, 256, 0, "", "")
    old, other = tmp_path / "all-MiniLM-L6-v2-0123456789abcdef", tmp_path / "all-MiniLM-L6-v2-tuned-0123"
    for folder in (old, other):
        folder.mkdir()
    info.save(old)
    ExportInfo("tuned", 384, 256, 0, "", "").save(other)
    export(find_model(DEFAULT_MODEL), tmp_path)
    assert not old.exists()
    assert other.exists()


# --- the multilingual model


@pytest.fixture(scope="module")
def multilingual(cache: Path) -> OnnxModel:
    return OnnxModel(ensure_export(find_model(MULTILINGUAL_MODEL), cache))


def test_the_multilingual_model_finds_the_same_meaning_in_other_languages(multilingual: OnnxModel) -> None:
    info = multilingual.info
    assert (info.query_prompt, info.document_prompt, info.max_tokens) == ("query: ", "passage: ", 512)
    questions = ["How long is the warranty?", "Wie lange gilt die Garantie?", "保修期多长？"]
    passages = [
        "The warranty lasts two years.",
        "Die Garantie gilt zwei Jahre.",
        "保修期为两年。",
        "The crane is yellow.",
    ]
    asked = multilingual.run(multilingual.tokenize(questions, info.query_prompt))
    found = asked @ multilingual.run(multilingual.tokenize(passages, info.document_prompt)).T
    assert (found[:, :3].min(axis=1) > found[:, 3] + 0.03).all()


def test_a_text_has_the_same_vector_alone_and_padded(multilingual: OnnxModel) -> None:
    alone = np.concatenate([multilingual.run([tokens]) for tokens in multilingual.tokenize(TEXTS, "passage: ")])
    assert (vectors(multilingual, "passage: ") * alone).sum(1).min() > 0.9999


def test_characters_count_as_what_they_mean(multilingual: OnnxModel) -> None:
    tokens = multilingual.tokenize(["caf\u00e9 12", "cafe\u0301  \uff11\uff12"], "query: ")
    assert tokens[0] == tokens[1]


def test_weights_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    packed = find_model(MULTILINGUAL_MODEL).packed
    assert packed is not None
    cut = tmp_path / "weights.bin"
    for size in (10, 5_000, 10_000_000):
        with packed.open("rb") as file:
            cut.write_bytes(file.read(size))
        with pytest.raises(ValueError, match="weights"):
            E5Weights(cut)
        with pytest.raises(StartupError, match="damaged"):
            export_packed(tmp_path, "name", cut)


def test_other_weights_than_the_measured_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MULTILINGUAL_SHA256", "0" * 64)
    with pytest.raises(StartupError, match=r"requirements-multilingual\.txt"):
        find_model(MULTILINGUAL_MODEL)


def test_without_its_package_the_multilingual_model_is_one_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MULTILINGUAL_PACKAGE", "a_package_that_is_not_installed")
    assert find_model(MULTILINGUAL_MODEL) == ModelSource(MULTILINGUAL_MODEL, None)
