"""A data folder that an earlier version wrote opens, and answers as it did."""

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.commands.doctor import doctor
from app.common.ids import ClientId
from app.common.vectors import Vectors
from app.main import create_app
from app.service import Services
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.words.checking import IndexReport
from tests.api import words_of
from tests.compatibility.make_data import DATA, QUESTION, SESSION, settings_in
from tests.waiting import wait_for

ARCHIVES = sorted(DATA.glob("*.tar.gz"))


def unpacked(folder: Path, archive: Path) -> dict[str, Any]:
    """Unpack the data into a folder, and return what the API said of them."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return expected


@contextmanager
def opened(folder: Path, archive: Path) -> Iterator[tuple[TestClient, dict[str, Any]]]:
    """Unpack the folder and start the app on it, at the time when it was written."""
    expected = unpacked(folder, archive)
    written = expected["messages"][-1]["timestamp"]

    def opener(settings: Any) -> Services:
        return open_services(settings, clock=lambda: written)

    with TestClient(create_app(settings_in(folder), opener=opener)) as api:
        yield api, expected


@pytest.fixture(scope="module", params=ARCHIVES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened(tmp_path_factory.mktemp("old"), request.param) as (api, expected):
        yield api, expected


def _as(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


def test_documents_are_listed_as_before(old: Any) -> None:
    api, expected = old
    for client, key in expected["keys"].items():
        listed = api.get("/api/v1/documents", headers=_as(key)).json()["documents"]
        # Later versions may add fields, never take any away or change them.
        assert [
            {field: document[field] for field in was}
            for document, was in zip(listed, expected["documents"][client], strict=True)
        ] == expected["documents"][client]


def test_questions_find_the_documents(old: Any) -> None:
    api, expected = old
    found = api.post("/api/v1/search", json={"query": QUESTION}, headers=_as(expected["keys"]["acme"])).json()
    assert found["results"][0]["source"] in expected["sources"]


def test_conversations_go_on(old: Any) -> None:
    api, expected = old
    headers = _as(expected["keys"]["acme"])
    messages = api.get(f"/api/v1/sessions/{SESSION}/messages", headers=headers).json()["messages"]
    assert [(m["role"], m["content"]) for m in messages] == [(m["role"], m["content"]) for m in expected["messages"]]
    asked = {"message": "And how quickly is a claim decided?", "session_id": SESSION}
    assert api.post("/api/v1/chat/", json=asked, headers=headers).status_code == 200


def test_settings_of_a_client_are_kept(old: Any) -> None:
    api, expected = old
    settings = api.get("/api/v1/clients/port/settings", headers=_as(expected["keys"]["port"])).json()
    assert {name: settings[name] for name in expected["settings"]} == expected["settings"]


def test_statistics_and_the_doctor_tell_of_older_documents(old: Any, tmp_path: Path) -> None:
    api, expected = old
    stats = api.get("/api/v1/chat/collections/acme/stats", headers=_as(expected["keys"]["acme"])).json()
    assert stats["older_documents"] == stats["document_count"] == len(expected["documents"]["acme"])
    unpacked(tmp_path, ARCHIVES[0])
    said: list[str] = []
    doctor(settings_in(tmp_path), said.append)
    (told,) = [line for line in said if "earlier version" in line]
    assert told.startswith("3 documents")


class Frugal(Embedder):
    """The real model, which must not be asked to embed documents."""

    def __init__(self, model: Embedder) -> None:
        self.name, self.dimension, self.scale = model.name, model.dimension, model.scale
        self.embed_question = model.embed_question  # type: ignore[method-assign]
        self.unfamiliar = model.unfamiliar  # type: ignore[method-assign]
        self.close = model.close  # type: ignore[method-assign]

    def embed_texts(self, *_: object, **__: object) -> Vectors:
        """See Embedder."""
        raise AssertionError("documents of the version before were embedded again")

    def embed_question(self, text: str, *, owner: str = "") -> Vectors:
        """See Embedder."""
        raise NotImplementedError

    def close(self) -> None:
        """See Embedder."""


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name)
def test_words_are_indexed_from_the_stored_texts_and_nothing_is_embedded_again(
    tmp_path: Path, archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="app.bootstrap")
    expected = unpacked(tmp_path, archive)
    settings, acme = settings_in(tmp_path), ClientId("acme")
    model = open_embedder(settings.embedding_model, backend="onnx", device="cpu", cache=tmp_path / "models", threads=1)
    with open_services(settings, embedder=Frugal(model)) as services:
        (told,) = [record for record in caplog.records if record.message.startswith("documents of an earlier version")]
        assert told.__dict__["documents"] == services.internals.catalog.count_older_documents() > 0
        words = words_of(services)
        assert words.examine(acme).state == "missing"
        assert services.retriever.retrieve(acme, QUESTION)[0].chunk.source in expected["sources"]
        wait_for(lambda: not services.internals.library.unresumed())
        listed = services.documents.page(acme).records
        assert words.examine(acme) == IndexReport("ok", {each.document_id: each.chunk_count for each in listed})
        assert services.retriever.retrieve(acme, QUESTION)[0].chunk.source in expected["sources"]
    said: list[str] = []
    doctor(settings, said.append)
    lines = {line.split(":")[0].strip(): line for line in said}
    assert "words ok" in lines["acme"]
    assert "words none" in lines["port"], "nobody asked it anything yet"
    assert not any("something wrong" in line for line in said)


def test_documents_can_be_added_and_removed(old: Any) -> None:
    api, expected = old
    headers = _as(expected["keys"]["port"])
    new = api.post("/api/v1/ingest/", files=[("files", ("new.txt", b"The ferry leaves at nine."))], headers=headers)
    document = new.json()["documents"][0]
    assert document["status"] == "ready"
    found = api.post("/api/v1/search", json={"query": "When does the ferry leave?"}, headers=headers).json()
    assert found["results"][0]["source"] == "new.txt"
    assert api.delete(f"/api/v1/documents/{document['document_id']}", headers=headers).status_code == 200


def test_documents_can_be_labelled_and_filtered(old: Any) -> None:
    api, expected = old
    headers = _as(expected["keys"]["acme"])
    listed = api.get("/api/v1/documents", headers=headers).json()["documents"]
    assert all((document["metadata"], document["tags"]) == ({}, []) for document in listed)
    path = f"/api/v1/documents/{listed[0]['document_id']}"
    assert api.patch(path, json={"metadata": {"year": 2026}, "tags": ["old"]}, headers=headers).status_code == 200
    for filters in ({"tags": "old"}, {"metadata": {"year": {"gte": 2026}}}, {"tags": "old", "page": 1}):
        asked = {"query": QUESTION, "filters": filters}
        found = api.post("/api/v1/search", json=asked, headers=headers).json()["results"]
        assert {passage["document_id"] for passage in found} == {listed[0]["document_id"]}
    without = {"type": "ne", "key": "tags", "value": "old"}
    found = api.post("/api/v1/search", json={"query": QUESTION, "filters": without}, headers=headers).json()["results"]
    assert listed[0]["document_id"] not in {passage["document_id"] for passage in found}
    assert found
