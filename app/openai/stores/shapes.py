"""Clients and documents in the shapes of vector stores."""

from collections.abc import Iterable, Sequence

from app.openai.shapes import as_attributes
from app.openai.stores.schemas import FileCounts, FileStatus, StoreFile, StoreFileList, VectorStore, VectorStoreList
from app.services.catalog.records import ClientRecord, DocumentRecord


def as_store(record: ClientRecord, *, in_progress: int) -> VectorStore:
    """Return a client as a vector store; so many of its documents are being written."""
    completed = record.document_count
    return VectorStore(
        id=record.client_id,
        created_at=int(record.created_at),
        name=record.client_id,
        usage_bytes=record.byte_count,
        file_counts=FileCounts(in_progress=in_progress, completed=completed, total=in_progress + completed),
        status="in_progress" if in_progress else "completed",
        last_active_at=int(record.last_modified),
    )


def as_stores(stores: Sequence[VectorStore], *, more: bool) -> VectorStoreList:
    """Return one page of vector stores."""
    first, last = (stores[0].id, stores[-1].id) if stores else (None, None)
    return VectorStoreList(data=list(stores), first_id=first, last_id=last, has_more=more)


def as_store_file(record: DocumentRecord) -> StoreFile:
    """Return a document as a file in its client's vector store."""
    return StoreFile(
        id=record.document_id,
        created_at=int(record.created_at),
        usage_bytes=record.size_bytes,
        vector_store_id=record.client_id,
        status=_status(record),
        attributes=as_attributes(record.labels),
    )


def as_store_files(records: Sequence[DocumentRecord], *, more: bool) -> StoreFileList:
    """Return one page of files."""
    files = [as_store_file(record) for record in records]
    first, last = (files[0].id, files[-1].id) if files else (None, None)
    return StoreFileList(data=files, first_id=first, last_id=last, has_more=more)


def counted_files(records: Iterable[DocumentRecord], total: int) -> FileCounts:
    """Return how many of so many files are in which state; those without a record are gone."""
    states = [_status(record) for record in records]
    ready = states.count("completed")
    return FileCounts(in_progress=len(states) - ready, completed=ready, cancelled=total - len(states), total=total)


def _status(record: DocumentRecord) -> FileStatus:
    return "completed" if record.status == "ready" else "in_progress"
