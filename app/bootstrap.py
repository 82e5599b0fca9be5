"""Settings become services: everything is opened here, and closed in reverse order."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from app.common.database import Database
from app.common.errors import AppError, StartupError, Unavailable
from app.common.ids import DEFAULT_CLIENT, ClientId
from app.config import Settings
from app.memory import SessionStore
from app.memory.sqlite_session_store import SqliteSessionStore
from app.memory.strategies import BufferMemory, Memory, make_memory
from app.services.answering.extractive import ExtractiveAnswerer
from app.services.answering.followups import FollowUps
from app.services.answering.summaries import summariser
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.ingestion.ingest import ChunkSettings, FileResult, Ingestion
from app.services.ingestion.spool import UploadSpool
from app.services.ingestion.uploads import Incoming, Uploads
from app.services.jobs.service import JobService, JobSettings
from app.services.jobs.store import JobStore
from app.services.library import ClientLimits, Library
from app.services.library.embedded import EmbeddedLibrary
from app.services.library.visible import DocumentSearch
from app.services.llm.model import CallLimits, Endpoint, LanguageModel, open_language_model
from app.services.parsing.pool import ParserPool, ProcessLimits
from app.services.rag_chain import (
    Answer,
    Answerer,
    AnswerOptions,
    ChatQuestion,
    ModelAnswerer,
    QuotingAnswerer,
    RagChain,
)
from app.services.retriever import Retriever
from app.services.tenants.clients import ClientService
from app.services.tenants.documents import DocumentService
from app.services.tenants.keys import ApiKeyStore
from app.services.tenants.rate_limit import RateLimit
from app.services.tenants.settings import ClientSettingsStore
from app.services.upkeep.repair import Repairer
from app.services.upkeep.session_expiry import Cleaner
from app.services.vector_store import VectorStoreService

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DataFiles:
    """What lies in DATA_PATH: the catalog, the folder of uploads being read, the sign that a compaction is due."""

    catalog: Path
    spool: Path
    compaction_marker: Path


def data_files(settings: Settings) -> DataFiles:
    """Return where the data of the service is, whether it exists or not."""
    folder = settings.data_path
    return DataFiles(folder / "catalog.db", folder / "uploads", folder / "compaction.due")


@dataclass(frozen=True, slots=True)
class Services:
    """All that the product does, opened. Use as a context manager, or call `close` once."""

    settings: Settings
    catalog: Catalog
    library: Library
    session_store: SessionStore
    vector_store_service: VectorStoreService
    api_keys: ApiKeyStore
    spool: UploadSpool
    ingestion: Ingestion
    uploads: Uploads
    jobs: JobService
    documents: DocumentService
    clients: ClientService
    client_settings: ClientSettingsStore
    rate_limit: RateLimit
    retriever: Retriever
    rag: RagChain
    compactor: Compactor
    repairer: Repairer
    _opened: ExitStack

    def ask(self, question: str, client_id: ClientId = DEFAULT_CLIENT, *, session_id: str | None = None) -> Answer:
        """Answer from the documents of a client; of `default` when none is named."""
        answer = self.rag.ask(
            ChatQuestion(
                client_id=client_id,
                text=question,
                options=self.client_settings.options(client_id),
                session_id=session_id,
                use_memory=session_id is not None,
            )
        )
        if session_id is not None:
            self.rag.consolidate(client_id, session_id)
        return answer

    def ingest_file(self, path: Path, client_id: ClientId = DEFAULT_CLIENT) -> FileResult:
        """Take in a file of this machine for a client; for `default` when none is named."""
        with path.open("rb") as stream:
            return self.uploads.take(client_id, Incoming(path.name, stream))

    def require_ready(self) -> None:
        """Raise Unavailable when a store does not answer."""
        try:
            self.catalog.count_clients()
            self.session_store.get_stats()
            self.vector_store_service.exists(DEFAULT_CLIENT)
        except AppError as exc:
            raise Unavailable("A store does not answer; look at the service's log.", code="not_ready") from exc

    def ready(self) -> bool:
        """Whether all stores answer."""
        try:
            self.require_ready()
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        """Close everything in reverse order."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_services(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    clock: Callable[[], float] = time.time,
    parser_limits: ProcessLimits | None = None,
) -> Services:
    """Open everything; raises StartupError with one sentence when that cannot be done.

    `embedder` stands in for the configured one: an application that brings its own, or a test. `parser_limits` are
    what one process that reads uploads may use.
    """
    started = time.perf_counter()
    with ExitStack() as stack:
        services = _open(settings, stack, embedder, clock, parser_limits)
        stack.pop_all()
    logger.info(
        "started",
        extra={
            "model": settings.answering_model,
            "embedding_model": settings.embedding_model,
            "clients": services.catalog.count_clients(),
            "ms": round((time.perf_counter() - started) * 1000),
        },
    )
    return services


def _open(
    settings: Settings,
    stack: ExitStack,
    embedder: Embedder | None,
    clock: Callable[[], float],
    parser_limits: ProcessLimits | None,
) -> Services:
    """Open all parts, each of them put on the stack as soon as it is open."""
    stack.enter_context(hold_folders(settings))
    stores = _open_stores(settings, stack, embedder, clock)
    compactor = _make_compactor(settings, stores)
    limits = ClientLimits(settings.max_documents_per_client, settings.max_chunks_per_client)
    library = EmbeddedLibrary(catalog=stores.catalog, store=stores.vectors, compactor=compactor, limits=limits)
    library.resume()
    _start_upkeep(settings, stack, stores, compactor)
    parser = ParserPool(pdf_engine=settings.pdf_engine, ocr=settings.ocr, process_limits=parser_limits)
    stack.callback(parser.close)
    model = _open_model(settings)
    if model is not None:
        stack.callback(model.close)
    spool = UploadSpool(data_files(settings).spool)
    repairer = Repairer(library=library, store=stores.vectors, embedder=stores.embedder)
    repairer.start()
    stack.callback(repairer.stop)
    ingestion = Ingestion(catalog=stores.catalog, library=library, embedder=stores.embedder, parser=parser, clock=clock)
    jobs = JobService(
        store=JobStore(stores.catalog.database, clock=clock),
        catalog=stores.catalog,
        spool=spool,
        ingestion=ingestion,
        settings=JobSettings(settings.ingest_workers, settings.ingest_queue_limit, settings.ingest_job_days * 86400),
        clock=clock,
    )
    _start_jobs(stack, jobs, parser)
    documents = DocumentService(
        catalog=stores.catalog,
        store=stores.vectors,
        library=library,
        compactor=compactor,
        jobs=jobs,
    )
    api_keys = ApiKeyStore(stores.catalog.database, clock=clock)
    retriever = Retriever(store=DocumentSearch(catalog=stores.catalog, store=stores.vectors), embedder=stores.embedder)
    return Services(
        settings=settings,
        catalog=stores.catalog,
        library=library,
        session_store=stores.sessions,
        vector_store_service=stores.vectors,
        api_keys=api_keys,
        spool=spool,
        ingestion=ingestion,
        uploads=Uploads(
            spool=spool, ingestion=ingestion, defaults=ChunkSettings(settings.chunk_size, settings.chunk_overlap)
        ),
        jobs=jobs,
        documents=documents,
        clients=ClientService(
            catalog=stores.catalog,
            keys=api_keys,
            sessions=stores.sessions,
            documents=documents,
            compactor=compactor,
            clock=clock,
        ),
        client_settings=ClientSettingsStore(
            stores.catalog.database,
            models=[name for name in (settings.model_name, settings.fallback_model_name) if name],
            defaults=AnswerOptions(top_k=settings.top_k),
        ),
        rate_limit=RateLimit(settings.rate_limit_per_minute),
        retriever=retriever,
        rag=_make_rag(settings, stores, retriever, model),
        compactor=compactor,
        repairer=repairer,
        _opened=stack.pop_all(),
    )


@dataclass(frozen=True, slots=True)
class _Stores:
    """What everything else rests on."""

    catalog: Catalog
    sessions: SqliteSessionStore
    embedder: Embedder
    vectors: VectorStoreService


def _open_stores(
    settings: Settings, stack: ExitStack, embedder: Embedder | None, clock: Callable[[], float]
) -> _Stores:
    catalog = Catalog.open(data_files(settings).catalog, clock=clock)
    stack.callback(catalog.close)
    sessions = SqliteSessionStore(
        Database.open_sqlite(settings.session_db_path),
        ttl=settings.session_ttl,
        cached_sessions=settings.max_cached_sessions,
        clock=clock,
    )
    stack.callback(sessions.close)
    if embedder is None:
        embedder = open_embedder(
            settings.embedding_model,
            backend=settings.embedding_backend,
            device=settings.embedding_device,
            cache=settings.data_path / "models",
        )
    stack.callback(embedder.close)
    vectors = VectorStoreService(
        settings.vector_store_path, cache_size=settings.collection_cache_size, embedding_model=embedder.name
    )
    stack.callback(vectors.close)
    return _Stores(catalog, sessions, embedder, vectors)


def _make_compactor(settings: Settings, stores: _Stores) -> Compactor:
    return Compactor(
        steps=(stores.vectors.scrub, stores.sessions.compact, stores.catalog.compact),
        folders=(settings.data_path, settings.session_db_path.parent, settings.vector_store_path),
        marker=data_files(settings).compaction_marker,
    )


def _start_upkeep(settings: Settings, stack: ExitStack, stores: _Stores, compactor: Compactor) -> None:
    """Start what cleans up in the background: expired sessions, and what deleted texts left in the files."""
    cleaner = Cleaner(stores.sessions, interval=settings.cleanup_interval)
    cleaner.start()
    stack.callback(cleaner.stop)
    compactor.start()
    stack.callback(compactor.stop)


def _start_jobs(stack: ExitStack, jobs: JobService, parser: ParserPool) -> None:
    stack.callback(jobs.join)
    # Before the jobs are waited for: a file that is being read may take minutes, and is read again after the start.
    stack.callback(parser.close)
    stack.callback(jobs.interrupt)
    jobs.start()


def _make_rag(settings: Settings, stores: _Stores, retriever: Retriever, model: LanguageModel | None) -> RagChain:
    answerer: Answerer = ModelAnswerer(model) if model else QuotingAnswerer(ExtractiveAnswerer(stores.embedder))
    return RagChain(
        retriever=retriever,
        answerer=answerer,
        sessions=stores.sessions,
        memory=_make_memory(settings, stores.sessions, model),
        follow_ups=FollowUps(model if settings.query_rewrite == "auto" else None),
        # Quoting has a finer sense of its own, which costs embeddings, for when there is no answer.
        min_relevance=settings.min_relevance if model and settings.no_answer == "say" else None,
    )


def _open_model(settings: Settings) -> LanguageModel | None:
    """Open the language model, or none for extractive answers."""
    provider = settings.provider
    if provider == "extractive":
        return None
    key = settings.groq_api_key if provider == "groq" else settings.llm_api_key
    base = settings.groq_api_base if provider == "groq" else settings.llm_base_url
    return open_language_model(
        provider,
        Endpoint(api_key=key.get_secret_value() if key else "", base_url=base),
        model=settings.model_name,
        fallback_model=settings.fallback_model_name,
        temperature=settings.temperature,
        limits=CallLimits(timeout=settings.llm_timeout, max_concurrency=settings.worker_threads),
    )


def _make_memory(settings: Settings, sessions: SessionStore, model: LanguageModel | None) -> Memory:
    if model is None:
        # There is nobody to write a summary, and nobody to read one: quoting looks at the question alone.
        return BufferMemory(sessions, max_tokens=settings.max_token_limit)
    return make_memory(
        settings.memory_type,
        sessions,
        max_tokens=settings.max_token_limit,
        window=settings.memory_window,
        summarise=summariser(model),
    )


@contextmanager
def hold_folders(settings: Settings) -> Iterator[None]:
    """Hold all folders with data for this process; raises StartupError when another one has them."""
    folders = (settings.data_path, settings.session_db_path.parent, settings.vector_store_path)
    with ExitStack() as stack:
        for folder in dict.fromkeys(folders):
            stack.enter_context(_locked(folder))
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the lock goes with the process, however that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise StartupError(
            f"The folder {folder} is in use by another process of this service; stop that one first "
            "(one process per data folder, so no --workers)."
        ) from None
    except OSError:
        raise StartupError(f"The folder {folder} cannot be written; check its owner and permissions.") from None
    try:
        yield
    finally:
        lock.release()
