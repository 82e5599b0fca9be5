"""The service is killed at random moments: what it acknowledged is there, and it starts again."""

from pathlib import Path

from app.commands.doctor import doctor
from tests.crash.driver import kill_again_and_again
from tests.crash.server import settings_for


def test_nothing_acknowledged_is_lost_and_every_start_succeeds(tmp_path: Path) -> None:
    outcome = kill_again_and_again(tmp_path, kills=5, seed=7)
    assert outcome.lost == []
    assert outcome.failed_starts == []
    assert outcome.acknowledged > 0
    assert outcome.documents_compared > 0
    lines: list[str] = []
    assert doctor(settings_for(tmp_path), lines.append), lines
