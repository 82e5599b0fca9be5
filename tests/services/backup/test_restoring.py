"""What is restored, and what is refused: archives may come from strangers, or be damaged."""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.common import tar
from app.common.errors import Conflict
from app.services.backup.archive import read_manifest
from app.services.backup.manifest import BadArchive
from app.services.backup.restoring import restore, verify

UUID = "0b8f7c1e-2f34-4d3a-9a50-1f0a6a3d7c11"
SUMMARY = {
    "version": "0",
    "embedding_model": "hash",
    "made_at": 0.0,
    "clients": 0,
    "documents": 0,
    "conversations": True,
    "held_ms": 0.0,
    "indexes_to_rebuild": 0,
    "unsound_clients": 0,
}


def packed(*files: tuple[str, bytes]) -> bytes:
    parts = [tar.head(name, len(data), modified=0) + data + bytes(tar.filling(len(data))) for name, data in files]
    return b"".join(parts) + tar.END


def forged(*files: tuple[str, bytes], listed: Sequence[Any] | None = None, **more: Any) -> bytes:
    """An archive that says of itself what is so, or what is `listed`."""
    rows = [[name, len(data), hashlib.sha256(data).hexdigest()] for name, data in files]
    body = {
        "what": "conversational-rag backup",
        "format": 1,
        "summary": SUMMARY,
        "files": rows if listed is None else listed,
    }
    return packed(("manifest.json", json.dumps({**body, **more}).encode()), *files)


def refused(data: bytes, folder: Path) -> BadArchive:
    """It is refused, and nothing is left of it."""
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(BadArchive) as caught:
        restore(io.BytesIO(data), folder)
    assert sorted(folder.parent.rglob("*")) == before
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../catalog.db",
        "data/../../catalog.db",
        "data/catalog.db/",
        "data//catalog.db",
        "./data/catalog.db",
        "data/.lock",
        "data/other.db",
        "data/catalog.db-wal",
        "data/uploads/upload_../x",
        f"chroma_db/{UUID}/evil.so",
        f"chroma_db/{UUID}.damaged/../header.bin",
        "chroma_db/words/aa/../../chroma.sqlite3",
        "data\\catalog.db",
        "data/catalog.db\n",
        "manifest.json",
    ],
)
def test_other_names_than_those_of_a_copy_are_refused(tmp_path: Path, name: str) -> None:
    refused(forged((name, b"bait")), tmp_path / "new")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive" * 200,
        tar.END,
        packed(("data/catalog.db", b"")),
        packed(("manifest.json", b"no json")),
        packed(("manifest.json", b"[" * 100_000)),
        packed(("manifest.json", b"\xff\xfe")),
        packed(("manifest.json", b"[]")),
        packed(("manifest.json", b'{"what": "something else"}')),
        forged(format=2),
        forged(format="1"),
        forged(format=None),
        forged(summary={}),
        forged(summary={**SUMMARY, "more": 1}),
        forged(files=None),
        forged(listed=[["data/catalog.db", -1, "0" * 64]]),
        forged(listed=[["data/catalog.db", "1", "0" * 64]]),
        forged(listed=[["data/catalog.db", 4, "0"]]),
        forged(listed=[["data/catalog.db"]]),
        forged(listed=[["data/catalog.db", 4, "0" * 64]] * 2),
        forged(("data/catalog.db", b"bait"), listed=[]),
        forged(("data/catalog.db", b"bait"), ("data/catalog.db", b"bait"), listed=[]),
        forged(("data/catalog.db", b"bait"), listed=[["data/catalog.db", 4, "0" * 64]]),
        forged(("data/catalog.db", b"bait"), listed=[["data/catalog.db", 5, hashlib.sha256(b"bait").hexdigest()]]),
        forged(listed=[["data/catalog.db", 4, "0" * 64]]),
        forged(("data/catalog.db", b"bait"), ("chroma_db/chroma.sqlite3", b"bait")),
        forged(),
    ],
)
def test_what_is_no_backup_or_lies_about_itself_is_refused(tmp_path: Path, data: bytes) -> None:
    refused(data, tmp_path / "new")


def test_one_that_says_it_is_larger_than_the_disk_is_not_begun(tmp_path: Path) -> None:
    data = forged(listed=[["data/catalog.db", 1 << 60, "0" * 64]])
    with pytest.raises(Exception, match="full"):
        restore(io.BytesIO(data), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_single_changed_byte_is_found(archive: bytes, tmp_path: Path) -> None:
    members = tar.members(io.BytesIO(archive))
    manifest = read_manifest(members)
    at = len(archive) - manifest.size_bytes // 2
    for place in (600, at, len(archive) - 1200):
        changed = bytearray(archive)
        changed[place] ^= 1
        refused(bytes(changed), tmp_path / "new")


def test_one_that_ends_early_is_refused(archive: bytes, tmp_path: Path) -> None:
    for end in (100, 512, 3000, len(archive) // 2, len(archive) - 1024):
        refused(archive[:end], tmp_path / "new")
        with pytest.raises(BadArchive):
            verify(io.BytesIO(archive[:end]))


def test_a_whole_one_is_whole(archive: bytes) -> None:
    summary = verify(io.BytesIO(archive)).summary
    assert (summary.clients, summary.documents, summary.conversations) == (2, 3, True)
    assert (summary.unsound_clients, summary.indexes_to_rebuild) == (0, 0)


def _a_file(folder: Path) -> None:
    folder.write_text("data")


def _full_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "data").write_text("data")


def _link(folder: Path) -> None:
    folder.with_name("elsewhere").mkdir()
    folder.symlink_to(folder.with_name("elsewhere"))


@pytest.mark.parametrize("occupy", [_a_file, _full_folder, _link])
def test_nothing_is_written_over(archive: bytes, tmp_path: Path, occupy: Callable[[Path], None]) -> None:
    folder = tmp_path / "there"
    occupy(folder)
    with pytest.raises(Conflict, match="something at that place"):
        restore(io.BytesIO(archive), folder)


def test_an_empty_folder_is_filled_and_parents_are_made(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "deep" / "down"):
        restore(io.BytesIO(archive), folder)
        assert {path.name for path in folder.iterdir()} == {"data", "chroma_db"}
        assert {path.name for path in folder.parent.iterdir()} & {"empty.restoring", "down.restoring"} == set()


def test_what_an_interrupted_one_left_is_told(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "new.restoring").mkdir()
    with pytest.raises(Conflict, match=r"new\.restoring"):
        restore(io.BytesIO(archive), tmp_path / "new")
