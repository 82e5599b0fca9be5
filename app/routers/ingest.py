"""Uploading documents."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.common.ids import ClientId
from app.common.lives import Standing
from app.common.work import Work
from app.dependencies.callers import CallerDep
from app.dependencies.idempotency import OnceRoute, take_once
from app.dependencies.presence import while_there
from app.dependencies.services import ClientsDep, JobsDep, UploadsDep, WorkDep
from app.dependencies.uploads import UploadForm, UploadFormDep
from app.edge.paths import prefix
from app.problems import problem_responses
from app.schemas.ingest import IngestResponse
from app.schemas.jobs import JobAccepted
from app.schemas.upload_body import OPENAPI_BODY
from app.services.ingestion.ingest import ChunkSettings, Options
from app.services.ingestion.uploads import Uploads
from app.services.jobs.service import JobService
from app.services.tenants.clients import ClientService
from app.shapes.ingest import ingest_response
from app.shapes.jobs import job_accepted

router = APIRouter(prefix="/api/v1/ingest", tags=["Ingest"], route_class=OnceRoute)

NEW_CLIENTS = "(new clients)"
"""They wait for their turn as one: whoever names no client gets no more of the service than one client does."""

Answer = TypeVar("Answer", IngestResponse, JobAccepted)


@dataclass(frozen=True, slots=True)
class Upload:
    """A form, and the client it is for; `turn` is in whose name it waits for its turn.

    `needs_key`: the upload makes that client, which is to get its first key.
    """

    client_id: ClientId
    turn: str
    form: UploadForm
    standing: Standing
    needs_key: bool


async def get_upload(caller: CallerDep, form: UploadFormDep) -> AsyncIterator[Upload]:
    """Yield the form with the client it is for, a new one when neither the form nor the key says; it is counted."""
    named = form.fields.client_id
    is_new = named is None and caller.own_client is None
    owner = caller.new_client() if is_new else caller.client(named)
    with caller.at_work(owner, "ingest") as client_id:
        turn = NEW_CLIENTS if is_new else client_id
        yield Upload(client_id, turn, form, caller.standing, needs_key=is_new and caller.locked)


class Intake:
    """Takes one request's files in: at once, or as a job."""

    def __init__(
        self, request: Request, *, work: Work, uploads: Uploads, jobs: JobService, clients: ClientService
    ) -> None:
        self._request = request
        self._work = work
        self._uploads = uploads
        self._jobs = jobs
        self._clients = clients

    async def at_once(self, upload: Upload, *, by_name: bool) -> IngestResponse:
        """Take the files in while their sender waits for it."""
        chunking = self._chunking(upload)
        async with while_there(self._request) as presence:
            options = Options(by_name=by_name, still=presence.require, standing=upload.standing)

            def take() -> IngestResponse:
                results = self._uploads.take_all(upload.client_id, upload.form.files, chunking, options)
                return self._with_key(upload, ingest_response(upload.client_id, results))

            return await self._work.ingest.run(upload.turn, take)

    async def as_job(self, upload: Upload, *, by_name: bool) -> JobAccepted:
        """Take the files on, to be taken in after the answer."""
        chunking = self._chunking(upload)

        def submit() -> JobAccepted:
            job = self._jobs.submit(
                upload.client_id, upload.form.files, chunking, by_name=by_name, standing=upload.standing
            )
            return self._with_key(upload, job_accepted(job))

        return await self._work.write.run(upload.turn, submit)

    def _chunking(self, upload: Upload) -> ChunkSettings:
        fields = upload.form.fields
        return self._uploads.chunking(size=fields.chunk_size, overlap=fields.chunk_overlap)

    def _with_key(self, upload: Upload, answer: Answer) -> Answer:
        """Whoever holds the admin key made a client by uploading; its key goes to them, this once."""
        if upload.needs_key:
            answer.api_key, _ = self._clients.create_key(
                upload.client_id, label="first key", expires_in=None, standing=upload.standing
            )
        return answer


async def get_intake(
    request: Request, work: WorkDep, uploads: UploadsDep, jobs: JobsDep, clients: ClientsDep
) -> Intake:
    """Return what takes this request's files in."""
    return Intake(request, work=work, uploads=uploads, jobs=jobs, clients=clients)


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
        **problem_responses(400, 401, 404, 409, 413, 415, 422, 429, 503),
    },
    openapi_extra=OPENAPI_BODY,
    dependencies=[Depends(take_once)],
)
async def ingest(
    response: Response,
    upload: Annotated[Upload, Depends(get_upload)],
    wishes: Annotated[Wishes, Depends(get_wishes)],
    intake: Annotated[Intake, Depends(get_intake)],
) -> IngestResponse | JobAccepted:
    """Take in PDF, DOCX, DOC, TXT, MD, HTML, RTF, CSV, XLSX, PPTX and EPUB files for one client.

    Leave `client_id` out to create a client; use the one in the answer from then on. Each file is handled by
    itself: the answer holds the result of each. When all fail, the answer is the problem of the first. With `async`
    the answer is a job, to be followed at the address in its Location header; it survives a restart of the service.
    Without it, leaving cancels the upload: files that are not ready by then leave nothing.
    """
    by_name = wishes.replace or upload.form.fields.replace
    if not wishes.in_background:
        return await intake.at_once(upload, by_name=by_name)
    answer = await intake.as_job(upload, by_name=by_name)
    response.status_code = 202
    response.headers["Location"] = f"{wishes.jobs_at}/{answer.job_id}"
    return answer


def _prefers_async(prefer: str) -> bool:
    """Read the Prefer header (RFC 7240): preferences are separated by commas, their parameters by semicolons."""
    return any(item.partition(";")[0].strip().lower() == "respond-async" for item in prefer.split(","))
