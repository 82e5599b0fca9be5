"""Batches of files in a vector store. A batch's id says which files it has; nothing is stored of it.

So it is found after a restart and by another process, it never expires, and erasing a client leaves nothing of it.
"""

import base64
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends

from app.common.errors import InvalidInput, NotFound
from app.common.filters import Comparison
from app.common.ids import ClientId
from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.services import DocumentsDep
from app.dependencies.writing import WritingDep
from app.openai.errors import openai_responses
from app.openai.files import page_of
from app.openai.owners import StoreDep
from app.openai.stores.attaching import attach
from app.openai.stores.paging import STATUSES, StatusQuery, StorePagingDep
from app.openai.stores.schemas import MOST_FILES, BatchRequest, FileBatch, FileRequest, StoreFileList
from app.openai.stores.shapes import as_store_files, counted_files
from app.services.catalog.records import DocumentRecord
from app.services.tenants.documents import DocumentService

router = APIRouter(prefix="/vector_stores/{client_id}/file_batches", route_class=OnceRoute)

# Six bytes for the second and twelve for each document: multiples of three, so that base64 needs no padding.
_MOMENT, _DOCUMENT = 6, 12
_FORM = re.compile(rf"vsfb_([A-Za-z0-9_-]{{8}}(?:[A-Za-z0-9_-]{{16}}){{1,{MOST_FILES}}})")


@dataclass(frozen=True, slots=True)
class Batch:
    """When files were named together, in seconds since the epoch, and which."""

    created_at: int
    file_ids: Sequence[str]

    @classmethod
    def of(cls, name: str) -> "Batch":
        """Return what an id stands for. Raises NotFound for what is none."""
        found = _FORM.fullmatch(name)
        if found is None:
            raise no_such_batch()
        held = base64.urlsafe_b64decode(found[1])
        documents = (held[at : at + _DOCUMENT] for at in range(_MOMENT, len(held), _DOCUMENT))
        return cls(int.from_bytes(held[:_MOMENT], "big"), [f"doc_{one.hex()}" for one in documents])

    @property
    def id(self) -> str:
        """The id that stands for it."""
        held = b"".join(bytes.fromhex(one.removeprefix("doc_")) for one in self.file_ids)
        return f"vsfb_{base64.urlsafe_b64encode(self.created_at.to_bytes(_MOMENT, 'big') + held).decode()}"


async def get_batch(batch_id: str) -> Batch:
    """Return the batch that the path names."""
    return Batch.of(batch_id)


BatchDep = Annotated[Batch, Depends(get_batch)]


@router.post(
    "",
    summary="Have files in the vector store",
    responses=openai_responses(400, 401, 404, 409, 429, 503),
    dependencies=[Depends(do_once)],
)
async def create_batch(body: BatchRequest, owner: StoreDep, documents: DocumentsDep, writing: WritingDep) -> FileBatch:
    """Return a batch of the files as they are in the vector store, with new attributes if any. At most 256 files."""
    wanted = _wanted(body)
    records = await writing.run(owner, lambda: attach(documents, owner, wanted))
    return _shown(owner, Batch(int(time.time()), [record.document_id for record in records]), records)


@router.get("/{batch_id}", summary="One batch", responses=openai_responses(400, 401, 404))
def get_file_batch(batch: BatchDep, owner: StoreDep, documents: DocumentsDep) -> FileBatch:
    """Return how many of the batch's files are in which state. Those that were deleted since are `cancelled`."""
    return _found(documents, owner, batch)


@router.post("/{batch_id}/cancel", summary="Cancel a batch", responses=openai_responses(400, 401, 404))
def cancel_file_batch(batch: BatchDep, owner: StoreDep, documents: DocumentsDep) -> FileBatch:
    """Return the batch as it is: its files were in the vector store before it, and there is nothing to cancel."""
    return _found(documents, owner, batch)


@router.get("/{batch_id}/files", summary="List a batch's files", responses=openai_responses(400, 401, 404))
def list_batch_files(
    batch: BatchDep, owner: StoreDep, documents: DocumentsDep, paging: StorePagingDep, wanted: StatusQuery = None
) -> StoreFileList:
    """Return the files of the batch that are still there, newest first."""
    _found(documents, owner, batch)
    if wanted is not None and wanted not in STATUSES:
        return as_store_files([], more=False)
    page = page_of(documents, owner, paging, status=wanted and STATUSES[wanted], where=_within(batch))
    return as_store_files(page.records, more=page.next_cursor is not None)


def _wanted(body: BatchRequest) -> list[FileRequest]:
    """Return the files, each once. Raises InvalidInput unless they are named in one way."""
    if bool(body.file_ids) == bool(body.files):
        raise InvalidInput("Send either file_ids or files, with at least one file.", code="one_of_two")
    if body.files and body.attributes:
        raise InvalidInput("attributes: give each of files its own.", code="one_of_two")
    named = body.files or [FileRequest(file_id=one, attributes=body.attributes) for one in body.file_ids]
    return list({one.file_id: one for one in named}.values())


def _found(documents: DocumentService, owner: ClientId, batch: Batch) -> FileBatch:
    """Return the batch as it is now. Raises NotFound when the client has none of its files."""
    records = documents.page(owner, where=_within(batch), limit=MOST_FILES).records
    if not records:
        raise no_such_batch()
    return _shown(owner, batch, records)


def _shown(owner: ClientId, batch: Batch, records: Sequence[DocumentRecord]) -> FileBatch:
    counts = counted_files(records, len(batch.file_ids))
    return FileBatch(
        id=batch.id,
        created_at=batch.created_at,
        vector_store_id=owner,
        status="in_progress" if counts.in_progress else "completed",
        file_counts=counts,
    )


def _within(batch: Batch) -> Comparison:
    return Comparison("document_id", "in", batch.file_ids)


def no_such_batch() -> NotFound:
    """Return the answer about a batch that is none of the client's, or of which no file is left."""
    return NotFound("There is no such batch in this vector store; its files may be gone.", code="batch_not_found")
