"""A client's documents: list, read, replace, delete."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError, WithJsonSchema

from app.common.errors import InvalidInput
from app.common.filters import Comparison, Compound, PassageFilter, checked_document_filter
from app.common.ids import ClientId
from app.common.lives import Standing
from app.dependencies.callers import CallerDep
from app.dependencies.clients import ClientQuery, QueryClientDep
from app.dependencies.cursors import OffsetCursor, PlaceCursor
from app.dependencies.owners import DocumentOwnerDep, get_document_owner
from app.dependencies.presence import while_there
from app.dependencies.services import DocumentsDep, UploadsDep, WorkDep
from app.dependencies.uploads import UploadForm, UploadFormDep
from app.dependencies.writing import WritingDep
from app.problems import problem_responses
from app.schemas.documents import ChunkList, DocumentDeleted, DocumentDetail, DocumentInfo, DocumentList, DocumentStatus
from app.schemas.filter_forms import TEXT, document_filter_form
from app.schemas.filters import AnyFilter
from app.schemas.ingest import DocumentResult, IngestForm
from app.schemas.labels import LabelChange
from app.schemas.stated import as_json
from app.schemas.upload_body import OPENAPI_BODY_OF_ONE
from app.services.catalog.records import DocumentRecord
from app.services.ingestion.ingest import ChunkSettings, Options
from app.shapes.documents import chunk_info, document_detail, document_info
from app.shapes.filters import unchecked_filter
from app.shapes.ingest import document_result
from app.shapes.labels import label_patch

router = APIRouter(prefix="/api/v1/documents", tags=["Documents"])

_FILTER: TypeAdapter[AnyFilter] = TypeAdapter(AnyFilter)
_LONGEST = 8000
_Text = Annotated[str, WithJsonSchema(TEXT)]


async def get_document_filter(
    tag: Annotated[list[_Text] | None, Query(max_length=20, description="All of these tags.")] = None,
    filename: Annotated[_Text | None, Query(description="Of this name, whole.")] = None,
    kind: Annotated[_Text | None, Query(alias="type", description="Of this kind of file: pdf, docx, ...")] = None,
    wanted: Annotated[
        str | None,
        Query(
            alias="filter",
            max_length=_LONGEST,
            description="A filter as JSON, in any shape that a search takes, about documents as a whole.",
            json_schema_extra=as_json(document_filter_form()),
            openapi_examples={"since 2026": {"value": {"metadata": {"year": {"gte": 2026}}}}},
        ),
    ] = None,
) -> PassageFilter | None:
    """Return the filter that a list of documents is asked for; None for one that lets everything through."""
    equal = [("tags", one) for one in tag or ()] + [("source", filename), ("type", kind)]
    parts: list[PassageFilter] = [Comparison(field, "eq", value) for field, value in equal if value is not None]
    named = unchecked_filter(_parsed(wanted)) if wanted else None
    parts += [named] if named else []
    return checked_document_filter(Compound("and", parts)) if parts else None


def _parsed(wanted: str) -> AnyFilter:
    try:
        return _FILTER.validate_python(json.loads(wanted))
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_context=False)
        at = [{**error, "loc": ("query", "filter", *error["loc"])} for error in errors]
        raise RequestValidationError(at) from None
    except (ValueError, RecursionError):
        raise InvalidInput("filter is not valid JSON.", code="invalid_filter") from None


@router.get("", summary="List documents", response_model_exclude_none=True, responses=problem_responses(401, 404, 422))
def list_documents(
    client_id: QueryClientDep,
    documents: DocumentsDep,
    where: Annotated[PassageFilter | None, Depends(get_document_filter)],
    *,
    status: Annotated[DocumentStatus | None, Query(description="Only those; all when left out.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: PlaceCursor = "",
) -> DocumentList:
    """Return the client's documents, newest first; only those that fit `filter` and the fields, where given."""
    page = documents.page(client_id, status=status, where=where, cursor=cursor, limit=limit)
    return DocumentList(
        documents=[document_info(record) for record in page.records], total=page.total, next_cursor=page.next_cursor
    )


@router.get(
    "/{document_id}",
    summary="One document",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 422),
)
def get_document(document_id: str, owner: DocumentOwnerDep, documents: DocumentsDep) -> DocumentDetail:
    """Return what is known of the document, with its summary if it has one."""
    return document_detail(documents.get(owner, document_id), documents.summary(owner, document_id))


@router.get(
    "/{document_id}/chunks",
    summary="A document's chunks",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 409, 422),
)
def list_chunks(
    document_id: str,
    owner: DocumentOwnerDep,
    documents: DocumentsDep,
    *,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: OffsetCursor = "",
) -> ChunkList:
    """Return the pieces that the document was cut into, in order, as they are searched and cited."""
    page = documents.chunks(owner, document_id, cursor=cursor, limit=limit)
    return ChunkList(chunks=list(map(chunk_info, page.chunks)), total=page.total, next_cursor=page.next_cursor)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A form whose one file takes the place of a client's document."""

    owner: ClientId
    form: UploadForm
    standing: Standing


async def get_replacement(
    document_id: str, caller: CallerDep, form: UploadFormDep, documents: DocumentsDep, client_id: ClientQuery = None
) -> AsyncIterator[Replacement]:
    """Yield the form with the client whose document is replaced, which it may name too; the request is counted."""
    owner = await get_document_owner(document_id, caller, documents, client_id or form.fields.client_id)
    with caller.at_work(owner, "ingest"):
        yield Replacement(owner, form, caller.standing)


@router.put(
    "/{document_id}",
    summary="Replace a document",
    response_model_exclude_none=True,
    responses=problem_responses(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=OPENAPI_BODY_OF_ONE,
)
async def replace_document(
    request: Request,
    document_id: str,
    replacement: Annotated[Replacement, Depends(get_replacement)],
    documents: DocumentsDep,
    uploads: UploadsDep,
    work: WorkDep,
) -> DocumentResult:
    """Put one file in the place of the document, which answers until the new one is ready and stays when that fails.

    The new document has an id of its own. It is cut as the old one was unless `chunk_size` or `chunk_overlap` say
    otherwise. When the client has the same content already, the old document goes and that one is the answer.
    """
    owner, form = replacement.owner, replacement.form
    if len(form.files) != 1:
        raise InvalidInput("Send exactly one file, in a field named 'files'.", code="one_file")
    async with while_there(request) as presence:
        options = Options(replaces=document_id, still=presence.require, standing=replacement.standing)

        def take() -> DocumentResult:
            chunking = _chunking(documents.get(owner, document_id), form.fields)
            (result,) = uploads.take_all(owner, form.files, chunking, options)
            return document_result(result)

        return await work.ingest.run(owner, take)


def _chunking(old: DocumentRecord, fields: IngestForm) -> ChunkSettings:
    size, overlap = fields.chunk_size, fields.chunk_overlap
    return ChunkSettings(old.chunk_size if size is None else size, old.chunk_overlap if overlap is None else overlap)


@router.patch(
    "/{document_id}", summary="Change metadata and tags", responses=problem_responses(401, 404, 409, 413, 422, 429, 503)
)
async def change_labels(
    document_id: str, body: LabelChange, owner: DocumentOwnerDep, documents: DocumentsDep, writing: WritingDep
) -> DocumentInfo:
    """Change what is noted about a document; its text stays as it is. Questions asked from now on see the change."""
    patch = label_patch(body)
    return document_info(await writing.run(owner, lambda: documents.relabel(owner, document_id, patch)))


@router.delete("/{document_id}", summary="Delete a document", responses=problem_responses(401, 404, 422, 429, 503))
async def delete_document(
    document_id: str, owner: DocumentOwnerDep, documents: DocumentsDep, writing: WritingDep
) -> DocumentDeleted:
    """Delete the document with its passages and vectors; their traces on disk go soon after."""
    record = await writing.run(owner, lambda: documents.delete(owner, document_id))
    return DocumentDeleted(
        message=f"Document {document_id} deleted", document_id=document_id, chunks_deleted=record.chunk_count
    )
