"""The results of uploaded files, on the wire."""

from collections.abc import Sequence

from app.common.ids import ClientId
from app.schemas.ingest import DocumentResult, FileProblem, IngestResponse
from app.services.ingestion.ingest import FileResult


def ingest_response(client_id: ClientId, results: Sequence[FileResult]) -> IngestResponse:
    """Return the result of a whole upload."""
    taken = [result for result in results if result.error is None]
    failed = len(results) - len(taken)
    message = f"Documents ingested successfully for client {client_id}"
    if failed:
        message = f"{len(taken)} of {len(results)} documents ingested for client {client_id}; {failed} failed"
    return IngestResponse(
        message=message,
        documents_processed=len(taken),
        chunks_created=sum(result.chunks for result in taken),
        client_id=client_id,
        documents=[document_result(result) for result in results],
    )


def document_result(result: FileResult) -> DocumentResult:
    """Return the result of one file."""
    return DocumentResult(
        document_id=result.document_id,
        filename=result.filename,
        status=result.status,
        pages=result.pages,
        chunks=result.chunks,
        duplicate_of=result.duplicate_of,
        replaced=list(result.replaced),
        warnings=list(result.warnings),
        error=FileProblem(code=result.error.code, detail=result.error.detail) if result.error else None,
    )
