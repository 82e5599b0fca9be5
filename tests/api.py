"""What tests of the app share: making it, uploading, asking, and what a problem looks like."""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.config import Settings
from app.main import create_app
from app.service import Services
from app.services.words.store import WordStore
from tests.fakes import HashEmbeddings

AppFactory = Callable[..., TestClient]

TEXT = (
    "The harbour crane lifts forty tonnes. It was built in 1962 by the Oskarsson works.\n\n"
    "The crane driver needs a licence, which is valid for five years.\n"
)


def settings_in(folder: Path, **values: Any) -> Settings:
    """Settings whose files all lie below `folder`, with a small reserve: thousands of tests share one disk."""
    data = folder / "data"
    paths = {"data_path": data, "session_db_path": data / "sessions.db", "vector_store_path": folder / "chroma"}
    return Settings(_env_file=None, **{**paths, "disk_reserve_mb": 1, **values})


def app_in(folder: Path, new_stores: Path, **values: Any) -> FastAPI:
    """The app, not started, with its files in `folder`: for a fixture of more than one test."""
    shutil.copytree(new_stores, folder, dirs_exist_ok=True)
    return quick_app(settings_in(folder, **values))


def quick_app(settings: Settings, clock: Callable[[], float] = time.time) -> FastAPI:
    """The app, not started, with quick embeddings; `clock` gives seconds since 1970."""
    return create_app(settings, opener=lambda chosen: open_services(chosen, embedder=HashEmbeddings(), clock=clock))


def upload(api: TestClient, *files: tuple[str, bytes], headers: dict[str, str] | None = None, **fields: str) -> Any:
    """Upload files; return the response."""
    parts = [("files", file) for file in files or [("crane.txt", TEXT.encode())]]
    return api.post("/api/v1/ingest/", files=parts, data=fields, headers=headers)


def upload_each(api: TestClient, client_id: str, texts: Sequence[str]) -> None:
    """Upload each text as a document of its own: passages of two documents are never joined."""
    files = [(f"text-{number}.txt", text.encode()) for number, text in enumerate(texts)]
    for start in range(0, len(files), 20):
        assert upload(api, *files[start : start + 20], client_id=client_id).status_code == 200


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


def words_of(services: Services) -> WordStore:
    """The index of words of a service that keeps it in files."""
    words = services.internals.words
    assert isinstance(words, WordStore)
    return words
