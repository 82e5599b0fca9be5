"""The real app on real stores in a temporary folder, with quick embeddings unless a test needs the real ones."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.locks import order_checked
from app.config import Settings
from tests.api import AppFactory, quick_app, settings_in
from tests.fakes import HashEmbeddings
from tests.postgres_fixtures import _documents_url, database_url, documents_url, postgres

__all__ = ["_documents_url", "database_url", "documents_url", "postgres"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a PostgreSQL server, for `make test-postgres`."""
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no .env of the developer's machine reaches a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _refused_locks() -> Iterator[list[str]]:
    """No thread of any test takes locks out of order."""
    with order_checked() as refused:
        yield refused


@pytest.fixture(autouse=True)
def _locks_in_order(_refused_locks: list[str]) -> Iterator[None]:
    """Fail the test during which a lock was refused, also when a thread has swallowed the error."""
    yield
    refused = list(_refused_locks)
    _refused_locks.clear()
    assert refused == []


@pytest.fixture(scope="session")
def new_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores as the first start makes them, empty: copied for each test, which saves it the migrations."""
    folder = tmp_path_factory.mktemp("stores")
    open_services(settings_in(folder), embedder=HashEmbeddings()).close()
    return folder


@pytest.fixture
def make_settings(tmp_path: Path, new_stores: Path) -> Callable[..., Settings]:
    """Settings whose files all lie in the test's own folder."""
    shutil.copytree(new_stores, tmp_path, dirs_exist_ok=True)
    return lambda **values: settings_in(tmp_path, **values)


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
