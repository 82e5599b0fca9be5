"""EMBEDDING_MODEL was changed over existing documents: they answer, are told of, and are embedded again."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from typing_extensions import override

from app.bootstrap import open_services
from app.commands.doctor import doctor
from app.commands.reembed import reembed
from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.common.vectors import OtherModel, Vectors
from app.config import Settings
from app.main import create_app
from app.services.chroma import sql as chroma_sql
from app.services.chroma.nearest import Probe
from app.services.embedding.description import DEFAULT_SCALE
from app.services.embedding.types import OnBatch
from tests.fakes import OtherEmbeddings
from tests.services.upkeep.changed_model import BAKERY, HARBOUR, best, changed, earlier, filled, ingest
from tests.waiting import wait_for

from fastapi.testclient import TestClient  # isort: skip

MakeSettings = Callable[..., Settings]


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """Two clients whose documents have the model `hash`."""
    return filled(make_settings())


def _names(settings: Settings) -> list[str]:
    return sorted(facts.collection for facts in chroma_sql.facts(settings.vector_store_path))


def test_old_vectors_answer_until_all_are_embedded_again(settings: Settings) -> None:
    with changed(settings) as services:
        assert services.internals.library.outdated() == {HARBOUR: "hash", BAKERY: "hash"}
        assert services.documents.stats(HARBOUR).outdated_model
        assert services.gate(HARBOUR).scale == DEFAULT_SCALE, "scores are read as the model that gave them is"
        assert "forty tonnes" in best(services)
        ingest(services, HARBOUR, "late", "The lighthouse keeper has three cats.")
        services.reembedder.request()
        wait_for(lambda: not services.reembedder.progress().running)
        progress = services.reembedder.progress()
        assert (progress.done, progress.waiting, progress.texts, progress.failed) == (2, 0, 5, {})
        assert not services.documents.stats(HARBOUR).outdated_model
        assert services.gate(HARBOUR).scale == OtherEmbeddings.scale
        assert "forty tonnes" in best(services)
        assert "three cats" in best(services, question="The lighthouse keeper has cats")
        assert not services.reembedder.run(HARBOUR)
    with open_services(settings, embedder=OtherEmbeddings()) as services:
        assert "forty tonnes" in best(services, BAKERY)
    assert _names(settings) == ["docs_bakery", "docs_harbour"]
    assert doctor(settings, lambda _: None)


class _Meanwhile(OtherEmbeddings):
    """Does something while texts are embedded for the first time."""

    def __init__(self) -> None:
        self.act: Callable[[], object] | None = None

    @override
    def embed_texts(
        self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
    ) -> Vectors:
        act, self.act = self.act, None
        if act:
            act()
        return super().embed_texts(texts, on_batch, owner=owner, urgent=urgent)


def test_what_comes_and_goes_meanwhile_comes_and_goes(settings: Settings) -> None:
    embedder = _Meanwhile()
    with changed(settings, embedder) as services:
        tide = next(each for each in services.documents.page(HARBOUR).records if each.filename == "tide.txt")

        def change() -> None:
            services.documents.delete(HARBOUR, tide.document_id)
            ingest(services, HARBOUR, "late", "The lighthouse keeper has three cats.")

        embedder.act = change
        assert services.reembedder.run(HARBOUR)
        assert "three cats" in best(services, question="The lighthouse keeper has cats")
        assert services.vector_store_service.count(HARBOUR) == 2
        assert services.documents.stats(HARBOUR).document_count == 2
        # A client that goes as a whole takes its half-grown successor with it.
        embedder.act = partial(services.documents.delete_collection, BAKERY)
        assert not services.reembedder.run(BAKERY)
        assert _names(settings) == ["docs_harbour"]


def test_vectors_of_two_models_never_meet(settings: Settings) -> None:
    with changed(settings) as services:
        store = services.vector_store_service
        vector = OtherEmbeddings().embed_question("tonnes")
        with pytest.raises(OtherModel) as refused:
            store.nearest(HARBOUR, Probe(vector, "other"), 1)
        assert refused.value.model == "hash"
        with pytest.raises(OtherModel):
            store.add(HARBOUR, [Chunk("d", 0, "a", 1, "", "a", 0, 1)], vector[None, :])
        services.reembedder.run(HARBOUR)
        with pytest.raises(OtherModel) as refused:
            store.nearest(HARBOUR, Probe(vector, "hash"), 1)
        assert refused.value.model == "other"


def test_documents_of_a_model_that_cannot_be_opened_say_so_until_they_are_embedded_again(settings: Settings) -> None:
    with open_services(settings, embedder=OtherEmbeddings()) as services:
        with pytest.raises(Unavailable, match="reembed") as refused:
            best(services)
        assert refused.value.code == "embedding_model_missing"
        assert ingest(services, ClientId("quarry"), "crane")
        services.reembedder.run(HARBOUR)
        assert "forty tonnes" in best(services)


def test_a_run_that_was_killed_leaves_the_old_vectors_and_the_next_one_goes_on(settings: Settings) -> None:
    killed = [sys.executable, "-m", "tests.services.upkeep.reembedding_killed", str(settings.data_path.parent)]
    assert subprocess.run(killed, check=False, cwd=Path(__file__).parents[3], timeout=60).returncode == 9
    assert _names(settings) == ["docs_bakery", "docs_harbour", "successor_docs_harbour"]
    with changed(settings) as services:
        assert services.internals.library.outdated() == {HARBOUR: "hash"}
        assert "forty tonnes" in best(services, BAKERY)
        assert "forty tonnes" in best(services, HARBOUR)
    said: list[str] = []
    assert reembed(settings, said.append, opener=lambda chosen: open_services(chosen, embedder=OtherEmbeddings()))
    assert said[-1] == "1 clients embedded again with other."
    assert _names(settings) == ["docs_bakery", "docs_harbour"]


def test_the_doctor_and_the_probe_tell_of_it_and_the_operator_has_it_done(settings: Settings) -> None:
    said: list[str] = []
    assert doctor(settings, said.append)
    assert any("python -m app.cli reembed" in line and "2 clients" in line for line in said)
    app = create_app(
        settings, opener=lambda chosen: open_services(chosen, embedder=OtherEmbeddings(), embedder_of=earlier)
    )
    with TestClient(app) as api:
        assert api.get("/health/ready").json() == {"status": "ready", "outdated_clients": 2}
        assert api.post("/api/v1/admin/reembed").status_code == 202
        wait_for(lambda: not api.get("/api/v1/admin/reembed").json()["running"])
        assert api.get("/api/v1/admin/reembed").json() == {
            "running": False, "model": "other", "waiting": 0, "done": 2, "texts": 4, "failed": {},
        }  # fmt: skip
        assert api.get("/health/ready").json()["outdated_clients"] == 0
