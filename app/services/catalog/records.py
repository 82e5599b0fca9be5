"""What is known of clients and documents, whatever keeps it."""

from dataclasses import dataclass
from typing import Literal

from app.common.ids import ClientId
from app.common.labels import NO_LABELS, Labels

DocumentStatus = Literal["indexing", "ready", "deleting"]


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A client's counters; times are seconds since the epoch."""

    client_id: ClientId
    document_count: int
    chunk_count: int
    byte_count: int
    created_at: float
    last_modified: float
    registered: bool


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """What is known of one document; its text and vectors are in the vector store."""

    document_id: str
    client_id: ClientId
    filename: str
    kind: str
    sha256: str
    size_bytes: int
    pages: int
    characters: int
    chunk_count: int
    chunk_size: int
    chunk_overlap: int
    warnings: tuple[str, ...]
    status: DocumentStatus
    created_at: float
    updated_at: float
    part_count: int | None = None
    """Parts that are stored; None for a document of which the chunks themselves are."""
    labels: Labels = NO_LABELS

    @property
    def stored_parts(self) -> int:
        """How many pieces of the document the stores hold."""
        return self.chunk_count if self.part_count is None else self.part_count


@dataclass(frozen=True, slots=True)
class CatalogTotals:
    """What all clients have together."""

    clients: int
    documents: int
    chunks: int
