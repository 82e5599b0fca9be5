"""Uploading documents."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.common.ids import ClientId
from app.dependencies.callers import CallerDep
from app.dependencies.parts import ClientsDep, JobsDep, UploadsDep
from app.dependencies.uploads import OPENAPI_BODY, UploadForm, UploadFormDep
from app.edge.paths import prefix
from app.problems import problem_responses
from app.schemas.ingest import IngestResponse
from app.schemas.jobs import JobAccepted
from app.services.ingestion.ingest import Options
from app.shapes.ingest import ingest_response
from app.shapes.jobs import job_accepted

router = APIRouter(prefix="/api/v1/ingest", tags=["Ingest"])


@dataclass(frozen=True, slots=True)
class Upload:
    """A form, and the client it is for. `needs_key`: the upload makes that client, which is to get its first key."""

    client_id: ClientId
    form: UploadForm
    needs_key: bool


async def get_upload(caller: CallerDep, form: UploadFormDep) -> AsyncIterator[Upload]:
    """Yield the form with the client it is for, a new one when neither the form nor the key says; it is counted."""
    named = form.fields.client_id
    is_new = named is None and caller.own_client is None
    with caller.at_work(caller.new_client() if is_new else caller.client(named)) as client_id:
        yield Upload(client_id, form, needs_key=is_new and caller.locked)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the files are to be taken in; `jobs_at` is where a job of theirs is found."""

    in_background: bool
    replace: bool
    jobs_at: str


async def get_wishes(
    request: Request,
    *,
    in_background: Annotated[bool, Query(alias="async", description="Answer 202 with a job at once.")] = False,
    replace: Annotated[
        bool, Query(description="Whether each file takes the place of the client's documents of its name.")
    ] = False,
    prefer: Annotated[str, Header(description="`respond-async` is the same as async=true.")] = "",
) -> Wishes:
    """Read what the query and the Prefer header ask for."""
    return Wishes(
        in_background or _prefers_async(prefer), replace, jobs_at=f"{prefix(request.scope)}/api/v1/ingest/jobs"
    )


@router.post(
    "/",
    summary="Upload documents",
    response_model_exclude_none=True,
    responses={
        202: {"model": JobAccepted, "description": "Accepted; the work is done in the background."},
        **problem_responses(400, 401, 404, 413, 415, 422, 429, 503),
    },
    openapi_extra=OPENAPI_BODY,
)
def ingest(
    response: Response,
    upload: Annotated[Upload, Depends(get_upload)],
    wishes: Annotated[Wishes, Depends(get_wishes)],
    uploads: UploadsDep,
    jobs: JobsDep,
    clients: ClientsDep,
) -> IngestResponse | JobAccepted:
    """Take in PDF, DOCX, DOC, TXT, MD, HTML, RTF, CSV, XLSX, PPTX and EPUB files for one client.

    Leave `client_id` out to create a client; use the one in the answer from then on. Each file is handled by
    itself: the answer holds the result of each. When all fail, the answer is the problem of the first. With `async`
    the answer is a job, to be followed at the address in its Location header; it survives a restart of the service.
    """
    client_id, files, fields = upload.client_id, upload.form.files, upload.form.fields
    chunking = uploads.chunking(size=fields.chunk_size, overlap=fields.chunk_overlap)
    by_name = wishes.replace or fields.replace
    answer: IngestResponse | JobAccepted
    if wishes.in_background:
        answer = job_accepted(jobs.submit(client_id, files, chunking, by_name=by_name))
        response.status_code = 202
        response.headers["Location"] = f"{wishes.jobs_at}/{answer.job_id}"
    else:
        answer = ingest_response(client_id, uploads.take_all(client_id, files, chunking, Options(by_name=by_name)))
    if upload.needs_key:
        # Whoever holds the admin key made a client by uploading; its key goes to them, this once.
        answer.api_key, _ = clients.create_key(client_id, label="first key", expires_in=None)
    return answer


def _prefers_async(prefer: str) -> bool:
    """Read the Prefer header (RFC 7240): preferences are separated by commas, their parameters by semicolons."""
    return any(item.partition(";")[0].strip().lower() == "respond-async" for item in prefer.split(","))
