"""Create, list, measure and erase clients."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.common.absent import no_such_client, no_such_key
from app.common.errors import Conflict
from app.common.ids import ClientId
from app.common.lives import Standing
from app.memory import SessionStore
from app.services.catalog.records import ClientRecord
from app.services.catalog.store import Catalog
from app.services.compaction import CompactionReport, Compactor
from app.services.metering.meter import UsageMeter
from app.services.tenants.documents import DocumentService
from app.services.tenants.keys import ApiKey, ApiKeyStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientPage:
    """Some of the clients; `total` counts all of them."""

    records: Sequence[ClientRecord]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased of a client."""

    documents: int
    sessions: int
    keys: int
    compaction: CompactionReport


class ClientService:
    """Makes clients and their keys, and erases all of a client."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        keys: ApiKeyStore,
        sessions: SessionStore,
        documents: DocumentService,
        compactor: Compactor,
        meter: UsageMeter,
    ) -> None:
        self._catalog = catalog
        self._keys = keys
        self._sessions = sessions
        self._documents = documents
        self._compactor = compactor
        self._meter = meter

    def register(self, client_id: ClientId, *, standing: Standing | None = None) -> tuple[str, ApiKey]:
        """Create a client with its first key.

        Raises Conflict when the name is taken, or a client of the name was erased since the request of `standing`
        began; NotAuthenticated or Forbidden when its sender may no longer write.
        """
        require = partial(self._keys.require_standing, client_id, standing or Standing())
        if not self._catalog.register_client(client_id, require=require):
            raise Conflict("There is already a client of this name; choose another.", code="client_exists")
        return self._keys.create(client_id, label="first key")

    def ensure(self, client_id: ClientId, *, standing: Standing | None = None) -> ClientRecord:
        """Return the client, made without a key if there is none. Raises what `register` does of an erased one."""
        if self._catalog.client(client_id) is None:
            require = partial(self._keys.require_standing, client_id, standing or Standing())
            self._catalog.register_client(client_id, require=require)
        return self.get(client_id)

    def list(self, *, after: str = "", limit: int) -> ClientPage:
        """Return clients in the order of their ids, those after `after`."""
        records = self._catalog.list_clients(after=after, limit=limit + 1)
        shown = records[:limit]
        more = len(records) > limit
        return ClientPage(shown, self._catalog.count_clients(), shown[-1].client_id if more else None)

    def all(self) -> Sequence[ClientRecord]:
        """Return all clients in the order of their ids."""
        return self._catalog.list_clients()

    def get(self, client_id: ClientId) -> ClientRecord:
        """Return the client; raises NotFound when there is none."""
        record = self._catalog.client(client_id)
        if record is None:
            raise no_such_client()
        return record

    def create_key(
        self, client_id: ClientId, *, label: str, expires_in: float | None, standing: Standing | None = None
    ) -> tuple[str, ApiKey]:
        """Make another key that is good for `expires_in` seconds, or until it is revoked.

        Raises NotFound when there is no such client, Conflict when it was erased since `standing` began, and what that
        raises.
        """
        self.get(client_id)
        expires_at = self._keys.end_of(expires_in)
        return self._keys.create(client_id, label=label, expires_at=expires_at, standing=standing)

    def keys(self, client_id: ClientId) -> Sequence[ApiKey]:
        """Return the client's keys."""
        self.get(client_id)
        return self._keys.list(client_id)

    def revoke_key(self, client_id: ClientId, key_id: str) -> None:
        """Revoke a key at once; raises NotFound when the client has none of that id."""
        if not self._keys.revoke(client_id, key_id):
            raise no_such_key()

    def erase(self, client_id: ClientId) -> Erasure:
        """Erase everything of the client: texts, vectors, conversations, records, keys, and their traces on disk.

        The keys go first, so that nobody adds anything meanwhile. What it used stays in sums without its name, in any
        case. A client that is not in the catalog may still have conversations; raises NotFound when there is nothing
        at all. After a crash in between, erase it again: what went stays gone, and what is still there is found.
        """
        started = time.perf_counter()
        known = self._catalog.client(client_id) is not None
        keys = self._keys.revoke_all(client_id)
        documents = self._documents.delete_all(client_id, forget_client=True)
        sessions = self._sessions.delete_client(client_id).sessions
        self._meter.forget(client_id)
        if not known and not sessions:
            raise no_such_client()
        compaction = self._compactor.run()
        logger.info(
            "client erased",
            extra={
                "client": client_id,
                "documents": documents,
                "sessions": sessions,
                "keys": keys,
                "ms": round((time.perf_counter() - started) * 1000),
            },
        )
        return Erasure(documents, sessions, keys, compaction)
