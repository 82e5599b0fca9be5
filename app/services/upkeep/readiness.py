"""Whether the service can do its work now."""

from app.common.errors import AppError, Unavailable
from app.common.ids import DEFAULT_CLIENT
from app.memory import SessionStore
from app.services.catalog.store import Catalog
from app.services.vector_store import VectorStoreService


class Readiness:
    """Asks each store something that is answered at once."""

    def __init__(self, *, catalog: Catalog, sessions: SessionStore, store: VectorStoreService) -> None:
        self._catalog = catalog
        self._sessions = sessions
        self._store = store

    def require(self) -> None:
        """Raise Unavailable when a store does not answer."""
        try:
            self._catalog.count_clients()
            self._sessions.active_ids(DEFAULT_CLIENT, limit=1)
            self._store.exists(DEFAULT_CLIENT)
        except AppError as exc:
            raise Unavailable("A store does not answer; look at the service's log.", code="not_ready") from exc

    def ready(self) -> bool:
        """Whether all stores answer."""
        try:
            self.require()
        except Unavailable:
            return False
        return True
