"""Files in OpenAI's shape: a file is a document, taken in when it is uploaded and searched from then on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse

from app.common.cursors import encode_place
from app.common.errors import InvalidInput
from app.common.filters import Comparison
from app.common.ids import ClientId
from app.common.lives import Standing
from app.dependencies.callers import CallerDep
from app.dependencies.idempotency import DoingDep, OnceRoute, begin_once
from app.dependencies.presence import while_there
from app.dependencies.services import DocumentsDep, SettingsDep, UploadsDep, WorkDep
from app.dependencies.uploads import UploadForm, received_form
from app.dependencies.writing import WritingDep
from app.openai.errors import PREFIX, openai_responses
from app.openai.file_schemas import FILE_BODY, PURPOSES, File, FileDeleted, FileForm, FileList
from app.openai.owners import FileOwnerDep, ProjectClientDep
from app.services.catalog.records import DocumentRecord, DocumentStatus
from app.services.ingestion.ingest import Options
from app.services.tenants.documents import DocumentPage, DocumentService

router = APIRouter(prefix=f"{PREFIX}files", tags=["OpenAI"], route_class=OnceRoute)

_HEADERS = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class NewFile:
    """A form with one file, and the client it is for."""

    owner: ClientId
    form: UploadForm
    standing: Standing


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is asked for; newest first is the only order."""

    limit: int
    after: str
    order: Literal["desc"]


async def get_paging(
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    after: Annotated[str, Query(description="The id of the last one of the page before.")] = "",
    order: Annotated[Literal["desc"], Query(description="Newest first.")] = "desc",
) -> Paging:
    """Return what the query asks for."""
    return Paging(limit, after, order)


async def read_file_form(request: Request, settings: SettingsDep) -> AsyncIterator[UploadForm]:
    """Read a form with one file; raises InvalidInput when it has more."""
    async with received_form(request, settings, shape=FileForm, field="file") as form:
        if len(form.files) != 1:
            raise InvalidInput("Send exactly one file, in a field named 'file'.", code="one_file")
        yield form


FileFormDep = Annotated[UploadForm, Depends(read_file_form)]


async def take_file_once(
    request: Request, caller: CallerDep, doing: DoingDep, owner: ProjectClientDep, form: FileFormDep
) -> None:
    """Go on with an upload that is not done yet; whose it is belongs to what it says."""
    if doing is not None:
        await begin_once(request, caller.standing, doing, form.digest + owner.encode())


async def get_new_file(caller: CallerDep, owner: ProjectClientDep, form: FileFormDep) -> AsyncIterator[NewFile]:
    """Count an upload."""
    with caller.at_work(owner, "ingest"):
        yield NewFile(owner, form, caller.standing)


@router.post(
    "",
    summary="Upload a file",
    responses=openai_responses(400, 401, 404, 409, 413, 415, 429, 503),
    openapi_extra=FILE_BODY,
    dependencies=[Depends(take_file_once)],
)
async def create_file(
    request: Request,
    new: Annotated[NewFile, Depends(get_new_file)],
    documents: DocumentsDep,
    uploads: UploadsDep,
    work: WorkDep,
) -> File:
    """Take in one file for the client; the answer comes when it can be found. Bytes that are there already give the
    file that they are. `metadata`, `tags`, `chunk_size` and `chunk_overlap` may be sent as further fields, as to the
    service's own uploads.
    """
    fields = new.form.fields
    async with while_there(request) as presence:
        options = Options(by_name=fields.replace, still=presence.require, standing=new.standing)

        def take() -> File:
            chunking = uploads.chunking(size=fields.chunk_size, overlap=fields.chunk_overlap)
            (result,) = uploads.take_all(new.owner, new.form.files, chunking, options)
            return as_file(documents.get(new.owner, result.document_id or ""))

        return await work.ingest.run(new.owner, take)


@router.get("", summary="List files", responses=openai_responses(400, 401, 404))
def list_files(
    owner: ProjectClientDep,
    documents: DocumentsDep,
    paging: Annotated[Paging, Depends(get_paging)],
    purpose: Annotated[str, Query(description="`assistants` and `user_data` mean all files, others none.")] = "",
) -> FileList:
    """Return the client's files, newest first."""
    if purpose and purpose not in PURPOSES:
        return FileList(data=[], first_id=None, last_id=None, has_more=False)
    page = page_of(documents, owner, paging)
    files = [as_file(record) for record in page.records]
    first, last = (files[0].id, files[-1].id) if files else (None, None)
    return FileList(data=files, first_id=first, last_id=last, has_more=page.next_cursor is not None)


@router.get("/{file_id}", summary="One file", responses=openai_responses(400, 401, 404))
def get_file(file_id: str, owner: FileOwnerDep, documents: DocumentsDep) -> File:
    """Return what is known of the file."""
    return as_file(documents.get(owner, file_id))


@router.get(
    "/{file_id}/content",
    summary="A file's text",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **openai_responses(400, 401, 404, 409),
    },
)
async def get_file_content(
    file_id: str, owner: FileOwnerDep, documents: DocumentsDep, work: WorkDep
) -> PlainTextResponse:
    """Return the text that was read from the file, whatever its format was: the file itself is not kept."""
    text = await work.search.run(owner, partial(documents.text, owner, file_id))
    return PlainTextResponse(text, headers=_HEADERS)


@router.delete("/{file_id}", summary="Delete a file", responses=openai_responses(400, 401, 404, 429, 503))
async def delete_file(file_id: str, owner: FileOwnerDep, documents: DocumentsDep, writing: WritingDep) -> FileDeleted:
    """Delete the document with all that was made of it."""
    await writing.run(owner, lambda: documents.delete(owner, file_id))
    return FileDeleted(id=file_id)


def as_file(record: DocumentRecord) -> File:
    """Return a document as a file."""
    return File(
        id=record.document_id,
        bytes=record.size_bytes,
        created_at=int(record.created_at),
        filename=record.filename,
        status="processed" if record.status == "ready" else "uploaded",
    )


def page_of(
    documents: DocumentService,
    owner: ClientId,
    paging: Paging,
    *,
    status: DocumentStatus | None = None,
    where: Comparison | None = None,
) -> DocumentPage:
    """Return the part of the client's documents that is asked for; raises NotFound when `after` is none of them."""
    cursor = _place(documents.get(owner, paging.after)) if paging.after else ""
    return documents.page(owner, status=status, where=where, cursor=cursor, limit=paging.limit)


def _place(record: DocumentRecord) -> str:
    return encode_place(record.created_at, record.document_id)
