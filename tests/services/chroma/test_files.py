import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.common.ids import ClientId
from app.services.chroma import files as chroma_files
from app.services.chroma import index as chroma_index
from app.services.chroma import sql as chroma_sql
from app.services.chroma.files import StoreFiles
from app.services.chroma.formats import KnownFormats
from app.services.chroma.idmap import read_id_map
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_writer import DIMENSION, INDEX_FILES, document, embed

ROWS = 130


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole index: 160 chunks of which 30 were deleted."""
    root = tmp_path_factory.mktemp("store")
    store = VectorStoreService(root, cache_size=4, embedding_model="test")
    for name, size in (("one", 30), ("two", 40), ("three", 90)):
        chunks = document(name, size)
        store.add(ClientId("alpha"), chunks, embed([chunk.text for chunk in chunks]))
    store.delete_document(ClientId("alpha"), "one")
    store.close()
    return root / chroma_sql.facts(root)[0].segment_id


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    copy = tmp_path / original.name
    shutil.copytree(original, copy)
    return copy


def _chance() -> random.Random:
    """A new generator for each test, so that none depends on those that ran before it."""
    return random.Random(3)


def files(folder: Path) -> StoreFiles:
    return StoreFiles(folder.parent, KnownFormats("test"))


def check(folder: Path) -> chroma_files.State:
    return chroma_files.check_segment(folder, dimension=DIMENSION, rows=ROWS)


def test_an_index_as_chroma_wrote_it_is_whole(folder: Path) -> None:
    assert check(folder) == "ok"


def test_an_index_without_its_folder_is_missing(folder: Path) -> None:
    shutil.rmtree(folder)
    assert check(folder) == "missing"


def test_an_index_that_was_set_aside_stays_damaged(folder: Path) -> None:
    files(folder).set_aside(folder.name)
    folder.mkdir()
    assert check(folder) == "damaged"


@pytest.mark.parametrize("name", INDEX_FILES)
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(Path.unlink, id="gone"),
        pytest.param(lambda file: file.write_bytes(b""), id="empty"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), id="half"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[:-1]), id="one byte short"),
        pytest.param(lambda file: file.write_bytes(bytes(file.stat().st_size)), id="zeros"),
        pytest.param(lambda file: file.write_bytes(_chance().randbytes(file.stat().st_size)), id="garbage"),
    ],
)
def test_each_harm_to_each_file_is_seen(folder: Path, name: str, harm: Callable[[Path], object]) -> None:
    harm(folder / name)
    assert check(folder) == "damaged"


def test_a_lost_page_of_a_file_is_seen(folder: Path) -> None:
    for name in ("data_level0.bin", "index_metadata.pickle"):
        content = (folder / name).read_bytes()
        for start in range(0, len(content) - 4096, 4096):
            (folder / name).write_bytes(content[:start] + bytes(4096) + content[start + 4096 :])
            assert check(folder) == "damaged", (name, start)
        (folder / name).write_bytes(content)


def test_an_index_with_another_number_of_chunks_or_dimension_is_damaged(folder: Path) -> None:
    assert chroma_files.check_segment(folder, dimension=DIMENSION, rows=ROWS + 1) == "damaged"
    assert chroma_files.check_segment(folder, dimension=DIMENSION + 1, rows=ROWS) == "damaged"
    assert chroma_files.check_segment(folder, dimension=DIMENSION, rows=None) == "ok"


def test_a_chunk_that_no_search_comes_to_is_seen(folder: Path) -> None:
    data = folder / "data_level0.bin"
    row_size = 4 + 32 * 4 + DIMENSION * 4 + 8
    rows = np.frombuffer(data.read_bytes(), np.uint8).reshape(-1, row_size).copy()
    lonely = 159
    for row in rows[:160]:
        count = int(row[0])
        links = row[4 : 4 + 4 * count].view("<u4")
        kept = links[links != lonely]
        row[0] = len(kept)
        row[4 : 4 + 4 * len(kept)] = kept.view(np.uint8)
    data.write_bytes(rows.tobytes())
    assert check(folder) == "damaged"


def test_whatever_happened_to_the_files_checking_ends_with_an_answer(folder: Path) -> None:
    chance = _chance()
    contents = {name: (folder / name).read_bytes() for name in INDEX_FILES}
    for _ in range(150):
        name = chance.choice(INDEX_FILES)
        broken = bytearray(contents[name])
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        (folder / name).write_bytes(broken[: chance.randint(0, len(broken))])
        assert check(folder) in {"ok", "damaged", "unknown"}
        chroma_index.salvage(folder)
        (folder / name).write_bytes(contents[name])


def test_all_vectors_of_a_whole_index_are_salvaged_but_those_of_deleted_chunks(folder: Path) -> None:
    found = chroma_index.salvage(folder)
    chunks = document("two", 40) + document("three", 90)
    assert set(found) == {chunk.id for chunk in chunks}
    vectors = embed([chunk.text for chunk in chunks])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose([found[chunk.id] for chunk in chunks], vectors, atol=1e-6)


def test_from_a_truncated_file_the_vectors_before_the_cut_are_salvaged(folder: Path) -> None:
    data = folder / "data_level0.bin"
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    assert 0 < len(chroma_index.salvage(folder)) < ROWS


def test_a_vector_that_was_overwritten_is_not_salvaged(folder: Path) -> None:
    data = folder / "data_level0.bin"
    content = bytearray(data.read_bytes())
    row_size = 4 + 32 * 4 + DIMENSION * 4 + 8
    start = 100 * row_size + 4 + 32 * 4
    content[start : start + 40] = bytes(40)
    data.write_bytes(content)
    assert len(chroma_index.salvage(folder)) == ROWS - 1


def test_nothing_is_salvaged_without_the_id_map(folder: Path) -> None:
    (folder / "index_metadata.pickle").unlink()
    assert chroma_index.salvage(folder) == {}


def test_the_id_map_is_never_executed(tmp_path: Path) -> None:
    file = tmp_path / "index_metadata.pickle"
    file.write_bytes(b"cbuiltins\nprint\n(S'executed'\ntR.")
    with pytest.raises(ValueError, match="id map"):
        read_id_map(file)


def _orphan(folder: Path) -> Path:
    """A folder of an index that belongs to no collection, with a part of it that was set aside."""
    orphan = folder.parent / "00000000-0000-4000-8000-000000000000"
    orphan.mkdir()
    (folder.parent / f"{orphan.name}.damaged").mkdir()
    return orphan


def test_only_folders_whose_collection_was_dropped_are_removed_by_themselves(folder: Path) -> None:
    orphan = _orphan(folder)
    files(folder).note_going(folder.name)
    assert files(folder).settle_going({folder.name}) == 0
    assert orphan.is_dir()
    assert chroma_files.check_segment(folder, dimension=DIMENSION, rows=None) == "ok"
    files(folder).note_going(orphan.name)
    assert files(folder).settle_going({folder.name}) == 1
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    # The note on the one whose collection is still there was taken back.
    assert files(folder).settle_going({}) == 0


def test_only_folders_of_no_segment_are_removed_when_asked_to(folder: Path) -> None:
    _orphan(folder)
    foreign = folder.parent / "backups"
    foreign.mkdir()
    assert files(folder).remove_unknown({folder.name}) == 1
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted([folder.name, foreign.name])


def test_removing_a_segment_takes_what_was_set_aside_with_it(folder: Path) -> None:
    files(folder).set_aside(folder.name)
    folder.mkdir()
    files(folder).remove(folder.name)
    assert list(folder.parent.iterdir()) == []
