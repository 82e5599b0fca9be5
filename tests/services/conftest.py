"""A vector store in a folder of the test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.vector_store import VectorStoreService
from tests.services.vector_store_parts import Opener


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as its first start leaves it: copied, it saves each test the migrations."""
    folder = tmp_path_factory.mktemp("empty")
    VectorStoreService(folder, cache_size=4, embedding_model="test").close()
    return folder


@pytest.fixture
def root(tmp_path: Path, empty: Path) -> Path:
    shutil.copytree(empty, tmp_path / "chroma")
    return tmp_path / "chroma"


@pytest.fixture
def open_store(root: Path) -> Iterator[Opener]:
    """Open the store; opening it again closes it first, as a restart does."""
    opened: list[VectorStoreService] = []

    def open_(*, cache_size: int = 4, embedding_model: str = "test") -> VectorStoreService:
        while opened:
            opened.pop().close()
        opened.append(VectorStoreService(root, cache_size=cache_size, embedding_model=embedding_model))
        return opened[-1]

    yield open_
    while opened:
        opened.pop().close()


@pytest.fixture
def store(open_store: Opener) -> VectorStoreService:
    return open_store()
