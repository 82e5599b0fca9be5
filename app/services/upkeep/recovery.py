"""After a crash: finish or undo what the journal says was under way when the process ended."""

import logging

from app.common.errors import AppError
from app.common.ids import ClientId
from app.services.catalog.store import Catalog, DocumentRecord
from app.services.vector_store import VectorStoreService

logger = logging.getLogger(__name__)


def recover(catalog: Catalog, store: VectorStoreService) -> list[DocumentRecord]:
    """Remove every document that was not acknowledged or was being deleted; return those that resisted.

    Runs before the first request is served: no one else writes. A client whose store fails does not keep the
    service from starting; what is left of it is for the repair behind, or for the next start.
    """
    unfinished = catalog.unfinished()
    left = [record for record in unfinished if not _removed(catalog, store, record)]
    if unfinished:
        logger.warning(
            "unfinished documents removed", extra={"documents": len(unfinished) - len(left), "left": len(left)}
        )
    return left


def remove_document(catalog: Catalog, store: VectorStoreService, client_id: ClientId, document_id: str) -> None:
    """Remove what there is of a document that is not ready, and its client when nothing is left of it.

    The caller keeps other writers of the client away.
    """
    if store.exists(client_id):
        store.delete_document(client_id, document_id)
    catalog.drop_document(client_id, document_id)
    known = catalog.client(client_id)
    if known is None or known.document_count == 0:
        store.delete_collection(client_id)


def _removed(catalog: Catalog, store: VectorStoreService, record: DocumentRecord) -> bool:
    try:
        remove_document(catalog, store, record.client_id, record.document_id)
    except AppError as exc:
        logger.error(  # noqa: TRY400 - the stack would show inside of the store and tell no more than the code
            "unfinished document could not be removed",
            extra={"client": record.client_id, "document": record.document_id, "code": exc.code},
        )
        return False
    return True
