"""What takes files in."""

from contextlib import ExitStack
from dataclasses import dataclass

from app.config import Settings
from app.folders import data_files
from app.services.ingestion.ingest import Bounds, ChunkSettings, Ingestion
from app.services.ingestion.spool import UploadSpool
from app.services.ingestion.uploads import Uploads
from app.services.jobs.service import JobService, JobSettings
from app.services.jobs.store import JobStore
from app.services.library import Library
from app.services.parsing.limits import ProcessLimits
from app.services.parsing.pool import ParserPool
from app.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Intake:
    """What takes files in: at once, or as jobs."""

    spool: UploadSpool
    parser: ParserPool
    ingestion: Ingestion
    uploads: Uploads
    jobs: JobService


def open_intake(
    settings: Settings, stack: ExitStack, stores: Stores, library: Library, limits: ProcessLimits | None
) -> Intake:
    """Open the parser and start the jobs; a parser's process is held to `limits`."""
    spool = UploadSpool(data_files(settings).spool, stores.space)
    parser = ParserPool(pdf_engine=settings.pdf_engine, ocr=settings.ocr, process_limits=limits)
    stack.callback(parser.close)
    ingestion = Ingestion(
        catalog=stores.catalog,
        library=library,
        embedders=stores.embedders,
        parser=parser,
        bounds=Bounds(max_chunks=settings.max_chunks_per_document, meter=stores.meter),
        clock=stores.clock,
    )
    uploads = Uploads(
        spool=spool, ingestion=ingestion, defaults=ChunkSettings(settings.chunk_size, settings.chunk_overlap)
    )
    jobs = JobService(
        store=JobStore(stores.catalog.database, lives=stores.lives.documents, clock=stores.clock),
        catalog=stores.catalog,
        spool=spool,
        ingestion=ingestion,
        settings=JobSettings(
            workers=settings.ingest_workers,
            queue_limit=settings.ingest_queue_limit,
            keep=settings.ingest_job_days * 86400,
            client_bytes=settings.max_waiting_mb_per_client << 20,
        ),
        clock=stores.clock,
    )
    stack.callback(jobs.close)
    # Before the jobs are waited for: a file that is being read may take minutes, and is read again after the start.
    stack.callback(parser.close)
    stack.callback(jobs.interrupt)
    jobs.start()
    return Intake(spool, parser, ingestion, uploads, jobs)
