"""Whose collection it is: one for each client, named after it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from app.common.ids import ClientId
from app.services.chroma import sql as chroma_sql
from app.services.chroma.sql import SegmentFacts

_PREFIX = "docs_"


class ClientCollection(TypedDict):
    """What one client has stored, documents that are being written or deleted included."""

    client_id: str
    collection_name: str
    document_count: int
    chunk_count: int


def collection_name(client_id: ClientId) -> str:
    """Return the name of the client's collection."""
    return f"{_PREFIX}{client_id}"


def client_of(name: str) -> ClientId:
    """Return the client of a collection that `of_clients` let through."""
    return ClientId(name.removeprefix(_PREFIX))


def of_clients(known: Iterable[SegmentFacts]) -> list[SegmentFacts]:
    """Return the collections of clients, without those that a rebuild is making."""
    return [facts for facts in known if facts.collection.startswith(_PREFIX)]


def client_collections(folder: Path) -> list[ClientCollection]:
    """Return all collections in the order of their clients, counted in a child process. Raises MaintenanceFailed."""
    known, stored = of_clients(chroma_sql.facts(folder)), chroma_sql.contents(folder).chunks
    return [
        ClientCollection(
            client_id=client_of(facts.collection),
            collection_name=facts.collection,
            document_count=len(stored.get(facts.collection_id, ())),
            chunk_count=facts.rows,
        )
        for facts in sorted(known, key=lambda facts: facts.collection)
    ]
