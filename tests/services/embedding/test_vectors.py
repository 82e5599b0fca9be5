"""The same vectors, whatever runs the model."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from app.services.embedding.onnx_export import export
from app.services.embedding.opening import open_embedder
from app.services.embedding.source import DEFAULT_MODEL, find_model
from app.services.embedding.types import Embedder
from tests.services.embedding.comparing import TEXTS, cosines


def test_both_backends_give_the_same_unit_vectors(onnx: Embedder, torch: Embedder) -> None:
    ours, theirs = onnx.embed_texts(TEXTS), torch.embed_texts(TEXTS)
    assert ours.shape == (len(TEXTS), onnx.dimension) == (len(TEXTS), torch.dimension)
    assert ours.dtype == theirs.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert cosines(ours, theirs).min() > 0.9999
    assert onnx.name == torch.name == DEFAULT_MODEL


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_questions_and_texts_of_one_wording_have_one_vector(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    questions = np.stack([embedder.embed_question(text) for text in TEXTS])
    assert cosines(questions, embedder.embed_texts(TEXTS)).min() > 0.9999


def test_langchain_gets_plain_floats(onnx: Embedder) -> None:
    (row,) = onnx.embed_documents(["word"])
    assert all(type(number) is float for number in row)
    np.testing.assert_allclose(row, onnx.embed_query("word"), atol=1e-6)


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_no_texts_have_no_vectors(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    assert embedder.embed_texts([]).shape == (0, embedder.dimension)


def test_the_order_of_the_texts_is_kept_over_many_batches(onnx: Embedder) -> None:
    texts = [f"{number} " * (number % 37 + 1) for number in range(150)]
    vectors = onnx.embed_texts(texts)
    assert all(cosines(vectors[row], onnx.embed_question(texts[row])) > 0.9999 for row in range(0, 150, 7))


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_model_in_a_folder_works_with_its_own_pooling_and_prompts(
    backend: Literal["onnx", "torch"], tiny_model: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    original = SentenceTransformer(str(tiny_model), device="cpu")
    question = original.encode_query(TEXTS, normalize_embeddings=True)
    passage = original.encode_document(TEXTS, normalize_embeddings=True)
    assert cosines(question, passage).min() < 0.99
    export(find_model(str(tiny_model)), tmp_path)
    with closing(open_embedder(str(tiny_model), backend=backend, device="cpu", cache=tmp_path)) as embedder:
        assert (embedder.name, embedder.dimension) == (str(tiny_model), 8)
        assert cosines(np.stack([embedder.embed_question(text) for text in TEXTS]), question).min() > 0.9999
        assert cosines(embedder.embed_texts(TEXTS), passage).min() > 0.9999


def test_a_copy_of_the_default_model_in_a_folder_gives_the_same_vectors(
    onnx: Embedder, cache: Path, tmp_path: Path
) -> None:
    packaged = find_model(DEFAULT_MODEL).folder
    assert packaged is not None
    copy = shutil.copytree(packaged, tmp_path / "all-MiniLM-L6-v2")
    with closing(open_embedder(str(copy), backend="onnx", device="cpu", cache=cache)) as embedder:
        assert embedder.name == str(copy)
        assert cosines(embedder.embed_texts(TEXTS), onnx.embed_texts(TEXTS)).min() > 0.9999
