"""A client's documents: list, read, replace, delete."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.common.errors import InvalidInput
from app.common.ids import ClientId
from app.common.passages import Chunk
from app.dependencies.callers import CallerDep
from app.dependencies.clients import ClientQuery, QueryClientDep
from app.dependencies.owners import DocumentOwnerDep, get_document_owner
from app.dependencies.parts import DocumentsDep, UploadsDep
from app.dependencies.uploads import OPENAPI_BODY, UploadFormDep
from app.problems import problem_responses
from app.schemas.documents import ChunkInfo, ChunkList, DocumentDeleted, DocumentInfo, DocumentList, DocumentStatus
from app.schemas.ingest import DocumentResult
from app.services.catalog.records import DocumentRecord
from app.services.ingestion.ingest import ChunkSettings, Options
from app.shapes.ingest import document_result

router = APIRouter(prefix="/api/v1/documents", tags=["Documents"])


@router.get("", summary="List documents", response_model_exclude_none=True, responses=problem_responses(401, 404, 422))
def list_documents(
    client_id: QueryClientDep,
    documents: DocumentsDep,
    *,
    status: Annotated[DocumentStatus | None, Query(description="Only those; all when left out.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=100, description="`next_cursor` of the page before.")] = "",
) -> DocumentList:
    """Return the client's documents, newest first."""
    page = documents.page(client_id, status=status, cursor=cursor, limit=limit)
    return DocumentList(
        documents=[_info(record) for record in page.records], total=page.total, next_cursor=page.next_cursor
    )


@router.get("/{document_id}", summary="One document", responses=problem_responses(401, 404, 422))
def get_document(document_id: str, owner: DocumentOwnerDep, documents: DocumentsDep) -> DocumentInfo:
    """Return what is known of the document."""
    return _info(documents.get(owner, document_id))


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
    cursor: Annotated[str, Query(max_length=20, description="`next_cursor` of the page before.")] = "",
) -> ChunkList:
    """Return the pieces that the document was cut into, in order, as they are searched and cited."""
    page = documents.chunks(owner, document_id, cursor=cursor, limit=limit)
    return ChunkList(chunks=list(map(_chunk, page.chunks)), total=page.total, next_cursor=page.next_cursor)


async def get_replacing_owner(
    document_id: str, caller: CallerDep, form: UploadFormDep, documents: DocumentsDep, client_id: ClientQuery = None
) -> AsyncIterator[ClientId]:
    """Yield the client whose document is replaced, which the form may name too; the request is counted."""
    owner = await get_document_owner(document_id, caller, documents, client_id or form.fields.client_id)
    with caller.at_work(owner):
        yield owner


@router.put(
    "/{document_id}",
    summary="Replace a document",
    response_model_exclude_none=True,
    responses=problem_responses(400, 401, 404, 413, 415, 422, 429, 503),
    openapi_extra=OPENAPI_BODY,
)
def replace_document(
    document_id: str,
    owner: Annotated[ClientId, Depends(get_replacing_owner)],
    form: UploadFormDep,
    documents: DocumentsDep,
    uploads: UploadsDep,
) -> DocumentResult:
    """Put one file in the place of the document, which answers until the new one is ready and stays when that fails.

    The new document has an id of its own. It is cut as the old one was unless `chunk_size` or `chunk_overlap` say
    otherwise. When the client has the same content already, the old document goes and that one is the answer.
    """
    if len(form.files) != 1:
        raise InvalidInput("Send exactly one file, in a field named 'files'.", code="one_file")
    old = documents.get(owner, document_id)
    size, overlap = form.fields.chunk_size, form.fields.chunk_overlap
    chunking = ChunkSettings(
        old.chunk_size if size is None else size, old.chunk_overlap if overlap is None else overlap
    )
    (result,) = uploads.take_all(owner, form.files, chunking, Options(replaces=document_id))
    return document_result(result)


@router.delete("/{document_id}", summary="Delete a document", responses=problem_responses(401, 404, 422))
def delete_document(document_id: str, owner: DocumentOwnerDep, documents: DocumentsDep) -> DocumentDeleted:
    """Delete the document with its passages and vectors; their traces on disk go soon after."""
    record = documents.delete(owner, document_id)
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
