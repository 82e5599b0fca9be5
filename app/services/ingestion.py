"""From an uploaded file to passages that can be found: read, cut, embed, store, acknowledge."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.common.errors import AppError, InvalidInput
from app.common.file_loader import LoadedDocument, check_filename
from app.common.ids import ClientId, new_id
from app.common.locks import KeyedLocks
from app.common.passages import Chunk
from app.services.catalog import Catalog, DocumentRecord
from app.services.chunking import split
from app.services.embeddings import Embedder
from app.services.parsing import ParserPool
from app.services.spool import Upload
from app.services.vector_store import VectorStoreService

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How text is cut: sizes in characters. Raises InvalidInput when the overlap is not smaller than the size."""

    size: int
    overlap: int

    def __post_init__(self) -> None:
        if self.overlap >= self.size:
            raise InvalidInput(
                f"chunk_overlap ({self.overlap}) must be smaller than chunk_size ({self.size}).",
                code="invalid_chunk_settings",
            )


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file. `error` is set exactly when the status is `failed`."""

    filename: str
    status: Literal["ready", "duplicate", "failed"]
    document_id: str | None = None
    pages: int = 0
    chunks: int = 0
    duplicate_of: str | None = None
    warnings: tuple[str, ...] = ()
    error: AppError | None = None


class Ingestion:
    """Takes files in. Safe to call from many threads; writes for one client happen one after the other."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        store: VectorStoreService,
        embedder: Embedder,
        parser: ParserPool,
        client_locks: KeyedLocks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._embedder = embedder
        self._parser = parser
        self._client_locks = client_locks
        self._content_locks = KeyedLocks()
        self._clock = clock

    def ingest(self, client_id: ClientId, upload: Upload, settings: ChunkSettings) -> FileResult:
        """Take in one file: one that fails leaves nothing behind. The reason is in the result, not raised."""
        started = time.perf_counter()
        try:
            # Two uploads of the same bytes at once: the second waits, and is then a duplicate of what is there.
            with self._content_locks.hold((client_id, upload.sha256)):
                result = self._ingest(client_id, upload, settings)
        except AppError as exc:
            result = FileResult(upload.filename, "failed", error=exc)
        logger.info(
            "document %s",
            result.status,
            extra={
                "client": client_id,
                "document": result.document_id or result.duplicate_of or "-",
                "bytes": upload.size,
                "pages": result.pages,
                "chunks": result.chunks,
                "code": result.error.code if result.error else "-",
                "ms": round((time.perf_counter() - started) * 1000),
            },
        )
        return result

    def _ingest(self, client_id: ClientId, upload: Upload, settings: ChunkSettings) -> FileResult:
        upload = replace(upload, filename=check_filename(upload.filename))
        same = self._catalog.same_content(
            client_id, upload.sha256, chunk_size=settings.size, chunk_overlap=settings.overlap
        )
        if same is not None:
            return FileResult(
                upload.filename,
                "duplicate",
                pages=same.pages,
                document_id=same.document_id,
                duplicate_of=same.document_id,
            )
        started = time.perf_counter()
        document = self._parser.parse(upload.filename, upload.path)
        parsed = time.perf_counter()
        document_id = new_id("doc")
        chunks = split(
            document,
            document_id=document_id,
            source=upload.filename,
            chunk_size=settings.size,
            chunk_overlap=settings.overlap,
        )
        record = self._record(client_id, upload, document_id, document, chunks, settings)
        self._write(record, chunks)
        logger.debug(
            "ingest stages",
            extra={
                "document": document_id,
                "parse_ms": round((parsed - started) * 1000),
                "index_ms": round((time.perf_counter() - parsed) * 1000),
            },
        )
        return FileResult(
            upload.filename,
            "ready",
            document_id=document_id,
            pages=record.pages,
            chunks=record.chunk_count,
            warnings=record.warnings,
        )

    def _record(
        self,
        client_id: ClientId,
        upload: Upload,
        document_id: str,
        document: LoadedDocument,
        chunks: Sequence[Chunk],
        settings: ChunkSettings,
    ) -> DocumentRecord:
        now = self._clock()
        return DocumentRecord(
            document_id=document_id,
            client_id=client_id,
            filename=upload.filename,
            kind=document.kind,
            sha256=upload.sha256,
            size_bytes=upload.size,
            pages=len(document.page_starts),
            characters=len(document.text),
            chunk_count=len(chunks),
            chunk_size=settings.size,
            chunk_overlap=settings.overlap,
            warnings=document.warnings,
            status="indexing",
            created_at=now,
            updated_at=now,
        )

    def _write(self, record: DocumentRecord, chunks: Sequence[Chunk]) -> None:
        vectors = self._embedder.embed_texts([chunk.text for chunk in chunks])
        with self._client_locks.hold(record.client_id):
            self._catalog.begin_document(record)
            try:
                self._store.add(record.client_id, chunks, vectors)
                self._catalog.finish_document(record.client_id, record.document_id)
            except BaseException:
                self._undo(record)
                raise

    def _undo(self, record: DocumentRecord) -> None:
        """Take back a half-written document. If even that fails, the next start does it from the journal."""
        if self._store.exists(record.client_id):
            self._store.delete_document(record.client_id, record.document_id)
        self._catalog.drop_document(record.client_id, record.document_id)
        if self._catalog.client(record.client_id) is None:
            self._store.delete_collection(record.client_id)
