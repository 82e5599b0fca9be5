"""From an uploaded file to passages that can be found: read, cut, embed, store, acknowledge."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.common.errors import AppError, TooLarge, shutting_down
from app.common.file_loader import LoadedDocument, check_filename
from app.common.ids import ClientId, new_id
from app.common.locks import KeyedLocks, Rank
from app.common.metering import Usage
from app.common.passages import embedded_text
from app.common.vectors import with_model
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.embedding.models import Embedders
from app.services.ingestion.parts import CutDocument, cut_parts
from app.services.ingestion.spool import Upload
from app.services.ingestion.types import Bounds, ChunkSettings, FileResult, Options, Report, Stage
from app.services.library import Library, NewDocument, Succession
from app.services.parsing.pool import ParserPool
from app.services.tables import NewTable, new_tables
from app.telemetry.counting import count_document, ingest_stage

__all__ = ["Bounds", "ChunkSettings", "FileResult", "Ingestion", "Options", "Report", "Stage"]

logger = logging.getLogger(__name__)

# Where in a file's time each stage begins, roughly: embedding takes by far the most of it.
_EMBEDDING_BEGINS = 0.1
_STORING_BEGINS = 0.95

PARTS_OF_A_CHUNK = 4
"""A chunk of the usual size is embedded in about so many parts; one of the largest size in many more."""


class Ingestion:
    """Takes files in. Safe to call from many threads; writes for one client happen one after the other."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        library: Library,
        embedders: Embedders,
        parser: ParserPool,
        bounds: Bounds,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._library = library
        self._embedders = embedders
        self._parser = parser
        self._meter = bounds.meter
        self._content_locks = KeyedLocks(Rank.CONTENT)
        self._max_chunks = bounds.max_chunks
        self._clock = clock
        self._closed = threading.Event()

    def ingest(
        self, client_id: ClientId, upload: Upload, settings: ChunkSettings, options: Options | None = None
    ) -> FileResult:
        """Take in one file: one that fails leaves nothing behind. The reason is in the result, not raised.

        Documents that it replaces answer until it is ready, and stay when it fails. Those of the same bytes that
        are cut in another way are always replaced, or they would answer twice.
        """
        started, wanted = time.perf_counter(), options or Options()
        try:
            # Two uploads of the same bytes at once: the second waits, and is then a duplicate of what is there.
            with self._content_locks.hold((client_id, upload.sha256)):
                result = self._ingest(client_id, upload, settings, self._watched(wanted))
        except AppError as exc:
            result = FileResult(upload.filename, "failed", error=exc)
        count_document(result.status, pages=result.pages, chunks=result.chunks, size=upload.size)
        if result.status == "ready":
            self._meter.count(client_id, Usage(documents=1, pages=result.pages, bytes=upload.size))
        logger.info(
            "document taken in",
            extra={
                "status": result.status,
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

    def close(self) -> None:
        """Give up the files that are being taken in, and take no more: the error is that the service shuts down."""
        self._closed.set()
        self._parser.close()

    def _watched(self, options: Options) -> Options:
        """Return the options with an end to the work when the service stops."""

        def still() -> None:
            if self._closed.is_set():
                raise shutting_down()
            options.still()

        def report(stage: Stage, progress: float) -> None:
            still()
            options.report(stage, progress)

        return replace(options, still=still, report=report)

    def _ingest(self, client_id: ClientId, upload: Upload, settings: ChunkSettings, options: Options) -> FileResult:
        self._library.require_standing(client_id, options.standing)
        upload = replace(upload, filename=check_filename(upload.filename))
        succession = _succession(upload, options)
        same = self._catalog.same_content(
            client_id, upload.sha256, chunk_size=settings.size, chunk_overlap=settings.overlap
        )
        if same is not None:
            if options.labels:
                self._library.relabel(client_id, same.document_id, options.labels.over)
            return self._duplicate(client_id, upload, same, succession)
        self._library.require_room(client_id, succession)
        self._meter.require(client_id, Usage(pages=1, bytes=upload.size))
        started = time.perf_counter()
        options.report("parsing", 0.0)
        with ingest_stage("read"):
            document = self._parser.parse(upload.filename, upload.path, owner=client_id, still=options.still)
        self._meter.require(client_id, Usage(pages=len(document.page_starts)))
        parsed = time.perf_counter()
        options.report("chunking", _EMBEDDING_BEGINS / 2)
        document_id = options.document_id or new_id("doc")
        cut = self._cut(document, document_id, upload.filename, settings)
        record = self._record(client_id, upload, document_id, document, cut, settings)
        replaced = self._write(record, cut, new_tables(document), succession, options)
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
            replaced=replaced,
            warnings=record.warnings,
        )

    def _cut(self, document: LoadedDocument, document_id: str, source: str, settings: ChunkSettings) -> CutDocument:
        cut = cut_parts(
            document, document_id=document_id, source=source, chunk_size=settings.size, chunk_overlap=settings.overlap
        )
        most = self._max_chunks
        if most is not None and (len(cut.chunks) > most or len(cut.parts) > PARTS_OF_A_CHUNK * most):
            raise TooLarge(
                f"The document makes more than the {most} chunks that one may have; split it, or choose a larger "
                "chunk_size.",
                code="too_many_chunks",
            )
        return cut

    def _duplicate(
        self, client_id: ClientId, upload: Upload, same: DocumentRecord, succession: Succession
    ) -> FileResult:
        """The content is there already: add nothing, but remove what this upload was to replace."""
        replaced: tuple[str, ...] = ()
        if succession.filename is not None or succession.document_id is not None:
            replaced = self._library.keep(client_id, succession, document_id=same.document_id)
        return FileResult(
            upload.filename,
            "duplicate",
            pages=same.pages,
            document_id=same.document_id,
            duplicate_of=same.document_id,
            replaced=replaced,
        )

    def _record(
        self,
        client_id: ClientId,
        upload: Upload,
        document_id: str,
        document: LoadedDocument,
        cut: CutDocument,
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
            chunk_count=len(cut.chunks),
            part_count=len(cut.parts),
            chunk_size=settings.size,
            chunk_overlap=settings.overlap,
            warnings=document.warnings,
            status="indexing",
            created_at=now,
            updated_at=now,
        )

    def _write(
        self,
        record: DocumentRecord,
        cut: CutDocument,
        tables: Sequence[NewTable],
        succession: Succession,
        options: Options,
    ) -> tuple[str, ...]:
        # Asked here to save the embedding; the library asks again, when nobody else can add anything meanwhile.
        self._library.require_room(record.client_id, succession, new_chunks=record.chunk_count)
        texts = [embedded_text(part) for part in cut.parts]

        def put(model: str) -> tuple[str, ...]:
            embedder, report = self._embedders.of(model), _embedding(options.report, len(texts))
            with ingest_stage("embed"):
                vectors = embedder.embed_texts(texts, report, owner=record.client_id)
            document = NewDocument(record, cut.parts, vectors, cut.chunks, options.labels, tables, model)
            with ingest_stage("write"):
                return self._library.put(
                    document, succession, last_chance=lambda: options.report("storing", _STORING_BEGINS)
                )

        return with_model(self._library.model(record.client_id), put)


def _embedding(report: Report, total: int) -> Callable[[int], None]:
    share = _STORING_BEGINS - _EMBEDDING_BEGINS
    return lambda done: report("embedding", _EMBEDDING_BEGINS + share * done / total)


def _succession(upload: Upload, options: Options) -> Succession:
    return Succession(
        upload.sha256,
        filename=upload.filename if options.by_name else None,
        document_id=options.replaces,
        standing=options.standing,
    )
