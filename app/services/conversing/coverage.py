"""How much of documents an answer is made from."""

from collections.abc import Sequence

from app.common.passages import Passage
from app.services.answering.types import Coverage, How
from app.services.catalog.records import DocumentRecord
from app.services.digests.notes import Digest


def coverage_of(record: DocumentRecord, passages: Sequence[Passage], how: How) -> Coverage:
    """Return how much of a document these passages, of any documents, are."""
    own = [passage for passage in passages if passage.chunk.document_id == record.document_id]
    parts = sum(passage.parts for passage in own)
    return _coverage(record, how, pages=len({passage.chunk.page for passage in own}), parts=parts)


def digest_coverage(record: DocumentRecord, digest: Digest) -> Coverage:
    """Return how much of a document its digest was made from."""
    return _coverage(record, "digest", pages=digest.pages_read, parts=digest.parts_read)


def _coverage(record: DocumentRecord, how: How, *, pages: int, parts: int) -> Coverage:
    parts = min(parts, record.stored_parts)
    if parts == record.stored_parts:  # pages without text are read too
        pages = record.pages
    return Coverage(
        document_id=record.document_id,
        source=record.filename,
        how=how,
        pages=record.pages,
        pages_read=pages,
        parts=record.stored_parts,
        parts_read=parts,
    )
