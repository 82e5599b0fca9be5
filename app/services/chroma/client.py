"""Chroma's embedded client: the settings that make it fit for thousands of collections, its handles and its errors."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chromadb
from chromadb.api.client import Client
from chromadb.api.rust import RustBindingsAPI
from chromadb.config import Settings, System
from chromadb.errors import ChromaError, NotFoundError
from chromadb.types import Collection as CollectionModel

from app.common.absent import no_collection
from app.common.errors import AppError
from app.common.vectors import OtherModel
from app.services.chroma.models import metadata_for, model_in
from app.services.chroma.sql import DATABASE_FILE

if TYPE_CHECKING:
    from uuid import UUID

_CLOSE_SECONDS = 5.0
_KNOWN_IDS = 20_000
_FAILED = "The vector store failed; try again or ask the operator to look."
_BINDINGS = "bindings"
"""What Chroma's API object has only while it is open."""


class VectorStoreFailed(AppError):
    """Chroma failed in a way that the caller cannot mend."""

    default_code = "vector_store_failed"


@contextmanager
def chroma_errors() -> Iterator[None]:
    """Translate Chroma's exceptions."""
    try:
        yield
    except NotFoundError as exc:
        raise no_collection() from exc
    except ChromaError as exc:
        raise VectorStoreFailed(_FAILED) from exc
    except AttributeError as exc:
        if exc.name != _BINDINGS:
            raise
        raise VectorStoreFailed(_FAILED) from exc  # closed meanwhile, to be opened again


def installed_version() -> str:
    """Return the version of chromadb that this process runs."""
    return chromadb.__version__


class OpenFolder:
    """A folder of Chroma's from its opening to its closing."""

    def __init__(self, path: Path, cache_size: int) -> None:
        """Open or create the folder with at most `cache_size` vector indexes in memory."""
        with chroma_errors():
            self._server, self.client = _open_client(path, cache_size)
        self._known: dict[str, tuple[UUID, str]] = {}

    def get(self, name: str) -> chromadb.Collection:
        """Return the collection of this name. Raises NotFound."""
        with chroma_errors():
            return self.client.get_collection(name, embedding_function=None)

    def forget(self, name: str) -> None:
        """What had this name has another one, or is no more."""
        self._known.pop(name, None)

    def ask(self, name: str, question: Callable[[chromadb.Collection], Any], *, model: str | None = None) -> Any:
        """Return what the collection answers, asked by its remembered id. Raises NotFound.

        With `model` it is asked only when its vectors are of that model; OtherModel else.
        """
        with chroma_errors():
            try:
                return question(self._handle(name, model))
            except ChromaError:  # the collection may have been deleted and made again since its id was noted
                self._known.pop(name, None)
                return question(self._handle(name, model))

    def _handle(self, name: str, model: str | None) -> chromadb.Collection:
        """Return the collection of this name when somebody first asked, for reading: fails once it was deleted.

        Chroma's own handles hold the whole schema, 17 kB each; the id is all that reading needs. What is known of the
        model belongs to the id: another collection that takes this one's place has another id.
        """
        known = self._known.get(name)
        if known is None or model not in (None, known[1]):
            known = self._look_up(name)
        if model not in (None, known[1]):
            raise OtherModel(known[1])
        inside = (self.client.tenant, self.client.database)
        collection = CollectionModel(known[0], name, {}, None, metadata_for(known[1]), None, *inside)
        return chromadb.Collection(self._server, collection, embedding_function=None)

    def _look_up(self, name: str) -> tuple["UUID", str]:
        found = self.get(name)
        if len(self._known) >= _KNOWN_IDS:
            self._known.clear()
        known = (found.id, model_in(found.metadata))
        self._known[name] = known
        return known

    def close(self) -> None:
        """Release the files."""
        self.client.close()


def wait_until_closed(path: Path) -> None:
    """Wait for SQLite's log to go, with which Chroma ends closing its database; some seconds at most."""
    log = path / f"{DATABASE_FILE}-wal"
    deadline = time.monotonic() + _CLOSE_SECONDS
    while log.exists() and time.monotonic() < deadline:
        time.sleep(0.005)


def _open_client(path: Path, cache_size: int) -> tuple[RustBindingsAPI, Client]:
    system = System(
        Settings(
            _env_file=None,  # settings are ours to read
            is_persistent=True,
            persist_directory=str(path),
            anonymized_telemetry=False,
            chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
        )
    )
    api = system.instance(RustBindingsAPI)
    # Chroma takes the number of open indexes from the limit on open files when its API object is made, and uses
    # it when that is started: in between it can be set.
    api.hnsw_cache_size = cache_size
    system.start()
    return api, Client.from_system(system)
