"""A change of Chroma's file formats is not damage: nothing is touched, and one sentence says why."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import chromadb
import pytest

from app.common.errors import StartupError, Unavailable
from app.common.ids import ClientId
from app.services.chroma import gate as chroma_gate
from app.services.chroma import index as chroma_index
from app.services.chroma import sql as chroma_sql
from app.services.chroma.formats import KnownFormats
from app.services.chroma.index import HEADER_FILE
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_writer import document, embed, embed_chunks

CLIENT = ClientId("alpha")


def open_store(root: Path) -> VectorStoreService:
    return VectorStoreService(root, cache_size=4, embedding_model="test")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store that holds one document, closed."""
    folder = tmp_path / "chroma"
    store = open_store(folder)
    chunks = document("doc", 5)
    store.add(CLIENT, chunks, embed([chunk.text for chunk in chunks]))
    store.close()
    return folder


def files_of(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def index_of(root: Path) -> Path:
    (facts,) = chroma_sql.facts(root)
    return root / facts.segment_id


@pytest.fixture
def not_passed_yet(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - filled before
    """The trial runs as at the first start of a process."""
    monkeypatch.setattr(chroma_gate, "_PASSED", set())


@pytest.mark.usefixtures("not_passed_yet")
def test_the_installed_version_passes_and_leaves_nothing(root: Path) -> None:
    left = root / f"{chroma_gate.SCRATCH_PREFIX}of-a-killed-start"
    left.mkdir()
    before = files_of(root)
    assert chroma_gate.pass_gate(root) == KnownFormats(chromadb.__version__)
    assert files_of(root) == before
    assert not left.exists()


def test_another_version_of_chroma_stops_the_start_and_touches_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files_of(root)
    monkeypatch.setattr(chromadb, "__version__", "1.6.0")
    with pytest.raises(StartupError, match=r"chromadb 1\.6\.0 writes; install chromadb=="):
        open_store(root)
    assert files_of(root) == before


@pytest.mark.parametrize(
    ("module", "name", "replacement"),
    [
        pytest.param(chroma_index, "_VERSION", 0, id="the header"),
        pytest.param(chroma_sql, "facts", lambda *_: [], id="the tables"),
        pytest.param(chroma_gate, "salvage", lambda _: {}, id="the vectors"),
        pytest.param(chroma_sql, "contents", lambda _: chroma_sql.Contents({}, {}), id="the chunks"),
    ],
)
@pytest.mark.usefixtures("not_passed_yet")
def test_files_that_are_read_wrongly_stop_the_start(
    root: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, replacement: object
) -> None:
    before = files_of(root)
    monkeypatch.setattr(module, name, replacement)
    with pytest.raises(StartupError, match="does not write its files"):
        open_store(root)
    assert files_of(root) == before


@pytest.mark.usefixtures("not_passed_yet")
def test_a_purge_that_would_lose_writes_stops_the_start(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_all(folder: Path, _proof: KnownFormats) -> None:
        for file in folder.glob("*.sqlite3*"):
            file.unlink()

    monkeypatch.setattr(chroma_sql, "compact", lose_all)
    with pytest.raises(StartupError, match="does not write its files"):
        open_store(root)


# --- one index of another version


def _changes(store: VectorStoreService) -> list[Callable[[], object]]:
    chunks = document("more", 2)
    return [
        lambda: store.search(CLIENT, embed(["passage 1 of doc"])[0], 3),
        lambda: store.add(CLIENT, chunks, embed([chunk.text for chunk in chunks])),
        lambda: store.delete_document(CLIENT, "doc"),
        lambda: store.rebuild(CLIENT, embed_chunks),
    ]


@pytest.mark.parametrize("version", [2, 255])
def test_an_index_of_another_version_is_left_alone(root: Path, version: int) -> None:
    header = index_of(root) / HEADER_FILE
    header.write_bytes(bytes([version]) + header.read_bytes()[1:])
    before = files_of(index_of(root))
    for _ in range(2):  # at each start the same
        store = open_store(root)
        for change in _changes(store):
            with pytest.raises(Unavailable, match="nothing was changed") as caught:
                change()
            assert caught.value.code == "index_format_unknown"
        assert store.check(CLIENT) == "unknown"
        assert store.damaged() == []
        store.close()
    assert files_of(index_of(root)) == before
    assert list(root.glob("*.damaged")) == []


def test_an_index_of_another_version_answers_once_its_own_version_is_back(root: Path) -> None:
    header = index_of(root) / HEADER_FILE
    original = header.read_bytes()
    header.write_bytes(b"\x02" + original[1:])
    store = open_store(root)
    with pytest.raises(Unavailable):
        store.search(CLIENT, embed(["passage 1 of doc"])[0], 3)
    store.close()
    header.write_bytes(original)
    store = open_store(root)
    assert len(store.search(CLIENT, embed(["passage 1 of doc"])[0], 3)) == 3
    store.close()


def test_a_client_with_an_index_of_another_version_can_be_deleted(root: Path) -> None:
    header = index_of(root) / HEADER_FILE
    header.write_bytes(b"\x02" + header.read_bytes()[1:])
    store = open_store(root)
    assert store.delete_collection(CLIENT)
    store.close()
    assert [each for each in root.iterdir() if each.is_dir()] == []


def test_an_id_map_of_another_version_is_left_alone(root: Path) -> None:
    id_map = index_of(root) / chroma_index.ID_MAP_FILE
    # Whole, and not as this service knows it.
    id_map.write_bytes(pickle.dumps({"labels": {"doc:0": 1}, "format": (2, 0)}, protocol=4))
    store = open_store(root)
    assert store.check(CLIENT) == "unknown"
    store.close()


def test_indexes_without_their_database_stop_the_start_and_stay(root: Path) -> None:
    for file in root.glob(f"{chroma_sql.DATABASE_FILE}*"):
        file.unlink()
    before = files_of(root)
    with pytest.raises(StartupError, match="restore that file"):
        open_store(root)
    assert files_of(root) == before


def test_a_killed_trial_is_not_taken_for_an_index(root: Path) -> None:
    shutil.copytree(index_of(root), root / f"{chroma_gate.SCRATCH_PREFIX}x" / "y")
    open_store(root).close()
