import tempfile
import threading
from pathlib import Path

import pytest

from app.common.errors import InsufficientStorage, Unavailable
from app.common.space import PROBE_SECONDS, RESERVE_FILE, DiskSpace
from tests.small_disk import fill, free, make_room, small_disk

MB = 1 << 20


def held(folder: Path) -> int:
    reserve = folder / RESERVE_FILE
    return reserve.stat().st_size if reserve.exists() else 0


def test_a_reserve_is_made_once_for_each_disk(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("data", "chroma")]
    for folder in folders:
        folder.mkdir()
    DiskSpace(folders, reserve_bytes=MB)
    assert sorted(map(held, folders)) == [0, MB]


def test_what_does_not_fit_is_refused_and_what_fits_is_not(tmp_path: Path) -> None:
    space = DiskSpace([tmp_path], reserve_bytes=MB)
    space.require(1000)
    with pytest.raises(InsufficientStorage) as refused:
        space.require(free(tmp_path))
    assert refused.value.status == 507
    assert refused.value.retry_after


def test_without_folders_there_is_no_limit() -> None:
    space = DiskSpace()
    space.require(10**18)
    with space.lent():
        space.require_writable()


def test_after_a_write_that_failed_the_reserve_is_lent_and_comes_back(tmp_path: Path) -> None:
    # A quota, for example, does not show in the disk's figures.
    space = DiskSpace([tmp_path], reserve_bytes=MB)
    with space.lent():
        assert held(tmp_path) == MB  # there is room enough without it
    space.note_full()
    with space.lent():
        assert held(tmp_path) == 0
    assert held(tmp_path) == MB
    space.require_not_full()  # a write in earnest succeeds, so that is over
    with space.lent():
        assert held(tmp_path) == MB


def test_the_reserve_comes_back_after_the_last_of_several_deletions(tmp_path: Path) -> None:
    space = DiskSpace([tmp_path], reserve_bytes=MB)
    space.note_full()
    inner_done = threading.Event()

    def delete() -> None:
        with space.lent():
            pass
        inner_done.set()

    with space.lent():
        thread = threading.Thread(target=delete)
        thread.start()
        assert inner_done.wait(10)
        assert held(tmp_path) == 0
    thread.join()
    assert held(tmp_path) == MB


def test_writing_in_earnest_is_spared_while_it_succeeds(tmp_path: Path) -> None:
    now = 0.0
    space = DiskSpace([tmp_path], clock=lambda: now)
    space.require_writable()
    broken = tmp_path / ".probe"
    broken.mkdir()  # no file can be written there, root or not
    space.require_writable()
    now += PROBE_SECONDS
    with pytest.raises(Unavailable) as refused:
        space.require_writable()
    assert refused.value.code == "storage_not_writable"
    broken.rmdir()
    space.require_writable()


def test_a_full_disk_refuses_lends_and_recovers(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        space = DiskSpace([disk], reserve_bytes=64 * MB)
        assert held(disk) == 2 * MB  # a sixteenth of the disk
        fill(disk)
        for refusing in (space.require, space.require_writable, space.require_not_full):
            with pytest.raises(InsufficientStorage):
                refusing()
        with space.lent():
            assert free(disk) == 2 * MB
            (disk / "log").write_bytes(bytes(MB))
        assert held(disk) > MB // 2  # as much as is left
        with pytest.raises(InsufficientStorage):
            space.require()
        make_room(disk)
        space.require()
        space.require_writable()
        assert held(disk) == 2 * MB


def test_a_full_folder_for_temporary_files_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    with small_disk(tmp_path / "disk", megabytes=1) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        space = DiskSpace([tmp_path / "data"])
        fill(disk)
        with pytest.raises(InsufficientStorage):
            space.require_writable()
        make_room(disk)
        space.require_writable()
