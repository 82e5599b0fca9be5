"""Damaged indexes and what a crash left behind, in the whole service and with the Repairer alone."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.errors import Unavailable
from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.config import Settings
from app.folders import data_files
from app.service import Services
from app.services.catalog.store import Catalog
from app.services.chroma.sql import facts
from app.services.compaction import Compactor
from app.services.embedding.models import Embedders, cannot_open
from app.services.library.embedded import Beside, EmbeddedLibrary
from app.services.tables import TableStore
from app.services.upkeep.index_repair import FIRST_DELAY_SECONDS, Repairer
from app.services.vector_store import VectorStoreService
from app.services.words import WordStore
from tests.api import TEXT, AppFactory, ask, upload
from tests.fakes import HashEmbeddings
from tests.waiting import wait_for

HARBOUR, BAKERY = ClientId("harbour"), ClientId("bakery")
MakeSettings = Callable[..., Settings]


def segment(settings: Settings, client_id: str = HARBOUR) -> Path:
    """The folder of the client's index; the service must be stopped."""
    (found,) = facts(settings.vector_store_path, f"docs_{client_id}")
    return settings.vector_store_path / found.segment_id


def _truncate(folder: Path) -> None:
    with (folder / "data_level0.bin").open("r+b") as file:
        file.truncate(50)


def _scribble(folder: Path) -> None:
    (folder / "link_lists.bin").write_bytes(b"\xff" * 4096)
    (folder / "header.bin").write_bytes(b"\xff" * 100)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": _truncate,
    "overwritten": _scribble,
    "no id map": lambda folder: (folder / "index_metadata.pickle").unlink(),
    "an id map that would run code": lambda folder: (folder / "index_metadata.pickle").write_bytes(
        b"cos\nsystem\n(S'exit 1'\ntR."
    ),
    "gone": shutil.rmtree,
}


def _library(settings: Settings, catalog: Catalog, store: VectorStoreService) -> EmbeddedLibrary:
    compactor = Compactor(steps=(), folders=(), marker=settings.data_path / "due")
    words = WordStore(data_files(settings).words, open_files=4)
    tables = TableStore(data_files(settings).tables)
    return EmbeddedLibrary(catalog=catalog, store=store, beside=Beside(words, tables), compactor=compactor)


def _eventually(ask_once: Callable[[], Any]) -> Any:
    """The first answer that is not a 503; each of those must say when to come again."""

    def answered() -> Any:
        response = ask_once()
        if response.status_code != 503:
            return response
        assert response.json()["code"].startswith("index_")
        assert int(response.headers["retry-after"]) > 0
        return None

    return wait_for(answered)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_client_answers_again_and_the_others_all_the_time(
    make_app: AppFactory, make_settings: MakeSettings, damage: str
) -> None:
    with make_app() as api:
        upload(api, client_id=HARBOUR)
        upload(api, ("bread.txt", b"Bread is baked at night."), client_id=BAKERY)
        before = ask(api, "Who built the crane?", HARBOUR, use_memory=False).json()["sources"]
    DAMAGES[damage](segment(make_settings()))
    with make_app() as api:
        assert ask(api, "Who built the crane?", HARBOUR).status_code in (200, 503)
        assert ask(api, "When is bread baked?", BAKERY).status_code == 200
        response = _eventually(lambda: ask(api, "Who built the crane?", HARBOUR, use_memory=False))
        assert response.json()["sources"] == before
    assert [each.name for each in make_settings().vector_store_path.glob("*.damaged")] == []
    assert segment(make_settings()).is_dir()


def test_what_is_uploaded_and_deleted_while_a_client_is_damaged_is_not_lost(
    make_app: AppFactory, make_settings: MakeSettings
) -> None:
    with make_app() as api:
        upload(api, client_id=HARBOUR)
    _truncate(segment(make_settings()))
    with make_app() as api:
        upload(api, ("tide.txt", b"High tide is at seven."), client_id=HARBOUR)
        for question, word in (("When is high tide?", "seven"), ("Who built the crane?", "Oskarsson")):
            response = _eventually(lambda question=question: ask(api, question, HARBOUR))  # type: ignore[misc]
            assert word in response.text
        assert api.delete(f"/api/v1/chat/collections/{HARBOUR}").json()["documents_deleted"] == 2
        assert ask(api, "When is high tide?", HARBOUR).status_code == 404


class _AnotherModel(HashEmbeddings):
    name = "another"


def test_a_deletion_that_was_interrupted_ends_with_another_model_too(make_settings: MakeSettings) -> None:
    settings = make_settings()
    with open_services(settings, embedder=HashEmbeddings()) as services:
        document_id = _ingest(services, HARBOUR)
        services.internals.catalog.begin_delete(HARBOUR, document_id)
    with open_services(settings, embedder=_AnotherModel()) as services:
        assert services.internals.catalog.unfinished() == []
        assert not services.vector_store_service.exists(HARBOUR)


def _ingest(services: Services, client_id: ClientId, text: str = TEXT) -> str:
    path = services.settings.data_path / "crane.txt"
    path.write_text(text)
    result = services.ingest_file(path, client_id)
    assert result.document_id is not None
    return result.document_id


class _FailingEmbeddings(HashEmbeddings):
    """Fails as often as told, then works."""

    failures = 1

    def embed_texts(self, *args: Any, **kwargs: Any) -> Vectors:
        """See Embedder."""
        if self.failures:
            self.failures -= 1
            raise RuntimeError
        return super().embed_texts(*args, **kwargs)


class _BusyOnce(VectorStoreService):
    """Cannot delete a document at the first try."""

    tries = 0

    def delete_document(self, client_id: ClientId, document_id: str) -> int:
        """See VectorStoreService."""
        self.tries += 1
        if self.tries == 1:
            raise Unavailable("Busy; try again later.")
        return super().delete_document(client_id, document_id)


@contextmanager
def _stores(settings: Settings) -> Iterator[tuple[Catalog, _BusyOnce]]:
    catalog = Catalog.open(settings.data_path / "catalog.db")
    store = _BusyOnce(settings.vector_store_path, cache_size=8, embedding_model="hash")
    try:
        yield catalog, store
    finally:
        store.close()
        catalog.close()


def test_a_repair_that_fails_is_tried_again_later_and_does_not_hold_up_the_others(make_settings: MakeSettings) -> None:
    settings = make_settings()
    with open_services(settings, embedder=HashEmbeddings()) as services:
        for client_id in (HARBOUR, BAKERY):
            _ingest(services, client_id)
            _ingest(services, client_id, "Chroma's log may still have this one, but not the one before.")
    for client_id in (HARBOUR, BAKERY):
        shutil.rmtree(segment(settings, client_id))
    now = 0.0
    with _stores(settings) as (catalog, store):
        library = _library(settings, catalog, store)
        repairer = Repairer(
            library=library, store=store, embedders=Embedders(_FailingEmbeddings(), (), cannot_open), clock=lambda: now
        )
        for client_id in (HARBOUR, BAKERY):
            assert store.check(client_id) != "ok"
        assert repairer.repair_due() == [HARBOUR]  # the bakery was first, and failed
        assert repairer.repair_due() == []
        now += FIRST_DELAY_SECONDS
        assert repairer.repair_due() == [BAKERY]
        assert store.damaged() == []
        for client_id in (HARBOUR, BAKERY):
            assert store.search(client_id, HashEmbeddings().embed_question("crane"), 1)


def test_what_the_start_could_not_take_back_is_taken_back_behind(make_settings: MakeSettings) -> None:
    settings = make_settings()
    with open_services(settings, embedder=HashEmbeddings()) as services:
        services.internals.catalog.begin_delete(HARBOUR, _ingest(services, HARBOUR))
    with _stores(settings) as (catalog, store):
        library = _library(settings, catalog, store)
        assert library.resume() == 1
        repairer = Repairer(library=library, store=store, embedders=Embedders(HashEmbeddings(), (), cannot_open))
        assert repairer.repair_due() == [HARBOUR]
        assert catalog.client(HARBOUR) is None
        assert not store.exists(HARBOUR)
        assert repairer.repair_due() == []


def test_a_closed_repairer_begins_nothing(make_settings: MakeSettings) -> None:
    settings = make_settings()
    with open_services(settings, embedder=HashEmbeddings()) as services:
        _ingest(services, HARBOUR)
    shutil.rmtree(segment(settings))
    with _stores(settings) as (catalog, store):
        library = _library(settings, catalog, store)
        repairer = Repairer(library=library, store=store, embedders=Embedders(HashEmbeddings(), (), cannot_open))
        with repairer:
            pass
        store.check(HARBOUR)
        assert repairer.repair_due() == []
        assert store.damaged() == [HARBOUR]


def test_health_stays_good_while_a_client_is_damaged(make_app: AppFactory, make_settings: MakeSettings) -> None:
    with make_app() as api:
        upload(api, client_id=HARBOUR)
    _truncate(segment(make_settings()))
    with make_app() as api:
        assert _healthy(api)
        ask(api, "Who built the crane?", HARBOUR)
        assert _healthy(api)


def _healthy(api: TestClient) -> bool:
    return bool(api.get("/health").json()["status"] == "healthy")
