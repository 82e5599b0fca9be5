"""A service with something of everything, and backups of it."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.config import Settings
from app.service import Services
from app.services.backup.layout import layout
from app.services.backup.restoring import restore
from tests.api import app_in, ask, quick_app, settings_in, upload

Restored = Callable[[bytes], TestClient]
SALES = b"Region,Amount\nNorth,10\nSouth,20\n"
BACKUP = "/api/v1/admin/backup"


def services_of(api: TestClient) -> Services:
    services: Services = api.app.state.services  # type: ignore[attr-defined] # an ASGI app of ours
    return services


def backup(api: TestClient, **request: Any) -> bytes:
    """Take a backup over HTTP; return the archive."""
    response = api.post(BACKUP, **request)
    assert response.status_code == 200, response.text
    return response.content


def settings_for_copy(folder: Path, **values: Any) -> Settings:
    """Settings for what `restore` puts into a folder."""
    return settings_in(folder, vector_store_path=layout(folder).chroma, **values)


@pytest.fixture
def restored(tmp_path: Path) -> Iterator[Restored]:
    """Restore an archive and start a service on it."""
    started: list[TestClient] = []

    def start(archive: bytes) -> TestClient:
        folder = tmp_path / f"restored-{len(started)}"
        restore(io.BytesIO(archive), folder)
        api = TestClient(quick_app(settings_for_copy(folder)))
        started.append(api)
        return api.__enter__()

    yield start
    for api in started:
        api.__exit__(None, None, None)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    """A service with something of everything, for tests that change none of it."""
    with TestClient(app_in(tmp_path_factory.mktemp("full"), new_stores), raise_server_exceptions=False) as api:
        yield fill(api)


@pytest.fixture(scope="module")
def archive(full: TestClient) -> bytes:
    """A backup of it."""
    return backup(full)


def fill(api: TestClient) -> TestClient:
    """Give it documents, tables, a conversation, feedback, a key and settings."""
    upload(api, client_id="harbour", metadata='{"year": 1962}', tags="crane")
    upload(api, ("sales.csv", SALES), client_id="harbour")
    upload(api, ("tide.txt", b"High tide is at seven."), client_id="bakery")
    message = ask(api, "Who built the crane?", "harbour", session_id="s-1").json()["message_id"]
    api.post(
        f"/api/v1/sessions/s-1/messages/{message}/feedback", json={"rating": "up"}, params={"client_id": "harbour"}
    )
    api.put("/api/v1/clients/harbour/settings", json={"system_prompt": "Be brief."})
    api.post("/api/v1/clients/harbour/keys", json={"label": "of the backup test"})
    return api
