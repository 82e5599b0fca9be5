"""What tests of the vector store share: adding, asking, and looking at its files."""

from collections.abc import Callable
from pathlib import Path

from app.common.ids import ClientId
from app.common.passages import Chunk
from app.services.chroma import sql as chroma_sql
from app.services.vector_store import VectorStoreService
from tests.services.vector_store_writer import document, embed

ALPHA, BETA = ClientId("alpha"), ClientId("beta")
Opener = Callable[..., VectorStoreService]


def add(store: VectorStoreService, client: ClientId, name: str, size: int) -> list[Chunk]:
    chunks = document(name, size)
    store.add(client, chunks, embed([chunk.text for chunk in chunks]))
    return chunks


def ask(store: VectorStoreService, client: ClientId, text: str, k: int = 3) -> list[str]:
    return [passage.chunk.id for passage in store.search(client, embed([text])[0], k)]


def not_found(store: VectorStoreService, client: ClientId, chunks: list[Chunk]) -> list[str]:
    return [chunk.id for chunk in chunks if ask(store, client, chunk.text)[:1] != [chunk.id]]


def folder_of(root: Path, client: ClientId) -> Path:
    (facts,) = chroma_sql.facts(root, f"docs_{client}")
    return root / facts.segment_id
