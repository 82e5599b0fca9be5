"""The files in a vector store: all documents of its client, and nothing else."""

from fastapi import APIRouter, Depends

from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.services import DocumentsDep, WorkDep
from app.dependencies.writing import WritingDep
from app.openai.errors import openai_responses
from app.openai.files import page_of
from app.openai.owners import StoreDep
from app.openai.search_schemas import VectorSearchContent
from app.openai.stores.attaching import attach, attribute_patch
from app.openai.stores.paging import STATUSES, StatusQuery, StorePagingDep
from app.openai.stores.schemas import (
    AttributesRequest,
    FileContentPage,
    FileRequest,
    StoreFile,
    StoreFileDeleted,
    StoreFileList,
)
from app.openai.stores.shapes import as_store_file, as_store_files

router = APIRouter(prefix="/vector_stores/{client_id}/files", route_class=OnceRoute)


@router.post(
    "",
    summary="Have a file in the vector store",
    responses=openai_responses(400, 401, 404, 409, 429, 503),
    dependencies=[Depends(do_once)],
)
async def attach_file(body: FileRequest, owner: StoreDep, documents: DocumentsDep, writing: WritingDep) -> StoreFile:
    """Return the file as it is in the vector store, where it was from its upload on, with new attributes if any."""
    (record,) = await writing.run(owner, lambda: attach(documents, owner, [body]))
    return as_store_file(record)


@router.get("", summary="List a vector store's files", responses=openai_responses(400, 401, 404))
def list_store_files(
    owner: StoreDep, documents: DocumentsDep, paging: StorePagingDep, wanted: StatusQuery = None
) -> StoreFileList:
    """Return the client's documents as files, newest first."""
    if wanted is not None and wanted not in STATUSES:
        return as_store_files([], more=False)
    page = page_of(documents, owner, paging, status=wanted and STATUSES[wanted])
    return as_store_files(page.records, more=page.next_cursor is not None)


@router.get("/{file_id}", summary="One file of a vector store", responses=openai_responses(400, 401, 404))
def get_store_file(file_id: str, owner: StoreDep, documents: DocumentsDep) -> StoreFile:
    """Return what is known of the file."""
    return as_store_file(documents.get(owner, file_id))


@router.post("/{file_id}", summary="Change attributes", responses=openai_responses(400, 401, 404, 409, 429, 503))
async def change_attributes(
    file_id: str, body: AttributesRequest, owner: StoreDep, documents: DocumentsDep, writing: WritingDep
) -> StoreFile:
    """Put these attributes in the place of the document's metadata; searches from now on see the change."""

    def change() -> StoreFile:
        patch = attribute_patch(body.attributes, documents.get(owner, file_id).labels)
        return as_store_file(documents.relabel(owner, file_id, patch))

    return await writing.run(owner, change)


@router.get("/{file_id}/content", summary="A file's text, as JSON", responses=openai_responses(400, 401, 404, 409))
async def get_store_file_content(
    file_id: str, owner: StoreDep, documents: DocumentsDep, work: WorkDep
) -> FileContentPage:
    """Return the text that was read from the file."""
    text = await work.search.run(owner, lambda: documents.text(owner, file_id))
    return FileContentPage(data=[VectorSearchContent(text=text)])


@router.delete(
    "/{file_id}", summary="Delete a file of a vector store", responses=openai_responses(400, 401, 404, 429, 503)
)
async def delete_store_file(
    file_id: str, owner: StoreDep, documents: DocumentsDep, writing: WritingDep
) -> StoreFileDeleted:
    """Delete the document, as deleting the file does: no file is outside of the vector store."""
    await writing.run(owner, lambda: documents.delete(owner, file_id))
    return StoreFileDeleted(id=file_id)
