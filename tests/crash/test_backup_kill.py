"""Backups under load, with kills of the service and of the restore: what is there afterwards is whole."""

from pathlib import Path

from tests.crash.backups import back_up_again_and_again


def test_what_was_acknowledged_before_a_backup_is_in_it_whoever_is_killed(tmp_path: Path) -> None:
    found = back_up_again_and_again(tmp_path, rounds=2, seed=7, most=12, longest=0.4)
    assert found.wrong == []
    assert (found.backups >= 1, found.restored == found.backups) == (True, True)
    assert found.documents > 0
