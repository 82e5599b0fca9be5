"""Uploads on disk while they wait."""

import hashlib
import io
from pathlib import Path

import pytest

from app.services.ingestion.spool import UploadSpool


class Breaking(io.BytesIO):
    """A stream whose sender leaves in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionResetError
        return super().read(size)


def test_a_received_file_has_its_bytes_size_and_hash(tmp_path: Path) -> None:
    content = b"harbour" * 300_000  # more than two blocks
    upload = UploadSpool(tmp_path / "spool").receive("crane.txt", io.BytesIO(content))
    assert upload.path.read_bytes() == content
    assert upload.size == len(content)
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    assert upload.filename == "crane.txt"


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil", "..", "a\0b", "x" * 5000, "CON"])
def test_the_senders_name_is_no_part_of_the_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "spool"
    upload = UploadSpool(folder).receive(name, io.BytesIO(b"text"))
    assert upload.path.parent == folder
    assert upload.path.name.startswith("upload_")


def test_two_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    spool = UploadSpool(tmp_path)
    one, two = (spool.receive("a.txt", io.BytesIO(text)) for text in (b"one", b"two"))
    assert (one.path.read_bytes(), two.path.read_bytes()) == (b"one", b"two")


def test_a_file_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    spool = UploadSpool(tmp_path / "spool")
    with pytest.raises(ConnectionResetError):
        spool.receive("a.txt", Breaking(b"x" * (3 << 20)))
    assert list((tmp_path / "spool").iterdir()) == []


def test_discarding_twice_is_no_error(tmp_path: Path) -> None:
    upload = UploadSpool(tmp_path).receive("a.txt", io.BytesIO(b"text"))
    upload.discard()
    upload.discard()
    assert not upload.path.exists()


def test_the_start_sweeps_what_was_left_behind(tmp_path: Path) -> None:
    left = UploadSpool(tmp_path / "spool").receive("a.txt", io.BytesIO(b"text"))
    spool = UploadSpool(tmp_path / "spool")
    spool.sweep()
    assert not left.path.exists()
    assert spool.receive("b.txt", io.BytesIO(b"text")).path.exists()
