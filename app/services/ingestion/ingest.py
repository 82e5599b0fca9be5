"""From an uploaded file to passages that can be found: read, cut, embed, store, acknowledge."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from app.common.errors import AppError, InvalidInput, shutting_down
from app.common.file_loader import LoadedDocument, check_filename
from app.common.ids import ClientId, new_id
from app.common.labels import NONE_GIVEN, GivenLabels
from app.common.locks import KeyedLocks, Rank
from app.common.passages import embedded_text
from app.services.catalog.records import DocumentRecord
from app.services.catalog.store import Catalog
from app.services.embedding.types import Embedder
from app.services.ingestion.parts import CutDocument, cut_parts
from app.services.ingestion.spool import Upload
from app.services.library import Library, NewDocument, Succession
from app.services.parsing.pool import ParserPool

logger = logging.getLogger(__name__)

Stage = Literal["parsing", "chunking", "embedding", "storing"]
Report = Callable[[Stage, float], None]
"""Called with a file's stage and its progress, 0 to 1. An exception stops the work, which leaves nothing behind."""

# Where in a file's time each stage begins, roughly: embedding takes by far the most of it.
_EMBEDDING_BEGINS = 0.1
_STORING_BEGINS = 0.95


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


def _unwatched(_stage: Stage, _progress: float) -> None:
    """Do nothing: the report of a file that nobody follows."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is taken in, besides how it is cut.

    `by_name`: it takes the place of the client's documents of the same name. `replaces`: it takes the place of the
    document of this id, which has to be there. `document_id`: the id the document gets, made up when left out.
    `labels`: its metadata and tags; what is left out is that of the document it takes the place of.
    """

    by_name: bool = False
    replaces: str | None = None
    document_id: str | None = None
    labels: GivenLabels = NONE_GIVEN
    report: Report = _unwatched


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one file. `error` is set exactly when the status is `failed`."""

    filename: str
    status: Literal["ready", "duplicate", "failed"]
    document_id: str | None = None
    pages: int = 0
    chunks: int = 0
    duplicate_of: str | None = None
    replaced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: AppError | None = None


class Ingestion:
    """Takes files in. Safe to call from many threads; writes for one client happen one after the other."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        library: Library,
        embedder: Embedder,
        parser: ParserPool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._library = library
        self._embedder = embedder
        self._parser = parser
        self._content_locks = KeyedLocks(Rank.CONTENT)
        self._clock = clock
        self._closed = threading.Event()

    def ingest(
        self, client_id: ClientId, upload: Upload, settings: ChunkSettings, options: Options | None = None
    ) -> FileResult:
        """Take in one file: one that fails leaves nothing behind. The reason is in the result, not raised.

        Documents that it replaces answer until it is ready, and stay when it fails. Those of the same bytes that
        are cut in another way are always replaced, or they would answer twice.
        """
        started = time.perf_counter()
        try:
            # Two uploads of the same bytes at once: the second waits, and is then a duplicate of what is there.
            with self._content_locks.hold((client_id, upload.sha256)):
                wanted = options or Options()
                watched = replace(wanted, report=self._until_closed(wanted.report))
                result = self._ingest(client_id, upload, settings, watched)
        except AppError as exc:
            result = FileResult(upload.filename, "failed", error=exc)
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

    def _until_closed(self, report: Report) -> Report:
        def checked(stage: Stage, progress: float) -> None:
            if self._closed.is_set():
                raise shutting_down()
            report(stage, progress)

        return checked

    def _ingest(self, client_id: ClientId, upload: Upload, settings: ChunkSettings, options: Options) -> FileResult:
        upload = replace(upload, filename=check_filename(upload.filename))
        succession = Succession(
            upload.sha256,
            filename=upload.filename if options.by_name else None,
            document_id=options.replaces,
            life=self._library.life(client_id),
        )
        same = self._catalog.same_content(
            client_id, upload.sha256, chunk_size=settings.size, chunk_overlap=settings.overlap
        )
        if same is not None:
            if options.labels:
                self._library.relabel(client_id, same.document_id, options.labels.over)
            return self._duplicate(client_id, upload, same, succession)
        self._library.require_room(client_id, succession)
        started = time.perf_counter()
        options.report("parsing", 0.0)
        document = self._parser.parse(upload.filename, upload.path)
        parsed = time.perf_counter()
        options.report("chunking", _EMBEDDING_BEGINS / 2)
        document_id = options.document_id or new_id("doc")
        cut = _cut(document, document_id, upload.filename, settings)
        record = self._record(client_id, upload, document_id, document, cut, settings)
        replaced = self._write(record, cut, succession, options)
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
        self, record: DocumentRecord, cut: CutDocument, succession: Succession, options: Options
    ) -> tuple[str, ...]:
        # Asked here to save the embedding; the library asks again, when nobody else can add anything meanwhile.
        self._library.require_room(record.client_id, succession, new_chunks=record.chunk_count)
        texts = [embedded_text(part) for part in cut.parts]
        vectors = self._embedder.embed_texts(texts, _embedding(options.report, len(texts)))
        document = NewDocument(record, cut.parts, vectors, cut.chunks, options.labels)
        return self._library.put(document, succession, last_chance=lambda: options.report("storing", _STORING_BEGINS))


def _cut(document: LoadedDocument, document_id: str, source: str, settings: ChunkSettings) -> CutDocument:
    return cut_parts(
        document, document_id=document_id, source=source, chunk_size=settings.size, chunk_overlap=settings.overlap
    )


def _embedding(report: Report, total: int) -> Callable[[int], None]:
    share = _STORING_BEGINS - _EMBEDDING_BEGINS
    return lambda done: report("embedding", _EMBEDDING_BEGINS + share * done / total)
