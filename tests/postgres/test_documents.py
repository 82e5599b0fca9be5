"""The service with its documents in PostgreSQL."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app.bootstrap import open_services
from app.cli import app as cli
from app.common.errors import StartupError
from app.common.filters import Comparison, PassageFilter
from app.common.ids import ClientId
from app.config import Settings
from app.service import Services
from app.services.ingestion.uploads import Incoming
from tests.api import app_in, ask, settings_in, upload
from tests.fakes import HashEmbeddings

ROOT = Path(__file__).resolve().parents[2]
ACME = ClientId("acme")


@pytest.fixture
def shared(tmp_path: Path, database_url: str) -> Callable[[str], Settings]:
    """Settings of a service with its documents in the test's database and its own folder."""
    return lambda name: settings_in(tmp_path / name, database_url=database_url, vector_store_type="pgvector")


def _opened(settings: Settings) -> Services:
    return open_services(settings, embedder=HashEmbeddings())


def _found(services: Services, question: str, where: PassageFilter | None = None) -> list[tuple[Any, ...]]:
    passages = services.retriever.retrieve(ACME, question, top_k=8, where=where)
    return [
        (one.chunk.source, one.chunk.page, one.chunk.section, one.chunk.start, one.chunk.end, one.chunk.text,
         pytest.approx(one.score, abs=1e-4), pytest.approx(one.value, abs=1e-4))
        for one in passages
    ]  # fmt: skip


def test_the_samples_are_ranked_as_the_embedded_stores_rank_them(
    make_settings: Callable[..., Settings], shared: Callable[[str], Settings]
) -> None:
    listed = json.loads((ROOT / "benchmarks" / "questions.json").read_text(encoding="utf-8"))
    questions = [item["question"] for item in listed["single"]]
    assert len(questions) > 10
    with _opened(make_settings()) as embedded, _opened(shared("one")) as services:
        for path in sorted((ROOT / "data" / "samples").iterdir()):
            for each in (embedded, services):
                assert each.uploads.take(ACME, Incoming(path.name, io.BytesIO(path.read_bytes()))).status == "ready"
        for question in questions:
            assert _found(services, question) == _found(embedded, question)
        for where in (
            Comparison("source", "eq", "owners-manual.pdf"),
            Comparison("page", "gte", 3),
            Comparison("type", "ne", "pdf"),
        ):
            assert _found(services, questions[0], where) == _found(embedded, questions[0], where)


def test_documents_outlive_the_process_and_its_folder(shared: Callable[[str], Settings]) -> None:
    with _opened(shared("one")) as services:
        services.uploads.take(ACME, Incoming("crane.txt", io.BytesIO(b"The crane lifts forty tonnes.")))
        _, key = services.clients.register(ClientId("harbour"))
    with _opened(shared("two")) as services:
        assert "forty tonnes" in services.ask("What does the crane lift?", "acme").text
        assert [known.key_id for known in services.api_keys.list(ClientId("harbour"))] == [key.key_id]
        collections = services.vector_store_service.list_client_collections()
        assert [(one["client_id"], one["document_count"]) for one in collections] == [("acme", 1)]
        assert services.clients.erase(ACME).documents == 1
        assert services.vector_store_service.list_client_collections() == []


def test_a_second_process_with_its_documents_in_the_database_does_not_start(shared: Callable[[str], Settings]) -> None:
    with _opened(shared("one")), pytest.raises(StartupError, match="documents"):
        _opened(shared("two"))
    _opened(shared("two")).close()


def test_documents_are_uploaded_in_the_background_listed_labelled_and_removed(
    tmp_path: Path, new_stores: Path, database_url: str
) -> None:
    app = app_in(tmp_path, new_stores, database_url=database_url, vector_store_type="pgvector")
    with TestClient(app) as api:
        assert upload(api, client_id="acme", tags='["lifting"]').status_code == 200
        assert upload(api, client_id="acme").json()["documents"][0]["status"] == "duplicate"
        listed = api.get("/api/v1/documents?client_id=acme").json()
        (document,) = listed["documents"]
        assert "forty tonnes" in ask(api, "What does the crane lift?", "acme").text
        path = f"/api/v1/documents/{document['document_id']}"
        assert api.get(f"{path}/chunks?client_id=acme").json()["chunks"]
        assert api.get("/health").json()["vector_store"] == "pgvector"
        assert api.get("/health/ready").status_code == 200
        _label_and_filter(api, path)
        assert api.delete(f"{path}?client_id=acme").status_code == 200
        assert ask(api, "What does the crane lift?", "acme").status_code == 404
        _budget_and_erase(api)


def _budget_and_erase(api: TestClient) -> None:
    assert upload(api, client_id="acme").status_code == 200
    assert api.put("/api/v1/clients/acme/budgets", json={"pages_a_month": 3}).status_code == 200
    assert upload(api, ("more.txt", b"More."), client_id="acme").status_code == 429
    used = api.get("/api/v1/clients/acme/usage?by=kind").json()["used"]
    assert used["total"]["pages"] == 3
    assert {share["group"] for share in used["shares"]} == {"chat", "ingest", "search"}
    assert api.delete("/api/v1/clients/acme").status_code == 200
    everybody = api.get("/api/v1/admin/usage").json()
    assert (everybody["total"], [share["group"] for share in everybody["shares"]]) == (used["total"], [None])


def _label_and_filter(api: TestClient, path: str) -> None:
    changed = api.patch(f"{path}?client_id=acme", json={"metadata": {"site": "north pier", "year": 2026}})
    assert changed.json()["metadata"]["year"] == 2026
    upload(api, ("mast.txt", b"The mast lifts the flag."), client_id="acme", tags="flags")
    for filters, found in (
        ({"tags": "lifting"}, {"crane.txt"}),
        ({"metadata": {"year": {"gte": 2026}}}, {"crane.txt"}),
        ({"metadata": {"site": {"contains": "south"}}}, set[str]()),
        ({"tags": "flags"}, {"mast.txt"}),
    ):
        asked = api.post("/api/v1/search", json={"query": "What lifts?\0", "client_id": "acme", "filters": filters})
        assert asked.status_code == 200, asked.text
        assert {one["source"] for one in asked.json()["results"]} == found, asked.text
    (mast,) = api.get("/api/v1/documents?client_id=acme&filename=mast.txt").json()["documents"]
    api.delete(f"/api/v1/documents/{mast['document_id']}?client_id=acme")


def test_the_doctor_refuses_a_database_that_has_tools_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECTOR_STORE_TYPE", "pgvector")
    monkeypatch.setenv("DATABASE_URL", "postgresql://rag:rag@127.0.0.1:1/rag")
    refused = CliRunner().invoke(cli, ["doctor"])
    assert refused.exit_code == 1
    assert "PostgreSQL's own tools" in refused.output
