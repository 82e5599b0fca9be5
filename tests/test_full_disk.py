"""The whole service on a disk that fills up: reading and deleting go on, storing says so, and all of it recovers."""

import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.vectors import Vectors
from app.main import create_app
from app.services.embedding.types import OnBatch
from tests.api import TEXT, ask, assert_problem, quick_app, settings_in, upload
from tests.fakes import HashEmbeddings
from tests.small_disk import fill, make_room, small_disk
from tests.waiting import wait_for

ADMIN = {"X-API-Key": "the-key-of-the-admin"}
RESERVE_MB = 32
BREAD = "Bread is baked at night. " * 300


@pytest.fixture
def disk(tmp_path: Path, new_stores: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=48) as disk:
        shutil.copytree(new_stores, disk, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.space"))
        yield disk


def serve(disk: Path, **values: Any) -> TestClient:
    app = quick_app(settings_in(disk, admin_api_key=ADMIN["X-API-Key"], disk_reserve_mb=RESERVE_MB, **values))
    return TestClient(app, headers=ADMIN, raise_server_exceptions=False)


def documents(api: TestClient, client_id: str) -> dict[str, str]:
    """The client's documents: id and status."""
    listed = api.get("/api/v1/documents", params={"client_id": client_id}).json()["documents"]
    return {document["document_id"]: document["status"] for document in listed}


def test_reading_goes_on_and_storing_says_what_to_do(disk: Path) -> None:
    with serve(disk) as api:
        key = api.post("/api/v1/clients", json={"client_id": "harbour"}).json()["api_key"]
        upload(api, client_id="harbour")
        ask(api, "Who built the crane?", "harbour", session_id="before")
        fill(disk)

        own = {"X-API-Key": key}  # its first use, which there is no room to note
        assert len(api.get("/api/v1/documents", headers=own).json()["documents"]) == 1
        query = {"query": "Who built the crane?", "client_id": "harbour"}
        assert "Oskarsson" in api.post("/api/v1/search", json=query, headers=own).text
        assert "Oskarsson" in ask(api, "Who built the crane?", "harbour", use_memory=False).text
        assert api.get("/api/v1/sessions/before/messages?client_id=harbour").is_success
        assert api.get("/health").json()["status"] == "degraded"

        for refused in (
            upload(api, ("bread.txt", BREAD.encode()), client_id="harbour"),
            api.post("/api/v1/ingest/?async=true", files={"files": ("a.txt", b"Salt.")}, data={"client_id": "harbour"}),
            _asked_until_refused(api),
            api.post("/api/v1/chat/stream", json={"message": "Who built it? " * 500, "client_id": "harbour"}),
        ):
            assert_problem(refused, 507, "insufficient_storage")
            assert int(refused.headers["retry-after"]) > 0
        assert_problem(api.get("/health/ready"), 503, "insufficient_storage")
        assert api.get("/health/live").is_success
        assert list(documents(api, "harbour").values()) == ["ready"]


def _asked_until_refused(api: TestClient) -> Any:
    """Small turns are stored as long as there is room in what the databases already take."""
    for _ in range(100):
        answer = ask(api, "Who built the crane? " * 300, "harbour", session_id="before")
        if not answer.is_success:
            break
    return answer


def test_deleting_works_and_all_recovers_when_there_is_room(disk: Path) -> None:
    with serve(disk) as api:
        for client_id in ("harbour", "bakery", "leaving"):
            upload(api, client_id=client_id)
            upload(api, ("bread.txt", BREAD.encode()), client_id=client_id)
            ask(api, "Who built the crane?", client_id, session_id="talk")
        key = api.post("/api/v1/clients/harbour/keys", json={}).json()
        job = api.post("/api/v1/ingest/?async=true", files={"files": ("a.txt", b"Salt.")}, data={"client_id": "mill"})
        wait_for(lambda: api.get(f"/api/v1/ingest/jobs/{job.json()['job_id']}").json()["status"] == "completed")
        fill(disk)
        upload(api, ("salt.txt", b"Salt is mined."), client_id="harbour")

        gone, kept = documents(api, "harbour")
        assert api.delete(f"/api/v1/documents/{gone}?client_id=harbour").is_success
        assert documents(api, "harbour") == {kept: "ready"}
        assert api.delete("/api/v1/sessions/talk?client_id=harbour").is_success
        assert api.delete(f"/api/v1/clients/harbour/keys/{key['key_id']}").is_success
        assert api.delete("/api/v1/chat/collections/bakery").json()["documents_deleted"] == 2
        assert api.delete("/api/v1/clients/leaving").json()["documents_deleted"] == 2
        assert api.post("/api/v1/sessions/cleanup").is_success
        assert api.delete(f"/api/v1/ingest/jobs/{job.json()['job_id']}").status_code == 409  # it is finished
        assert "Oskarsson" in ask(api, "Who built the crane?", "harbour", use_memory=False).text
        assert_problem(api.get("/health/ready"), 503, "insufficient_storage")

        make_room(disk)
        assert api.get("/health/ready").is_success
        assert upload(api, ("salt.txt", b"Salt is mined."), client_id="harbour").is_success
        assert ask(api, "Where does salt come from?", "harbour", session_id="talk").is_success
        assert set(documents(api, "harbour").values()) == {"ready"}


def test_the_service_starts_on_a_full_disk(disk: Path) -> None:
    with serve(disk) as api:
        upload(api, client_id="harbour")
    fill(disk)
    with serve(disk) as api:
        assert_problem(api.get("/health/ready"), 503, "insufficient_storage")
        assert "Oskarsson" in ask(api, "Who built the crane?", "harbour", use_memory=False).text
        assert_problem(upload(api, ("salt.txt", b"Salt."), client_id="harbour"), 507, "insufficient_storage")
        assert api.delete("/api/v1/chat/collections/harbour").is_success
        make_room(disk)
        assert upload(api, client_id="harbour").is_success


class _Held(HashEmbeddings):
    """Waits while it embeds a text about tides."""

    def __init__(self) -> None:
        self.entered, self.gate = threading.Event(), threading.Event()

    def embed_texts(self, texts: Sequence[str], on_batch: OnBatch | None = None, **more: Any) -> Vectors:
        """See Embedder."""
        if "tide" in texts[0]:
            self.entered.set()
            assert self.gate.wait(30)
        return super().embed_texts(texts, on_batch, **more)


def test_files_in_the_background_wait_for_room(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.jobs.worker._WAIT_SECONDS", 0.05)
    held = _Held()
    app = create_app(
        settings_in(disk, disk_reserve_mb=RESERVE_MB), opener=lambda chosen: open_services(chosen, embedder=held)
    )
    with TestClient(app) as api:
        files = [("files", (name, text)) for name, text in (("a.txt", b"High tide."), ("b.txt", TEXT.encode()))]
        job = api.post("/api/v1/ingest/?async=true", files=files, data={"client_id": "harbour"}).json()
        address = f"/api/v1/ingest/jobs/{job['job_id']}?client_id=harbour"
        assert held.entered.wait(30)
        wait_for(lambda: len(documents(api, "harbour")) == 1)  # the other one, by the second worker
        fill(disk)
        held.gate.set()
        assert_problem(upload(api, ("salt.txt", b"Salt."), client_id="harbour"), 507, "insufficient_storage")
        assert api.get(address).json()["status"] == "running"
        make_room(disk)
        wait_for(lambda: api.get(address).json()["status"] == "completed")
        assert list(documents(api, "harbour").values()) == ["ready", "ready"]


def test_a_full_folder_for_temporary_files_refuses_large_uploads(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "temporary", megabytes=1) as temporary, serve(disk) as api:
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        fill(temporary)
        large = ("large.txt", b"Bread is baked at night. " * 100_000)
        assert_problem(upload(api, large, client_id="harbour"), 507, "insufficient_storage")
        assert_problem(api.get("/health/ready"), 503, "insufficient_storage")
        assert upload(api, client_id="harbour").is_success
        assert ask(api, "Who built the crane?", "harbour").is_success
        make_room(temporary)
        assert api.get("/health/ready").is_success


def test_what_changes_something_documents_the_full_disk(disk: Path) -> None:
    paths = serve(disk).get("/openapi.json").json()["paths"]
    told = {path for path, operations in paths.items() if "507" in operations.get("post", {}).get("responses", {})}
    assert {"/api/v1/ingest/", "/api/v1/chat/", "/api/v1/chat/stream", "/api/v1/clients"} <= told
    assert "/api/v1/search" not in told
