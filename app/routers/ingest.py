"""Uploading documents."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from app.common.ids import ClientId, new_client_id
from app.dependencies import PrincipalDep, ServicesDep, count_request
from app.problems import problem_responses
from app.routers.jobs import job_info
from app.routers.upload_form import OPENAPI_BODY, UploadFormDep
from app.schemas.ingest import DocumentResult, FileProblem, IngestResponse
from app.schemas.jobs import JobAccepted
from app.services.ingestion.ingest import FileResult, Options
from app.services.jobs.service import Job

router = APIRouter(prefix="/api/v1/ingest", tags=["Ingest"])


@router.post(
    "/",
    summary="Upload documents",
    response_model_exclude_none=True,
    responses={
        202: {"model": JobAccepted, "description": "Taken on; the work is done in the background."},
        **problem_responses(400, 401, 404, 413, 415, 422, 429, 503),
    },
    openapi_extra=OPENAPI_BODY,
)
def ingest(  # noqa: PLR0913 - the request's parts
    request: Request,
    response: Response,
    principal: PrincipalDep,
    form: UploadFormDep,
    services: ServicesDep,
    *,
    in_background: Annotated[bool, Query(alias="async", description="Answer 202 with a job at once.")] = False,
    replace: Annotated[
        bool, Query(description="Whether each file takes the place of the client's documents of its name.")
    ] = False,
    prefer: Annotated[str, Header(description="`respond-async` is the same as async=true.")] = "",
) -> IngestResponse | JobAccepted:
    """Take in PDF, DOCX, DOC, TXT, MD, HTML, RTF, CSV, XLSX, PPTX and EPUB files for one client.

    Leave `client_id` out to make a new client; use the one in the answer from then on. Each file stands for itself:
    the answer says what became of each. When all fail, the answer is the problem of the first. With `async` the
    answer is a job, to be followed at the address in its Location header; it survives a restart of the service.
    """
    is_new = form.fields.client_id is None and principal.own_client is None
    client_id = new_client_id() if is_new else principal.client(form.fields.client_id)
    count_request(request, services, client_id)
    chunking = services.uploads.chunking(size=form.fields.chunk_size, overlap=form.fields.chunk_overlap)
    by_name = replace or form.fields.replace
    answer: IngestResponse | JobAccepted
    if in_background or _prefers_async(prefer):
        job = services.jobs.submit(client_id, form.files, chunking, by_name=by_name)
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/ingest/jobs/{job.record.job_id}"
        answer = _accepted(job)
    else:
        options = Options(by_name=by_name)
        answer = _answer(client_id, services.uploads.take_all(client_id, form.files, chunking, options))
    if is_new and principal.locked:
        # Whoever holds the admin key made a client by uploading; its key goes to them, this once.
        answer.api_key, _ = services.clients.create_key(client_id, label="first key", expires_in=None)
    return answer


def document_result(result: FileResult) -> DocumentResult:
    """Shape what became of one file."""
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


def _prefers_async(prefer: str) -> bool:
    """Read the Prefer header (RFC 7240): preferences are separated by commas, their parameters by semicolons."""
    return any(item.partition(";")[0].strip().lower() == "respond-async" for item in prefer.split(","))


def _accepted(job: Job) -> JobAccepted:
    files = len(job.files)
    message = f"{files} {'file' if files == 1 else 'files'} taken on for client {job.record.client_id}"
    return JobAccepted(**job_info(job).model_dump(), message=message)


def _answer(client_id: ClientId, results: list[FileResult]) -> IngestResponse:
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
