"""The service as a Python object: what a program that embeds it, or an operator who monitors it, can do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bootstrap import open_services
from app.common.errors import InvalidInput
from app.config import Settings
from app.service import Services
from tests.api import TEXT
from tests.fakes import HashEmbeddings


@pytest.fixture
def services(make_settings: Callable[..., Settings]) -> Iterator[Services]:
    with open_services(make_settings(), embedder=HashEmbeddings()) as services:
        yield services


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "crane.txt"
    path.write_text(TEXT)
    return path


def test_a_file_is_named_by_a_string_or_a_path(services: Services, file: Path) -> None:
    result = services.ingest_file(str(file), "harbour")
    assert (result.status, result.filename) == ("ready", "crane.txt")
    assert services.ingest_file(file, client_id="harbour").status == "duplicate"
    assert "forty tonnes" in services.ask("How much does the harbour crane lift?", client_id="harbour").text


def test_what_fails_is_told_in_the_result(services: Services, tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"MZ")
    result = services.ingest_file(tmp_path / "a.exe", "harbour")
    assert result.error is not None
    assert result.error.code == "unsupported_type"
    with pytest.raises(FileNotFoundError):
        services.ingest_file("nothing-here.txt", "harbour")


@pytest.mark.parametrize("client_id", ["", "a", "../x", "two words"])
def test_a_client_has_a_possible_name_here_too(services: Services, file: Path, client_id: str) -> None:
    with pytest.raises(InvalidInput):
        services.ingest_file(file, client_id)
    with pytest.raises(InvalidInput):
        services.ask("Who?", client_id)


def test_sessions_are_measured(services: Services, file: Path) -> None:
    services.ingest_file(file, "harbour")
    services.ask("How much does the harbour crane lift?", "harbour", session_id="talk")
    stats = services.session_store.get_stats()
    assert stats["active_sessions"] == 1
    assert stats["avg_messages_per_session"] == 2
    assert stats["database_size_mb"] > 0


def test_collections_are_listed_with_their_documents(services: Services, file: Path) -> None:
    assert services.vector_store_service.list_client_collections() == []
    other = file.with_name("other.txt")
    other.write_text("Another text.")
    for path, client_id in ((file, "harbour"), (other, "harbour"), (other, "airport")):
        assert services.ingest_file(path, client_id).status == "ready"
    collections = services.vector_store_service.list_client_collections()
    assert [(each["client_id"], each["document_count"]) for each in collections] == [("airport", 1), ("harbour", 2)]
    assert [each["collection_name"] for each in collections] == ["docs_airport", "docs_harbour"]
    assert [each["chunk_count"] for each in collections] == [1, 2]


def test_it_says_whether_its_stores_answer(services: Services) -> None:
    assert services.ready()
