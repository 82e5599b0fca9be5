"""The stores, and what looks after them in the background."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.common.lives import ClientLives
from app.common.space import DiskSpace
from app.config import Settings
from app.folders import data_files, data_folders
from app.memory import SessionStore
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.embedding.metered import MeteredEmbedder
from app.services.embedding.models import Embedders, OpenModel
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.library import ClientLimits, Library
from app.services.library.embedded import Beside, EmbeddedLibrary
from app.services.library.stores import VectorStore, WordSearch
from app.services.metering.meter import UsageMeter
from app.services.tables import TableStore
from app.services.upkeep.index_repair import Repairer
from app.services.upkeep.reembedding import Reembedder
from app.services.upkeep.session_expiry import session_cleaner
from app.services.vector_store import VectorStoreService
from app.services.words import WordStore
from app.wiring.metering import open_meter
from app.wiring.sessions import open_database, open_sessions

if TYPE_CHECKING:
    from app.common.postgres.database import PostgresDatabase

logger = logging.getLogger(__name__)

Clock = Callable[[], float]
MakeLibrary = Callable[[Compactor, ClientLimits], Library]


@dataclass(frozen=True, slots=True)
class DocumentStores:
    """Where documents are, and how their library is made, which owns them in all of these."""

    catalog: Catalog
    vectors: VectorStore
    words: WordSearch
    make_library: MakeLibrary


@dataclass(frozen=True, slots=True)
class Stores:
    """What everything else rests on."""

    catalog: Catalog
    sessions: SessionStore
    embedders: Embedders
    vectors: VectorStore
    words: WordSearch
    tables: TableStore
    make_library: MakeLibrary
    space: DiskSpace
    lives: ClientLives
    meter: UsageMeter
    clock: Clock


def model_opener(settings: Settings) -> OpenModel:
    """Return what opens embedding models as the settings say."""
    return lambda model: open_embedder(
        model,
        backend=settings.embedding_backend,
        device=settings.embedding_device,
        cache=settings.data_path / "models",
    )


def open_stores(
    settings: Settings, stack: ExitStack, space: DiskSpace, embedder: Embedder, open_model: OpenModel, clock: Clock
) -> Stores:
    """Open the databases, the vector store, and with `open_model` the models of documents that have another one.

    `embedder` is closed with the rest.
    """
    stack.callback(embedder.close)
    lives = ClientLives()
    database = open_database(settings)
    if database is not None:
        stack.callback(database.close)
    sessions = open_sessions(settings, database, clock, space, lives.clients)
    stack.callback(sessions.close)
    tables = TableStore(data_files(settings).tables, space=space)
    if settings.vector_store_type == "pgvector":
        assert database is not None, "the settings have made sure of it"
        kept = _open_shared(database, stack, embedder.name, clock)
    else:
        kept = _open_embedded(settings, stack, embedder.name, _Local(tables, space, lives, clock))
    meter = open_meter(settings, stack, kept.catalog.database, lives.clients, clock)
    embedders = _open_embedders(embedder, kept.vectors, open_model, meter)
    stack.callback(embedders.close)
    return Stores(
        catalog=kept.catalog,
        sessions=sessions,
        embedders=embedders,
        vectors=kept.vectors,
        words=kept.words,
        tables=tables,
        make_library=kept.make_library,
        space=space,
        lives=lives,
        meter=meter,
        clock=clock,
    )


def _open_embedders(current: Embedder, vectors: VectorStore, open_model: OpenModel, meter: UsageMeter) -> Embedders:
    outdated = vectors.models.outdated()
    if outdated:
        logger.warning(
            "documents were embedded with another model, run reembed",
            extra={"clients": len(outdated), "embedding_model": current.name},
        )

    def opened(model: str) -> Embedder:
        return MeteredEmbedder(open_model(model), meter)

    return Embedders(MeteredEmbedder(current, meter), outdated.values(), opened)


@dataclass(frozen=True, slots=True)
class _Local:
    """What is this process's alone."""

    tables: TableStore
    space: DiskSpace
    lives: ClientLives
    clock: Clock


def _open_embedded(settings: Settings, stack: ExitStack, model: str, local: _Local) -> DocumentStores:
    catalog = Catalog.open(data_files(settings).catalog, clock=local.clock, space=local.space)
    stack.callback(catalog.close)
    vectors = VectorStoreService(
        settings.vector_store_path,
        cache_size=settings.collection_cache_size,
        embedding_model=model,
        space=local.space,
    )
    stack.callback(vectors.close)
    words = WordStore(data_files(settings).words, open_files=settings.collection_cache_size)
    stack.callback(words.close)
    local.tables.remove_orphans(catalog.every_document())

    def make_library(compactor: Compactor, limits: ClientLimits) -> Library:
        return EmbeddedLibrary(
            catalog=catalog,
            store=vectors,
            beside=Beside(words, local.tables),
            compactor=compactor,
            limits=limits,
            lives=local.lives.documents,
        )

    return DocumentStores(catalog, vectors, words, make_library)


def _open_shared(database: "PostgresDatabase", stack: ExitStack, model: str, clock: Clock) -> DocumentStores:
    from app.services.library.postgres import MIGRATIONS
    from app.services.library.postgres.library import PostgresLibrary
    from app.services.library.postgres.tables import CatalogTables
    from app.services.library.postgres.vectors import PostgresVectors
    from app.services.library.postgres.words import PostgresWords

    # Uploads that wait are files of the process that took them: until they are shared, it is alone.
    stack.enter_context(database.alone("documents"))
    database.migrate(MIGRATIONS)
    catalog = Catalog(CatalogTables(database, clock=clock), clock=clock)
    vectors = PostgresVectors(database, embedding_model=model)

    def make_library(compactor: Compactor, limits: ClientLimits) -> Library:
        return PostgresLibrary(
            database, catalog=catalog, compactor=compactor, models=vectors.models, limits=limits, clock=clock
        )

    return DocumentStores(catalog, vectors, PostgresWords(database), make_library)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The owner of the documents, and what looks after the stores in the background."""

    library: Library
    compactor: Compactor
    repairer: Repairer
    reembedder: Reembedder


def open_upkeep(settings: Settings, stack: ExitStack, stores: Stores) -> Upkeep:
    """Finish what a crash interrupted, and only then begin to clean up, compact and repair."""
    compactor = Compactor(
        steps=(stores.vectors.scrub, stores.words.scrub, stores.sessions.compact, stores.catalog.compact),
        folders=data_folders(settings),
        marker=data_files(settings).compaction_marker,
        space=stores.space,
    )
    limits = ClientLimits(settings.max_documents_per_client, settings.max_chunks_per_client)
    library = stores.make_library(compactor, limits)
    library.resume()
    stores.words.remove_orphans(record.client_id for record in stores.catalog.list_clients())
    cleaner = session_cleaner(stores.sessions, every=settings.cleanup_interval)
    repairer = Repairer(library=library, store=stores.vectors, embedders=stores.embedders)
    reembedder = Reembedder(library=library, embedder=stores.embedders.current)
    for background in (cleaner, compactor, repairer, reembedder):
        stack.enter_context(background)
    return Upkeep(library, compactor, repairer, reembedder)
