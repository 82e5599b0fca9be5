"""Uploading documents."""

from fastapi import APIRouter, Request

from app.bootstrap import Services
from app.common.errors import TooLarge
from app.common.ids import ClientId, new_client_id
from app.dependencies import PrincipalDep, ServicesDep, SettingsDep, count_request
from app.problems import problem_responses
from app.routers.upload_form import OPENAPI_BODY, ReceivedFile, UploadFormDep
from app.schemas.ingest import DocumentResult, FileProblem, IngestResponse
from app.services.ingestion import ChunkSettings, FileResult

router = APIRouter(prefix="/api/v1/ingest", tags=["Ingest"])


@router.post(
    "/",
    summary="Upload documents",
    response_model_exclude_none=True,
    responses=problem_responses(400, 401, 404, 413, 415, 422, 503),
    openapi_extra=OPENAPI_BODY,
)
def ingest(
    request: Request, form: UploadFormDep, principal: PrincipalDep, services: ServicesDep, settings: SettingsDep
) -> IngestResponse:
    """Take in PDF, TXT, DOCX, DOC and MD files for one client.

    Leave `client_id` out to make a new client; use the one in the answer from then on. Each file stands for itself:
    the answer says what became of each. When all fail, the answer is the problem of the first.
    """
    fields = form.fields
    is_new = fields.client_id is None and principal.own_client is None
    client_id = new_client_id() if is_new else principal.client(fields.client_id)
    count_request(request, services, client_id)
    chunking = ChunkSettings(
        size=settings.chunk_size if fields.chunk_size is None else fields.chunk_size,
        overlap=_overlap(fields.chunk_size, fields.chunk_overlap, settings.chunk_overlap),
    )
    results = [_take_in(services, client_id, file, chunking, settings.max_upload_mb) for file in form.files]
    if all(result.error for result in results) and results[0].error:
        raise results[0].error
    api_key = None
    if is_new and principal.locked:
        # Whoever holds the admin key made a client by uploading; its key goes to them, this once.
        api_key, _ = services.clients.create_key(client_id, label="first key", expires_in=None)
    return _answer(client_id, results, api_key)


def _overlap(chunk_size: int | None, chunk_overlap: int | None, default: int) -> int:
    """A caller who names only a small size gets an overlap that fits it, not an error about one it never sent."""
    if chunk_overlap is not None:
        return chunk_overlap
    return default if chunk_size is None else min(default, chunk_size // 5)


def _take_in(
    services: Services, client_id: ClientId, file: ReceivedFile, chunking: ChunkSettings, max_upload_mb: int
) -> FileResult:
    if file.too_large:
        error = TooLarge(f"The file is larger than {max_upload_mb} MB; split it or ask the operator for more.")
        return FileResult(file.filename, "failed", error=error)
    upload = services.spool.receive(file.filename, file.file.file)
    try:
        return services.ingestion.ingest(client_id, upload, chunking)
    finally:
        upload.discard()


def _answer(client_id: ClientId, results: list[FileResult], api_key: str | None) -> IngestResponse:
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
        api_key=api_key,
        documents=[_document(result) for result in results],
    )


def _document(result: FileResult) -> DocumentResult:
    return DocumentResult(
        document_id=result.document_id,
        filename=result.filename,
        status=result.status,
        pages=result.pages,
        chunks=result.chunks,
        duplicate_of=result.duplicate_of,
        warnings=list(result.warnings),
        error=FileProblem(code=result.error.code, detail=result.error.detail) if result.error else None,
    )
