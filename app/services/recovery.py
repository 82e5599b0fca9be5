"""After a crash: finish or undo what the journal says was under way when the process ended."""

import logging

from app.common.ids import ClientId
from app.services.catalog import Catalog, DocumentRecord
from app.services.vector_store import VectorStoreService

logger = logging.getLogger(__name__)


def recover(catalog: Catalog, store: VectorStoreService) -> int:
    """Remove every document that was not acknowledged or was being deleted; return how many.

    Runs before the first request is served: no one else writes.
    """
    unfinished = catalog.unfinished()
    for record in unfinished:
        _remove(catalog, store, record)
    if unfinished:
        logger.warning("unfinished documents removed", extra={"documents": len(unfinished)})
    return len(unfinished)


def _remove(catalog: Catalog, store: VectorStoreService, record: DocumentRecord) -> None:
    client_id = ClientId(record.client_id)
    if store.exists(client_id):
        store.delete_document(client_id, record.document_id)
    catalog.drop_document(client_id, record.document_id)
    known = catalog.client(client_id)
    if known is None or known.document_count == 0:
        store.delete_collection(client_id)
