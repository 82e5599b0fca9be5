"""`python -m app.cli migrate`, and what a service without a database never loads."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app

ROOT = Path(__file__).parents[2]


def test_migrate_brings_the_tables_up_to_date(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    for _ in range(2):
        result = CliRunner().invoke(app, ["migrate"])
        assert (result.exit_code, result.output) == (0, "sessions: 0003_kept_answers\n")
    monkeypatch.setenv("VECTOR_STORE_TYPE", "pgvector")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.output == "sessions: 0003_kept_answers\ndocuments: 0005_mcp_description\n"
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "embedded stores" in result.output


def test_migrate_without_a_database_says_what_is_missing() -> None:
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 1
    assert "DATABASE_URL is not set" in result.output


def test_a_database_out_of_reach_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://rag:very-secret@127.0.0.1:9/rag")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "very-secret" not in result.output


def test_an_embedded_service_does_not_load_the_driver() -> None:
    code = "import sys; import app.main, app.bootstrap; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
