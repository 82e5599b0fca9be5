"""EMBEDDING_MODEL was changed over documents in PostgreSQL."""

from pathlib import Path

from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.commands.reembed import reembed
from app.main import create_app
from tests.api import settings_in
from tests.fakes import OtherEmbeddings
from tests.services.upkeep.changed_model import BAKERY, HARBOUR, best, changed, earlier, filled, ingest
from tests.waiting import wait_for


def test_old_vectors_answer_until_all_are_embedded_again(tmp_path: Path, database_url: str) -> None:
    settings = filled(settings_in(tmp_path / "one", database_url=database_url, vector_store_type="pgvector"))
    with changed(settings) as services:
        assert "forty tonnes" in best(services)
        ingest(services, HARBOUR, "late", "The lighthouse keeper has three cats.")
        assert services.documents.stats(HARBOUR).outdated_model
        assert services.reembedder.run(HARBOUR)
        assert not services.documents.stats(HARBOUR).outdated_model
        assert "forty tonnes" in best(services)
        assert "three cats" in best(services, question="The lighthouse keeper has cats")
        assert "forty tonnes" in best(services, BAKERY)
    app = create_app(
        settings, opener=lambda chosen: open_services(chosen, embedder=OtherEmbeddings(), embedder_of=earlier)
    )
    with TestClient(app) as api:
        assert api.get("/health/ready").json() == {"status": "ready", "outdated_clients": 1}
        assert api.post("/api/v1/admin/reembed").status_code == 202
        wait_for(lambda: not api.get("/api/v1/admin/reembed").json()["running"])
        assert api.get("/health/ready").json()["outdated_clients"] == 0
    said: list[str] = []
    assert reembed(settings, said.append, opener=lambda chosen: open_services(chosen, embedder=OtherEmbeddings()))
    assert said == ["0 clients embedded again with other."]
