"""Documents on the wire."""

from app.common.passages import Chunk
from app.schemas.documents import ChunkInfo, DocumentDetail, DocumentInfo
from app.services.answering.citations import without_citations
from app.services.catalog.records import DocumentRecord
from app.shapes.labels import labelled


def chunk_info(chunk: Chunk) -> ChunkInfo:
    """Return a chunk of a document's list."""
    return ChunkInfo(
        index=chunk.index,
        text=chunk.text,
        page=chunk.page,
        section=chunk.section,
        sections=list(chunk.sections),
        start=chunk.start,
        end=chunk.end,
    )


def document_detail(record: DocumentRecord, summary: str) -> DocumentDetail:
    """Return what is known of a document, with its summary if there is one."""
    return DocumentDetail(**document_info(record).model_dump(), summary=without_citations(summary) or None)


def document_info(record: DocumentRecord) -> DocumentInfo:
    """Return what is known of a document."""
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
        **labelled(record.labels),
    )
