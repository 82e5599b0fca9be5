"""Settings become services: everything is opened here, in order, and closed in reverse."""

import logging
import time
from contextlib import ExitStack

from app.common.database_errors import startup_errors
from app.common.space import DiskSpace
from app.config import Settings
from app.folders import data_folders, database_places, hold_folders
from app.service import Internals, Services
from app.services.embedding.models import OpenModel, cannot_open
from app.services.embedding.types import Embedder
from app.services.library.search import LibrarySearch
from app.services.parsing.limits import ProcessLimits
from app.services.rag_chain import AnswerOptions, ChatThreads
from app.services.retriever import Retriever
from app.services.tenants.clients import ClientService
from app.services.tenants.documents import DocumentService
from app.services.tenants.keys import ApiKeyStore
from app.services.tenants.rate_limit import RateLimit
from app.services.tenants.settings import ClientSettingsStore
from app.services.upkeep.databases import require_sound
from app.services.upkeep.readiness import Readiness
from app.telemetry.exposition import Figures
from app.telemetry.tracing import open_tracing
from app.version import VERSION
from app.wiring.answering import make_gate, make_rag, open_model, open_summaries
from app.wiring.backup import open_backups
from app.wiring.figures import Parts, open_figures
from app.wiring.intake import Intake, open_intake
from app.wiring.reranking import open_reranking
from app.wiring.stores import Clock, Stores, Upkeep, model_opener, open_stores, open_upkeep
from app.wiring.work import make_work

logger = logging.getLogger(__name__)


def open_services(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    embedder_of: OpenModel | None = None,
    clock: Clock = time.time,
    parser_limits: ProcessLimits | None = None,
) -> Services:
    """Open everything; raises StartupError with one sentence when that cannot be done.

    `embedder` stands in for the configured one: an application that brings its own, or a test; then `embedder_of`
    opens the models that documents were embedded with before, and none is opened without it. `parser_limits` are
    what one process that reads uploads may use.
    """
    started = time.perf_counter()
    with startup_errors(), ExitStack() as stack:
        if settings.otel_exporter_otlp_endpoint:
            stack.callback(open_tracing(settings.otel_exporter_otlp_endpoint, version=VERSION))
        stack.enter_context(hold_folders(settings))
        space = DiskSpace(data_folders(settings), reserve_bytes=settings.disk_reserve_mb << 20)
        with space.lent():  # looking and opening write too, and what is resumed are deletions
            if settings.vector_store_type == "chroma":
                require_sound(database_places(settings))
            if embedder is None:
                embedder_of = model_opener(settings)
                embedder = embedder_of(settings.embedding_model)
            stores = open_stores(settings, stack, space, embedder, embedder_of or cannot_open, clock)
            upkeep = open_upkeep(settings, stack, stores)
        model = open_model(settings, stack, stores.meter)
        open_summaries(settings, stack, stores, model)
        intake = open_intake(settings, stack, stores, upkeep.library, parser_limits)
        parts = Parts(stores, upkeep, intake, model, make_work(settings))
        figures = open_figures(settings, stack, parts)
        services = _assemble(settings, parts, figures, stack)
    _tell(settings, stores, started)
    return services


def _tell(settings: Settings, stores: Stores, started: float) -> None:
    logger.info(
        "started",
        extra={
            "model": settings.answering_model,
            "embedding_model": settings.embedding_model,
            "clients": stores.catalog.count_clients(),
            "ms": round((time.perf_counter() - started) * 1000),
        },
    )
    if older := stores.catalog.count_older_documents():
        logger.info(
            "documents of an earlier version are found less well; upload them again", extra={"documents": older}
        )


def _assemble(settings: Settings, parts: Parts, figures: Figures | None, stack: ExitStack) -> Services:
    """Put what was opened together; from here on `close` of the services closes it."""
    stores, upkeep, intake, work = parts.stores, parts.upkeep, parts.intake, parts.work
    catalog, database, compactor = stores.catalog, stores.catalog.database, upkeep.compactor
    documents = _documents(stores, upkeep, intake)
    api_keys = ApiKeyStore(database, lives=stores.lives.clients, clock=stores.clock)
    clients = ClientService(
        catalog=catalog, keys=api_keys, sessions=stores.sessions, documents=documents,
        compactor=compactor, meter=stores.meter,
    )  # fmt: skip
    reranking = open_reranking(settings, stack, parts.model)
    retriever = _retriever(settings, stores, upkeep, pooling=reranking.on)
    return Services(
        settings=settings,
        session_store=stores.sessions,
        vector_store_service=stores.vectors,
        rag=make_rag(settings, stores, retriever, reranking, parts.model).in_threads(
            ChatThreads(work.search, work.write)
        ),
        retriever=retriever,
        reranking=reranking,
        gate=make_gate(settings, retriever),
        uploads=intake.uploads,
        jobs=intake.jobs,
        documents=documents,
        clients=clients,
        work=work,
        client_settings=ClientSettingsStore(
            database,
            models=settings.own_models,
            defaults=AnswerOptions(top_k=settings.top_k),
            lives=stores.lives.clients,
        ),
        api_keys=api_keys,
        rate_limit=RateLimit(settings.rate_limit_per_minute),
        meter=stores.meter,
        reembedder=upkeep.reembedder,
        readiness=Readiness(catalog=catalog, sessions=stores.sessions, store=stores.vectors, space=stores.space),
        backups=open_backups(settings, stack, stores, compactor),
        figures=figures,
        internals=_internals(stores, upkeep, intake),
        _model=parts.model,
        _opened=stack.pop_all(),
    )


def _documents(stores: Stores, upkeep: Upkeep, intake: Intake) -> DocumentService:
    return DocumentService(
        catalog=stores.catalog,
        store=stores.vectors,
        library=upkeep.library,
        compactor=upkeep.compactor,
        jobs=intake.jobs,
        lives=stores.lives,
    )


def _retriever(settings: Settings, stores: Stores, upkeep: Upkeep, *, pooling: bool) -> Retriever:
    search = LibrarySearch(
        catalog=stores.catalog, store=stores.vectors, words=stores.words, note_stale=upkeep.library.note_stale
    )
    return Retriever(search=search, embedders=stores.embedders, context_tokens=settings.context_tokens, pooling=pooling)


def _internals(stores: Stores, upkeep: Upkeep, intake: Intake) -> Internals:
    return Internals(
        catalog=stores.catalog,
        library=upkeep.library,
        words=stores.words,
        tables=stores.tables,
        embedders=stores.embedders,
        spool=intake.spool,
        ingestion=intake.ingestion,
        compactor=upkeep.compactor,
        repairer=upkeep.repairer,
    )
