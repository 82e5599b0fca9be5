"""From what was found to the passages that are returned: in the reranker's order, or as they were found."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.common.errors import AppError
from app.common.ids import ClientId
from app.common.passages import Found, Passage, Pool
from app.services.reranking.types import Reranker, RerankFailed
from app.telemetry.counting import count_reranking

logger = logging.getLogger(__name__)

MOST_PASSAGES = 20
"""That a reranker is asked about."""


class Reranking:
    """Puts passages into a reranker's order where there is one and it answers."""

    def __init__(self, reranker: Reranker | None) -> None:
        self._reranker = reranker

    @property
    def on(self) -> bool:
        """Whether there is a reranker."""
        return self._reranker is not None

    async def best(self, client_id: ClientId, question: str, found: Found) -> Sequence[Passage]:
        """Return the passages for a question, best first. A reranker that fails is no error: the order stays."""
        asked = found.pool.passages[:MOST_PASSAGES]
        if self._reranker is None or len(asked) < 2:
            return found.passages
        started, outcome = time.perf_counter(), "left"
        try:
            scores = await self._reranker.scores(client_id, question, asked)
            outcome = "ok"
        except (RerankFailed, AppError) as exc:
            outcome = exc.code
            logger.warning("passages not reranked", extra={"client": client_id, "code": exc.code})
            return found.passages
        finally:
            count_reranking(outcome, time.perf_counter() - started)
        return reordered(found.pool, scores)


def reordered(pool: Pool, scores: Mapping[int, float]) -> list[Passage]:
    """Return what fits the pool's budget: passages with a score first, by it, then the others as they were."""
    passages = [replace(passage, rerank=scores.get(place)) for place, passage in enumerate(pool.passages)]
    order = sorted(range(len(passages)), key=lambda place: -scores.get(place, -float("inf")))
    chosen: list[Passage] = []
    left = pool.budget
    for place in order[: pool.most]:
        if left <= 0:
            break
        chosen.append(passages[place])
        left -= passages[place].chunk.end - passages[place].chunk.start
    return chosen
