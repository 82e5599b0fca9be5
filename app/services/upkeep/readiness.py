"""Whether the service can do its work now."""

from app.common.errors import AppError, InsufficientStorage, Unavailable
from app.common.ids import DEFAULT_CLIENT
from app.common.space import DiskSpace
from app.memory import SessionStore
from app.services.catalog.store import Catalog
from app.services.library.stores import VectorStore


class Readiness:
    """Asks each store something that is answered at once, and sees that something can be stored."""

    def __init__(self, *, catalog: Catalog, sessions: SessionStore, store: VectorStore, space: DiskSpace) -> None:
        self._catalog = catalog
        self._sessions = sessions
        self._store = store
        self._space = space

    def require(self) -> None:
        """Raise Unavailable when a store does not answer, or nothing can be stored."""
        try:
            self._catalog.count_clients()
            self._sessions.active_ids(DEFAULT_CLIENT, limit=1)
            self._store.exists(DEFAULT_CLIENT)
            self._space.require_writable()
        except InsufficientStorage as exc:
            raise Unavailable(
                "The disk is full: nothing can be stored until there is room; reading and deleting go on.",
                code="insufficient_storage",
            ) from exc
        except AppError as exc:
            raise Unavailable("A store does not answer; look at the service's log.", code="not_ready") from exc

    def ready(self) -> bool:
        """Whether all stores answer."""
        try:
            self.require()
        except Unavailable:
            return False
        return True
