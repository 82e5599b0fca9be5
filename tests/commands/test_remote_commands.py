"""The commands that talk to a running service, against one."""

import re
from pathlib import Path

import pytest

from tests.api import TEXT
from tests.commands.conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents at two depths, one of them broken, and files that are none."""
    folder = tmp_path / "documents"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "crane.txt").write_text(TEXT)
    (folder / "deep" / "tides.MD").write_text("# Tides\n\nHigh water is at noon.")
    (folder / "deep" / "broken.pdf").write_bytes(b"MZ" + bytes(100))
    (folder / "photo.jpeg").write_bytes(b"no document")
    (folder / ".hidden" / "secret.txt").write_text("not to be uploaded")
    (folder / "link.txt").symlink_to("/etc/hostname")
    return folder


def test_a_folder_is_uploaded_and_failures_have_their_reason(run: Run, folder: Path) -> None:
    result = run("ingest", str(folder), "--client", "harbour")
    assert result.exit_code == 1
    assert "1 failed, 2 ready" in result.output
    assert "type_mismatch" in result.output
    for unwanted in ("secret", "photo", "link.txt"):
        assert unwanted not in result.output
    assert "crane.txt" in run("documents", "--client", "harbour").output


def test_running_it_again_adds_nothing(run: Run, folder: Path) -> None:
    (folder / "deep" / "broken.pdf").unlink()
    assert run("ingest", str(folder), "--client", "harbour").exit_code == 0
    again = run("ingest", str(folder), "--client", "harbour")
    assert again.exit_code == 0
    assert "2 duplicate" in again.output


def test_files_are_uploaded_with_labels(run: Run, folder: Path) -> None:
    labels = ("--metadata", '{"year": 2026}', "--tag", "old", "--tag", "machine")
    assert run("ingest", str(folder / "crane.txt"), "--client", "harbour", *labels).exit_code == 0
    refused = run("ingest", str(folder / "crane.txt"), "--client", "harbour", "--metadata", "year=2026")
    assert refused.exit_code == 1
    assert "valid JSON" in refused.output


def test_a_question_is_answered_with_its_sources(run: Run, folder: Path) -> None:
    run("ingest", str(folder / "crane.txt"), "--client", "harbour")
    result = run("ask", "Who built the crane?", "--client", "harbour", "--session", "talk")
    assert result.exit_code == 0
    assert "Oskarsson" in result.output
    assert "crane.txt" in result.output


def test_jobs_are_listed_and_shown(run: Run) -> None:
    assert run("jobs", "--client", "harbour").exit_code == 0
    missing = run("jobs", "job_" + "0" * 24)
    assert missing.exit_code == 1
    assert "no such" in missing.output.lower()
    assert run("jobs").exit_code == 2


def test_ids_and_names_are_whole_however_narrow_the_terminal(run: Run, folder: Path) -> None:
    run("ingest", str(folder / "crane.txt"), "--client", "harbour")
    narrow = run("documents", "--client", "harbour", columns=40).output
    assert re.search(r"doc_[0-9a-f]{24} .* crane\.txt .* ready .* 20\d\d-\d\d-\d\d [\d:]{8}", narrow)
    assert "…" not in narrow
    assert "Chunks" in narrow


def test_problems_are_sentences(run: Run, tmp_path: Path) -> None:
    nothing = run("ask", "Anything?", "--client", "nobody-yet")
    assert nothing.exit_code == 1
    assert "has no documents" in nothing.output
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "There are no documents" in run("ingest", str(empty), "--client", "harbour").output
    wrong_key = run("ask", "Anything?", "--client", "harbour", "--api-key", "wrong")
    assert "key is not known" in wrong_key.output
    away = run("ask", "Anything?", "--client", "harbour", "--base-url", "http://127.0.0.1:9")
    assert away.exit_code == 1
    assert "There is no service" in away.output
    for result in (nothing, wrong_key, away):
        assert "Traceback" not in result.output
