"""What folders take on disk."""

from pathlib import Path

from app.common.disk import size_of


def test_files_are_counted_at_any_depth_and_once(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    (tmp_path / "a").write_bytes(b"12345")
    (deep / "b").write_bytes(b"123")
    assert size_of(tmp_path) == 8
    assert size_of(tmp_path, deep) == 8


def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert size_of(tmp_path / "gone") == 0


def test_a_link_to_nowhere_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    assert size_of(tmp_path) == 0
