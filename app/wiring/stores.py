"""The stores, and what looks after them in the background."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from app.common.lives import ClientLives
from app.common.space import DiskSpace
from app.config import Settings
from app.folders import data_files, data_folders
from app.memory import SessionStore
from app.services.catalog.store import Catalog
from app.services.compaction import Compactor
from app.services.embedding.opening import open_embedder
from app.services.embedding.types import Embedder
from app.services.library import ClientLimits
from app.services.library.embedded import EmbeddedLibrary
from app.services.upkeep.index_repair import Repairer
from app.services.upkeep.session_expiry import session_cleaner
from app.services.vector_store import VectorStoreService
from app.services.words import WordStore
from app.wiring.sessions import open_sessions

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Stores:
    """What everything else rests on."""

    catalog: Catalog
    sessions: SessionStore
    embedder: Embedder
    vectors: VectorStoreService
    words: WordStore
    space: DiskSpace
    lives: ClientLives
    clock: Clock


def open_stores(
    settings: Settings, stack: ExitStack, space: DiskSpace, embedder: Embedder | None, clock: Clock
) -> Stores:
    """Open the databases, the vector store and the embedding model, unless `embedder` stands in for that."""
    lives = ClientLives()
    catalog = Catalog.open(data_files(settings).catalog, clock=clock, space=space)
    stack.callback(catalog.close)
    sessions = open_sessions(settings, clock, space, lives.clients)
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
        settings.vector_store_path,
        cache_size=settings.collection_cache_size,
        embedding_model=embedder.name,
        space=space,
    )
    stack.callback(vectors.close)
    words = WordStore(data_files(settings).words, open_files=settings.collection_cache_size)
    stack.callback(words.close)
    return Stores(catalog, sessions, embedder, vectors, words, space, lives, clock)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The owner of the documents, and what looks after the stores in the background."""

    library: EmbeddedLibrary
    compactor: Compactor
    repairer: Repairer


def open_upkeep(settings: Settings, stack: ExitStack, stores: Stores) -> Upkeep:
    """Finish what a crash interrupted, and only then begin to clean up, compact and repair."""
    compactor = Compactor(
        steps=(stores.vectors.scrub, stores.words.scrub, stores.sessions.compact, stores.catalog.compact),
        folders=data_folders(settings),
        marker=data_files(settings).compaction_marker,
        space=stores.space,
    )
    limits = ClientLimits(settings.max_documents_per_client, settings.max_chunks_per_client)
    library = EmbeddedLibrary(
        catalog=stores.catalog,
        store=stores.vectors,
        words=stores.words,
        compactor=compactor,
        limits=limits,
        lives=stores.lives.documents,
    )
    library.resume()
    stores.words.remove_orphans(record.client_id for record in stores.catalog.list_clients())
    cleaner = session_cleaner(stores.sessions, every=settings.cleanup_interval)
    repairer = Repairer(library=library, store=stores.vectors, embedder=stores.embedder)
    for background in (cleaner, compactor, repairer):
        stack.enter_context(background)
    return Upkeep(library, compactor, repairer)
