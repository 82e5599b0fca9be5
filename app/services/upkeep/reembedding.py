"""Embedding clients' documents again after EMBEDDING_MODEL was changed, one client after the other."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from typing_extensions import override

from app.common.background import Background, Running
from app.common.errors import AppError, NotFound, shutting_down
from app.common.ids import ClientId
from app.common.locks import Rank, RankedLock
from app.common.passages import Chunk, embedded_text
from app.common.vectors import Vectors
from app.services.embedding.types import Embedder
from app.services.library import Library

logger = logging.getLogger(__name__)

_IDLE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class ReembedProgress:
    """How far the present run is, or the last one; `waiting` counts the clients that still have another model.

    `texts` counts those that this run has embedded. `failed` has the code of the error of each client that failed.
    """

    running: bool
    model: str
    waiting: int
    done: int
    texts: int
    failed: Mapping[ClientId, str]


class Reembedder(Running):
    """Embeds with the model in use whatever has another one, when it is asked to. Safe to call from many threads.

    The old vectors of a client answer until all of its new ones are there. A run that ends early has finished some
    clients, and the next one does the others.
    """

    def __init__(self, *, library: Library, embedder: Embedder) -> None:
        """`embedder` has the model in use."""
        self._library = library
        self._embedder = embedder
        self._working = RankedLock(Rank.UPKEEP)
        self._guard = RankedLock(Rank.LEAF)
        self._progress = ReembedProgress(running=False, model=embedder.name, waiting=0, done=0, texts=0, failed={})
        self._background = Background("reembedder", self._run_requested, every=_IDLE_SECONDS)
        self._requested = False

    @override
    def start(self) -> None:
        self._background.start()

    @override
    def close(self) -> None:
        """End the thread. A client that is not finished keeps its old vectors."""
        self._background.close()

    def request(self) -> ReembedProgress:
        """Begin a run in the background, unless one goes on; return how things are."""
        with self._guard:
            if not self._progress.running:
                self._requested = True
                self._progress = replace(self._progress, running=True, done=0, texts=0, failed={})
        self._background.wake()
        return self.progress()

    def progress(self) -> ReembedProgress:
        """Return how far the run is."""
        return replace(self._progress, waiting=len(self._library.outdated()))

    def run(self, client_id: ClientId) -> bool:
        """Embed the client's documents again now, if they have another model; whether they had. Raises its errors."""
        if client_id not in self._library.outdated():
            return False
        try:
            self._library.reembed(client_id, self._embed)
        except NotFound:  # deleted meanwhile
            return False
        logger.info("documents embedded again", extra={"client": client_id, "embedding_model": self._embedder.name})
        return True

    def _run_requested(self) -> None:
        with self._guard:
            requested, self._requested = self._requested, False
        if not requested:
            return
        try:
            with self._working:
                for client_id in list(self._library.outdated()):
                    self._run_one(client_id)
        finally:
            with self._guard:
                self._progress = replace(self._progress, running=False)

    def _run_one(self, client_id: ClientId) -> None:
        if self._background.closing:
            return
        failed: dict[ClientId, str] = {}
        try:
            self.run(client_id)
        except AppError as exc:  # the others' turn comes all the same
            failed[client_id] = exc.code
            logger.warning("embedding again failed", extra={"client": client_id, "code": exc.code})
        with self._guard:
            known = self._progress
            done = known.done + (not failed)
            self._progress = replace(known, done=done, failed={**known.failed, **failed})

    def _embed(self, chunks: list[Chunk]) -> Vectors:
        if self._background.closing:
            raise shutting_down()
        vectors = self._embedder.embed_texts([embedded_text(chunk) for chunk in chunks])
        with self._guard:
            self._progress = replace(self._progress, texts=self._progress.texts + len(chunks))
        return vectors
