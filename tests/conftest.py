"""The real app on real stores in a temporary folder, with quick embeddings unless a test needs the real ones."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.config import Settings
from app.main import create_app
from tests.fakes import HashEmbeddings

AppFactory = Callable[..., TestClient]

TEXT = (
    "The harbour crane lifts forty tonnes. It was built in 1962 by the Oskarsson works.\n\n"
    "The crane driver needs a licence, which is valid for five years.\n"
)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no .env of the developer's machine reaches a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def new_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores as the first start makes them, empty: copied for each test, which saves it the migrations."""
    folder = tmp_path_factory.mktemp("stores")
    open_services(_settings(folder), embedder=HashEmbeddings()).close()
    return folder


def app_in(folder: Path, new_stores: Path, **values: Any) -> FastAPI:
    """The app, not started, with its files in `folder`: for a fixture of more than one test."""
    shutil.copytree(new_stores, folder, dirs_exist_ok=True)
    return quick_app(_settings(folder, **values))


def quick_app(settings: Settings) -> FastAPI:
    """The app, not started, with quick embeddings."""
    return create_app(settings, opener=lambda chosen: open_services(chosen, embedder=HashEmbeddings()))


def _settings(folder: Path, **values: Any) -> Settings:
    data = folder / "data"
    paths = {"data_path": data, "session_db_path": data / "sessions.db", "vector_store_path": folder / "chroma"}
    return Settings(_env_file=None, **{**paths, **values})


@pytest.fixture
def make_settings(tmp_path: Path, new_stores: Path) -> Callable[..., Settings]:
    """Settings whose files all lie in the test's own folder."""
    shutil.copytree(new_stores, tmp_path, dirs_exist_ok=True)
    return lambda **values: _settings(tmp_path, **values)


@pytest.fixture
def make_app(make_settings: Callable[..., Settings]) -> AppFactory:
    """Make the app with these settings, not started: use it as a context manager. Errors of the app become answers."""

    def make(**values: Any) -> TestClient:
        return TestClient(quick_app(make_settings(**values)), raise_server_exceptions=False)

    return make


@pytest.fixture
def make_client(make_app: AppFactory) -> Iterator[AppFactory]:
    """Start the app with these settings; it is stopped when the test ends."""
    with ExitStack() as stack:
        yield lambda **values: stack.enter_context(make_app(**values))


@pytest.fixture
def api(make_client: AppFactory) -> TestClient:
    """The app with default settings."""
    return make_client()


def upload(api: TestClient, *files: tuple[str, bytes], headers: dict[str, str] | None = None, **fields: str) -> Any:
    """Upload files; return the response."""
    parts = [("files", file) for file in files or [("crane.txt", TEXT.encode())]]
    return api.post("/api/v1/ingest/", files=parts, data=fields, headers=headers)


def ask(api: TestClient, message: str, client_id: str, **more: Any) -> Any:
    """Ask a question; return the response."""
    headers = more.pop("headers", None)
    return api.post("/api/v1/chat/", json={"message": message, "client_id": client_id, **more}, headers=headers)


def assert_problem(response: Any, status: int, code: str) -> None:
    """The answer is a problem of this status and code, with a sentence, and nothing of the inside shows."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert len(body["detail"]) > 10
    assert body["request_id"] == response.headers["x-request-id"]
    for inside in ("Traceback", "sqlite", "/site-packages", "chromadb", "SELECT "):
        assert inside not in response.text
