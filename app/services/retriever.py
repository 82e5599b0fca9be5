"""Finding a client's passages for a question."""

import logging
import time

from app.common.absent import no_documents
from app.common.errors import NotFound
from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import Passage
from app.services.embedding.types import Embedder
from app.services.library.visible import PassageSearch
from app.services.retrieval.ranking import rank

logger = logging.getLogger(__name__)

CANDIDATES = 20
"""How many of the nearest passages are ranked by words too: 40 found no more in `benchmarks/retrieval.py`."""


class Retriever:
    """Embeds questions and searches one client's collection."""

    def __init__(self, *, store: PassageSearch, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder

    def require_documents(self, client_id: ClientId) -> None:
        """Raise NotFound when the client has no documents."""
        if not self._store.exists(client_id):
            raise no_documents()

    def retrieve(
        self, client_id: ClientId, question: str, *, top_k: int, where: PassageFilter | None = None
    ) -> list[Passage]:
        """Return the `top_k` best passages, best first, of those that `where` lets through.

        Raises NotFound when the client has no documents: asking creates nothing.
        """
        started = time.perf_counter()
        vector = self._embedder.embed_question(question)
        embedded = time.perf_counter()
        try:
            nearest = self._store.search(client_id, vector, max(CANDIDATES, top_k), where=where)
        except NotFound as exc:
            raise no_documents() from exc
        found = time.perf_counter()
        ranked = rank(question, nearest)
        logger.debug(
            "retrieval stages",
            extra={
                "client": client_id,
                "embedding_ms": round((embedded - started) * 1000, 1),
                "search_ms": round((found - embedded) * 1000, 1),
                "ranking_ms": round((time.perf_counter() - found) * 1000, 1),
            },
        )
        return ranked[:top_k]
