import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.common.ids import ClientId
from app.common.postgres.address import driver_address
from app.common.postgres.database import PostgresDatabase
from app.services.catalog.records import ClientRecord
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.library import ClientLimits
from app.services.library.postgres.library import PostgresLibrary
from app.services.library.postgres.tables import CatalogTables
from app.services.library.postgres.vectors import PostgresVectors
from app.services.library.postgres.words import PostgresWords
from tests.services.library.contract import EMBEDDER


@dataclass
class PostgresShelf:
    """See `Shelf`."""

    database: PostgresDatabase
    catalog: Catalog
    vectors: PostgresVectors
    words: PostgresWords
    compactor: Compactor
    library: PostgresLibrary

    def found(self, client_id: ClientId) -> set[str]:
        nearest = self.vectors.search(client_id, EMBEDDER.embed_question("Chunk number 0"), 100)
        found = {passage.chunk.document_id for passage in nearest}
        view = self.words.search(client_id, "chunk")
        assert found == ({document.document_id for document in view.contents.documents} if view else set())
        return found

    def client(self, client_id: ClientId) -> ClientRecord | None:
        return self.catalog.client(client_id)

    def compaction_due(self) -> bool:
        return self.compactor.due


@pytest.fixture
def open_shelf(documents_url: str, tmp_path: Path) -> Iterator[Callable[..., PostgresShelf]]:
    """Open a library; each call opens one more on the same database, as another process does."""
    with ExitStack() as stack:

        def opened(limits: ClientLimits | None = None, *, model: str = "hash") -> PostgresShelf:
            database = PostgresDatabase.open(driver_address(documents_url))
            stack.callback(database.close)
            catalog = Catalog(CatalogTables(database))
            vectors = PostgresVectors(database, embedding_model=model)
            compactor = Compactor(steps=(), folders=(), marker=tmp_path / "due")
            library = PostgresLibrary(
                database,
                catalog=catalog,
                compactor=compactor,
                models=vectors.models,
                limits=limits,
                clock=time.time,
            )
            return PostgresShelf(database, catalog, vectors, PostgresWords(database), compactor, library)

        yield opened
