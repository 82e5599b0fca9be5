"""What a new document takes the place of, and whether there is room for it: the same on every backend."""

from collections.abc import Sequence

from app.common.absent import no_such_document
from app.common.ids import ClientId
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.library.types import ClientLimits, Succession


def superseded(catalog: Catalog, client_id: ClientId, succession: Succession) -> list[DocumentRecord]:
    """Return the documents that a new one takes the place of; raises NotFound when the one to replace is not there."""
    found = catalog.superseded(
        client_id, succession.sha256, filename=succession.filename, document_id=succession.document_id
    )
    wanted = succession.document_id
    if wanted is not None and wanted not in {record.document_id for record in found}:
        raise no_such_document()
    return found


def require_room(
    catalog: Catalog, limits: ClientLimits, client_id: ClientId, outdated: Sequence[DocumentRecord], new_chunks: int
) -> None:
    """Raise LimitReached when the client may not have one more document of so many chunks in place of others."""
    record = catalog.client(client_id)
    documents = (record.document_count if record else 0) - len(outdated) + 1
    chunks = (record.chunk_count if record else 0) - sum(old.chunk_count for old in outdated) + new_chunks
    limits.require(documents=documents, chunks=chunks)
