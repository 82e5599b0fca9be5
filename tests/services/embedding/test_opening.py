"""The embedding model: the same vectors whatever runs it, questions before bulk work, exports that are whole."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from app.common.errors import StartupError, Unavailable
from app.common.vectors import Vectors
from app.services.embedding.export_format import INFO_FILE, MODEL_FILE
from app.services.embedding.onnx import PADDED_TOKENS_PER_RUN, OnnxEmbedder, pack, usable_cores
from app.services.embedding.onnx_export import ensure_export, export, export_name
from app.services.embedding.onnx_model import OnnxModel
from app.services.embedding.opening import open_embedder
from app.services.embedding.source import DEFAULT_MODEL, DEFAULT_MODEL_SHA256, ModelSource, find_model
from app.services.embedding.torch import TorchEmbedder, Turns
from app.services.embedding.types import Embedder
from tests.fakes import HashEmbeddings
from tests.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[3]

TEXTS = [
    "The harbour crane lifts forty tonnes.",
    "",
    "Zürich, naïve café;\n北京 — 3.14 €\r\n\tand a tab",
    "Refunds are paid within fourteen days of the return.",
    "A long text that runs past what the model reads. " * 30,
    "word",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the default model's export, made once."""
    folder = tmp_path_factory.mktemp("models")
    ensure_export(find_model(DEFAULT_MODEL), folder)
    return folder


@pytest.fixture
def onnx(cache: Path) -> Iterator[Embedder]:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)) as embedder:
        yield embedder


@pytest.fixture(scope="module")
def torch(cache: Path) -> Iterator[Embedder]:
    with closing(open_embedder(DEFAULT_MODEL, backend="torch", device="cpu", cache=cache)) as embedder:
        yield embedder


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of half a megabyte that pools in another way, reads less and wants prompts."""
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


def cosines(left: Vectors, right: Vectors) -> Vectors:
    found: Vectors = (left * right).sum(axis=-1)
    return found


def in_threads(embedder: Embedder, texts: list[str]) -> list[Vectors]:
    """The vectors of questions that all arrive at once."""
    start = threading.Barrier(len(texts))

    def ask(text: str) -> Vectors:
        start.wait()
        return embedder.embed_question(text)

    with ThreadPoolExecutor(len(texts)) as pool:
        return list(pool.map(ask, texts))


def run_python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout


# The model


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
    source, cache = find_model(str(folder)), tmp_path / "models"
    with pytest.raises(StartupError, match=r"^The embedding model .*broken cannot be loaded; .*\.$"):
        TorchEmbedder(source, device="cpu") if backend == "torch" else export(source, cache)
    assert not list(cache.glob("*/*"))


def test_what_the_exporting_process_says_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"^The folder .*file for the embedding model cannot be written to\.$"):
        open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=tmp_path / "file")


def test_onnx_on_an_accelerator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="EMBEDDING_BACKEND=torch"):
        open_embedder(DEFAULT_MODEL, backend="onnx", device="cuda", cache=tmp_path)


def test_a_device_that_is_absent_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="EMBEDDING_DEVICE"):
        open_embedder(DEFAULT_MODEL, backend="torch", device="cuda", cache=tmp_path)


# Vectors


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


# Runs


@pytest.mark.parametrize("lengths", [[], [300], [3] * 100, [256, 1, 128, 7, 128, 300, 2]])
def test_runs_hold_each_text_once_and_are_small(lengths: list[int]) -> None:
    groups = pack(lengths)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    assert all(
        len(group) == 1 or len(group) * max(lengths[index] for index in group) <= PADDED_TOKENS_PER_RUN
        for group in groups
    )


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_progress_is_told_after_each_batch(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    told: list[int] = []
    embedder.embed_texts(["one two three " * 20] * 12, on_batch=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == 12


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_work_stops_when_the_progress_callback_raises(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    told: list[int] = []

    def cancel(done: int) -> None:
        told.append(done)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        embedder.embed_texts(["one two three " * 60] * 40, on_batch=cancel)
    assert len(told) == 1
    assert embedder.embed_texts(["still works"]).shape == (1, embedder.dimension)


def test_callers_at_once_get_their_own_vectors(onnx: Embedder) -> None:
    texts = [[f"caller {caller} text {number}" for number in range(20)] for caller in range(6)]
    expected = [onnx.embed_texts(own) for own in texts]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(onnx.embed_texts, texts))
    assert min(cosines(a, b).min() for a, b in zip(expected, found, strict=True)) > 0.9999


def test_bulk_work_uses_no_more_threads_than_allowed_however_many_ask(cache: Path) -> None:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache, threads=1)) as embedder:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(embedder.embed_texts, [["some words " * 40] * 6] * 4))
        names = [thread.name for thread in threading.enumerate()]
        assert sum(name.startswith("embed-bulk") for name in names) == 1


def test_callers_take_turns(cache: Path) -> None:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache, threads=1)) as embedder:
        ended: list[str] = []
        begun = threading.Event()

        def long() -> None:
            embedder.embed_texts(["some words " * 100] * 30, on_batch=lambda _: begun.set())
            ended.append("long")

        with ThreadPoolExecutor(1) as pool:
            pool.submit(long)
            assert begun.wait(30)
            embedder.embed_texts(["short"])
            ended.append("short")
        assert ended == ["short", "long"]


def test_a_hundred_questions_at_once_are_answered_each_with_its_own(onnx: Embedder) -> None:
    questions = [f"Question number {number} is about {'very ' * (number % 9)}much" for number in range(100)]
    expected = onnx.embed_texts(questions)
    assert cosines(np.stack(in_threads(onnx, questions)), expected).min() > 0.9999


@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_question_is_answered_while_bulk_work_goes_on(backend: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(backend)
    begun, asked = threading.Event(), threading.Event()

    def wait_for_the_question(_: int) -> None:
        begun.set()
        assert asked.wait(30)

    with ThreadPoolExecutor(1) as pool:
        bulk = pool.submit(embedder.embed_texts, ["some words " * 40] * 40, wait_for_the_question)
        assert begun.wait(30)
        embedder.embed_question("answered now?")
        embedder.embed_texts(["so is this"], urgent=True)
        assert not bulk.done()
        asked.set()
        assert len(bulk.result()) == 40


def test_a_question_gets_the_next_turn_before_bulk_work() -> None:
    turns, order = Turns(), list[str]()

    def ask() -> None:
        with turns.question():
            order.append("question")

    question = threading.Thread(target=ask)
    with turns.bulk():
        question.start()
        wait_for(lambda: turns.questions_waiting)
    with turns.bulk():
        order.append("bulk")
    question.join()
    assert order == ["question", "bulk"]


def test_urgent_texts_are_not_bulk_work(cache: Path) -> None:
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)) as embedder:
        found = embedder.embed_texts(TEXTS, urgent=True)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("embed-bulk")]
        assert cosines(found, embedder.embed_texts(TEXTS)).min() > 0.9999


@pytest.mark.parametrize(("limit", "at_most"), [("150000 100000", 2), ("10000 100000", 1), ("max 100000", 4096)])
def test_a_containers_limit_bounds_the_cores(limit: str, at_most: int, tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert usable_cores(file) == min(at_most, usable_cores(tmp_path / "absent"))


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux alone")
def test_bulk_threads_yield_to_everything_else(onnx: Embedder) -> None:
    onnx.embed_texts(["word"])
    onnx.embed_texts(["word"], urgent=True)
    niceness = {
        thread.name.rpartition("_")[0]: os.getpriority(os.PRIO_PROCESS, thread.native_id or 0)
        for thread in threading.enumerate()
    }
    assert niceness["embed-bulk"] > niceness["embed-urgent"]


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_a_closed_embedder_is_unavailable(kind: str, cache: Path) -> None:
    embedder: Embedder
    if kind == "onnx":
        embedder = open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)
    else:
        embedder = TorchEmbedder(find_model(DEFAULT_MODEL), device="cpu")
    embedder.close()
    embedder.close()
    with pytest.raises(Unavailable):
        embedder.embed_question("late")
    with pytest.raises(Unavailable):
        embedder.embed_texts(["late"])


def test_closing_gives_up_bulk_work_under_way(cache: Path) -> None:
    embedder = open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        bulk = pool.submit(embedder.embed_texts, ["some words " * 100] * 200, lambda _: begun.set())
        assert begun.wait(30)
        embedder.close()
        with pytest.raises(Unavailable):
            bulk.result()


# Exports


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


# The stand-in


def test_the_stand_in_finds_texts_that_share_words() -> None:
    fake = HashEmbeddings()
    crane, refund = fake.embed_texts(["The crane lifts forty tonnes.", "Refunds take fourteen days."])
    question = fake.embed_question("How many tonnes does the crane lift?")
    assert question @ crane > question @ refund
    np.testing.assert_allclose(np.linalg.norm(fake.embed_texts(TEXTS), axis=1), 1, atol=1e-5)
