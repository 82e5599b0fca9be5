"""`rag backup` and `rag restore`, of a running service and of a stopped one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from app.cli import app as cli
from app.config import Settings
from tests.api import TEXT, ask, quick_app, upload
from tests.commands.conftest import Run
from tests.services.backup.conftest import settings_for_copy


@pytest.fixture
def stopped(make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The folders of a service that is stopped, as the environment names them."""
    settings = make_settings()
    with TestClient(quick_app(settings)) as api:
        upload(api, client_id="harbour")
    for name in ("data_path", "session_db_path", "vector_store_path"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name)))
    return settings


def command(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_a_running_service_is_backed_up_and_restored(run: Run, tmp_path: Path) -> None:
    (tmp_path / "crane.txt").write_text(TEXT)
    assert run("ingest", str(tmp_path / "crane.txt"), "--client", "harbour").exit_code == 0
    made = run("backup", str(tmp_path / "all.tar"))
    assert made.exit_code == 0, made.output
    assert "1 clients, 1 documents" in made.output
    assert (tmp_path / "all.tar").stat().st_mode & 0o777 == 0o600

    done = command("restore", tmp_path / "all.tar", tmp_path / "new")
    assert done.exit_code == 0, done.output
    with TestClient(quick_app(settings_for_copy(tmp_path / "new"))) as api:
        assert "Oskarsson" in ask(api, "Who built the crane?", "harbour").json()["response"]


@pytest.mark.usefixtures("stopped")
def test_a_stopped_service_is_backed_up_from_its_folders(tmp_path: Path) -> None:
    made = command("backup", tmp_path / "all.tar")
    assert (made.exit_code, "Backup whole and checked" in made.output) == (0, True), made.output
    assert command("restore", tmp_path / "all.tar", tmp_path / "new").exit_code == 0


def test_a_service_that_has_the_folders_open_is_asked(stopped: Settings, tmp_path: Path) -> None:
    with TestClient(quick_app(stopped)):
        made = command("backup", tmp_path / "all.tar")
    assert made.exit_code == 1
    assert "There is no service at http://127.0.0.1:8000" in made.output  # it listens nowhere in this test
    assert not (tmp_path / "all.tar").exists()


def test_a_file_that_is_there_is_not_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all.tar").write_text("older")
    made = run("backup", str(tmp_path / "all.tar"))
    assert (made.exit_code, "there already" in made.output) == (1, True)
    assert (tmp_path / "all.tar").read_text() == "older"


def test_nothing_stays_of_a_failure(run: Run, tmp_path: Path) -> None:
    made = run("backup", str(tmp_path / "all.tar"), "--api-key", "wrong")
    assert made.exit_code == 1
    assert list(tmp_path.glob("all.tar*")) == []


def test_folders_without_a_catalog_are_not_taken_for_a_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PATH", str(tmp_path / "nowhere"))
    made = command("backup", tmp_path / "all.tar")
    assert (made.exit_code, "check DATA_PATH" in made.output) == (1, True)
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_backup_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "all.tar").write_bytes(b"no archive" * 100)
    done = command("restore", tmp_path / "all.tar", tmp_path / "new")
    assert (done.exit_code, done.output) == (1, "This file is not a backup of this service; nothing was restored.\n")
