"""Background repairs: a damaged index is rebuilt from the stored texts while other clients are served."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from typing_extensions import override

from app.common.background import Background, Running
from app.common.errors import InsufficientStorage, shutting_down
from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.common.passages import Chunk, embedded_text
from app.common.vectors import Vectors
from app.services.embedding.models import Embedders
from app.services.embedding.types import Embedder
from app.services.library import Library
from app.services.library.stores import VectorStore
from app.telemetry.counting import count_repair

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
FIRST_DELAY_SECONDS = 5.0
LONGEST_DELAY_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class _Delay:
    """A repair that failed: when it is tried again, and how long was waited for that."""

    until: float
    seconds: float


class Repairer(Running):
    """A thread that repairs one client after the other; a repair that fails is tried again, ever more rarely.

    One that found no room is tried again every few seconds until there is.

    A client is due when the store found its index damaged, or when the library could not resume all of it. The
    client's own searches are refused meanwhile, with the time to wait; its deletions and all others go on.
    """

    def __init__(
        self,
        *,
        library: Library,
        store: VectorStore,
        embedders: Embedders,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` gives seconds that only grow."""
        self._library = library
        self._store = store
        self._embedders = embedders
        self._clock = clock
        self._delays: dict[ClientId, _Delay] = {}
        self._working = RankedLock(Rank.UPKEEP)
        self._background = Background("repairer", self.repair_due, every=LOOK_SECONDS)

    @override
    def start(self) -> None:
        """Begin to look for damage that the store has found, twice a second."""
        self._background.start()

    @override
    def close(self) -> None:
        """End the thread. A repair that still has much to embed is given up; the next start begins it again."""
        self._background.close()

    def repair_due(self) -> list[ClientId]:
        """Repair now what is due and return whose repair succeeded; never raises."""
        with self._working:
            return [client_id for client_id in self._due() if self._repaired(client_id)]

    def _due(self) -> list[ClientId]:
        waiting = dict.fromkeys([*self._store.damaged(), *self._library.unresumed()])
        now = self._clock()
        return [each for each in waiting if each not in self._delays or self._delays[each].until <= now]

    def _repaired(self, client_id: ClientId) -> bool:
        if self._background.closing:
            return False
        try:
            self._repair(client_id)
        except Exception as exc:  # noqa: BLE001 - whatever one client's files do, the others' repairs must go on
            self._postpone(client_id, exc)
            return False
        self._delays.pop(client_id, None)
        count_repair(ok=True)
        return True

    def _repair(self, client_id: ClientId) -> None:
        if client_id in self._store.damaged():
            embedder = self._embedders.of(self._store.models.of_client(client_id))
            self._store.rebuild(client_id, partial(self._embed, embedder))
        if client_id in self._library.unresumed():
            self._library.resume_client(client_id)

    def _postpone(self, client_id: ClientId, exc: Exception) -> None:
        if self._background.closing:
            return
        before = self._delays.get(client_id)
        seconds = FIRST_DELAY_SECONDS
        if before and not isinstance(exc, InsufficientStorage):  # it says nothing about the client
            seconds = min(before.seconds * 2, LONGEST_DELAY_SECONDS)
        self._delays[client_id] = _Delay(self._clock() + seconds, seconds)
        count_repair(ok=False)
        logger.error(
            "repair failed, will be tried again",
            extra={"client": client_id, "error": type(exc).__name__, "seconds": seconds},
        )

    def _embed(self, embedder: Embedder, chunks: list[Chunk]) -> Vectors:
        if self._background.closing:
            raise shutting_down()
        return embedder.embed_texts([embedded_text(chunk) for chunk in chunks])
