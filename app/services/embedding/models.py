"""The embedding model in use, and those that documents were embedded with before."""

import logging
from collections.abc import Callable, Iterable

from app.common.errors import StartupError, Unavailable
from app.services.embedding.question_runs import RunStats
from app.services.embedding.types import Embedder

logger = logging.getLogger(__name__)

OpenModel = Callable[[str], Embedder]


def cannot_open(model: str) -> Embedder:
    """Refuse to open any model: for a service whose one embedder was given to it."""
    raise StartupError(f"The embedding model {model} cannot be opened here.")


class Embedders:
    """The embedder of each model that a client's vectors may be of."""

    def __init__(self, current: Embedder, earlier: Iterable[str], open_model: OpenModel) -> None:
        """Open the models `earlier` too; one that cannot be opened is logged, and its documents do not answer."""
        self.current = current
        self._open = {current.name: current}
        for model in sorted(set(earlier) - {current.name}):
            try:
                self._open[model] = open_model(model)
            except StartupError:
                logger.warning(
                    "embedding model of earlier documents cannot be opened", extra={"embedding_model": model}
                )

    def of(self, model: str) -> Embedder:
        """Return the embedder of the model. Raises Unavailable when it could not be opened."""
        found = self._open.get(model)
        if found is None:
            raise Unavailable(
                "This client's documents were embedded with another model, which cannot be opened here; ask the "
                "operator to run `python -m app.cli reembed`.",
                code="embedding_model_missing",
            )
        return found

    def stats(self) -> RunStats:
        """Return how many runs over questions go on, and how many questions wait, with all models together."""
        each = [embedder.stats() for embedder in self._open.values()]
        return RunStats(sum(one.running for one in each), sum(one.waiting for one in each))

    def close(self) -> None:
        """Close all of them."""
        for embedder in self._open.values():
            embedder.close()
