"""A client's documents: listing, looking into, replacing, deleting."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.bootstrap import Services
from app.common.errors import InvalidInput
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.dependencies import Principal, PrincipalDep, ServicesDep, SettingsDep, count_request, note_client
from app.problems import problem_responses
from app.routers.ingest import document_result, take_in
from app.routers.upload_form import OPENAPI_BODY, UploadFormDep
from app.schemas.documents import ChunkInfo, ChunkList, DocumentDeleted, DocumentInfo, DocumentList, DocumentStatus
from app.schemas.ingest import DocumentResult
from app.services.catalog.store import DocumentRecord
from app.services.ingestion.ingest import ChunkSettings, Options

router = APIRouter(prefix="/api/v1/documents", tags=["Documents"])

ClientQuery = Annotated[str | None, Query(description="Whose; a client's key needs none.")]


@router.get("", summary="List documents", response_model_exclude_none=True, responses=problem_responses(401, 404, 422))
def list_documents(  # noqa: PLR0913 - the parameters are the query's
    request: Request,
    principal: PrincipalDep,
    services: ServicesDep,
    *,
    client_id: ClientQuery = None,
    status: Annotated[DocumentStatus | None, Query(description="Only those; all when left out.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=100, description="`next_cursor` of the page before.")] = "",
) -> DocumentList:
    """Return the client's documents, newest first."""
    owner = principal.client(client_id)
    note_client(request, owner)
    page = services.documents.page(owner, status=status, cursor=cursor, limit=limit)
    return DocumentList(
        documents=[_info(record) for record in page.records], total=page.total, next_cursor=page.next_cursor
    )


@router.get("/{document_id}", summary="One document", responses=problem_responses(401, 404, 422))
def get_document(
    request: Request, document_id: str, principal: PrincipalDep, services: ServicesDep, client_id: ClientQuery = None
) -> DocumentInfo:
    """Return what is known of the document."""
    owner = _owner(request, services, principal, document_id, client_id)
    return _info(services.documents.get(owner, document_id))


@router.get(
    "/{document_id}/chunks",
    summary="A document's chunks",
    response_model_exclude_none=True,
    responses=problem_responses(401, 404, 409, 422),
)
def list_chunks(  # noqa: PLR0913 - the parameters are the query's
    request: Request,
    document_id: str,
    principal: PrincipalDep,
    services: ServicesDep,
    *,
    client_id: ClientQuery = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str, Query(max_length=20, description="`next_cursor` of the page before.")] = "",
) -> ChunkList:
    """Return the pieces that the document was cut into, in order, as they are searched and cited."""
    owner = _owner(request, services, principal, document_id, client_id)
    page = services.documents.chunks(owner, document_id, cursor=cursor, limit=limit)
    return ChunkList(chunks=list(map(_chunk, page.chunks)), total=page.total, next_cursor=page.next_cursor)


@router.put(
    "/{document_id}",
    summary="Replace a document",
    response_model_exclude_none=True,
    responses=problem_responses(400, 401, 404, 413, 415, 422, 429, 503),
    openapi_extra=OPENAPI_BODY,
)
def replace_document(  # noqa: PLR0913 - the request's parts
    request: Request,
    document_id: str,
    principal: PrincipalDep,
    form: UploadFormDep,
    services: ServicesDep,
    settings: SettingsDep,
    *,
    client_id: ClientQuery = None,
) -> DocumentResult:
    """Put one file in the place of the document, which answers until the new one is ready and stays when that fails.

    The new document has an id of its own. It is cut as the old one was unless `chunk_size` or `chunk_overlap` say
    otherwise. When the client has the same content already, the old document goes and that one is the answer.
    """
    owner = _owner(request, services, principal, document_id, client_id or form.fields.client_id)
    count_request(request, services, owner)
    if len(form.files) != 1:
        raise InvalidInput("Send exactly one file, in a field named 'files'.", code="one_file")
    old = services.documents.get(owner, document_id)
    size, overlap = form.fields.chunk_size, form.fields.chunk_overlap
    chunking = ChunkSettings(
        old.chunk_size if size is None else size, old.chunk_overlap if overlap is None else overlap
    )
    options = Options(replaces=document_id)
    result = take_in(services, owner, form.files[0], chunking, settings.max_upload_mb, options)
    if result.error is not None:
        raise result.error
    return document_result(result)


@router.delete("/{document_id}", summary="Delete a document", responses=problem_responses(401, 404, 422))
def delete_document(
    request: Request, document_id: str, principal: PrincipalDep, services: ServicesDep, client_id: ClientQuery = None
) -> DocumentDeleted:
    """Delete the document with its passages and vectors; their traces on disk go soon after."""
    owner = _owner(request, services, principal, document_id, client_id)
    record = services.documents.delete(owner, document_id)
    return DocumentDeleted(
        message=f"Document {document_id} deleted", document_id=document_id, chunks_deleted=record.chunk_count
    )


def _chunk(chunk: Chunk) -> ChunkInfo:
    return ChunkInfo(
        index=chunk.index,
        text=chunk.text,
        page=chunk.page,
        section=chunk.section,
        sections=list(chunk.sections),
        start=chunk.start,
        end=chunk.end,
    )


def _owner(
    request: Request, services: Services, principal: Principal, document_id: str, client_id: str | None
) -> ClientId:
    """Return the client in whose documents to look: the caller's, the one it names, or whoever has the document."""
    if principal.own_client is None and client_id is None:
        owner = services.documents.owner_of(document_id)
    else:
        owner = principal.client(client_id)
    note_client(request, owner)
    return owner


def _info(record: DocumentRecord) -> DocumentInfo:
    return DocumentInfo(
        document_id=record.document_id,
        client_id=record.client_id,
        filename=record.filename,
        type=record.kind,
        status=record.status,
        size_bytes=record.size_bytes,
        sha256=record.sha256,
        pages=record.pages,
        characters=record.characters,
        chunks=record.chunk_count,
        chunk_size=record.chunk_size,
        chunk_overlap=record.chunk_overlap,
        warnings=list(record.warnings),
        created_at=record.created_at,
        updated_at=record.updated_at,
    )
