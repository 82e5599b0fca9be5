"""What a reranker is to the rest of the service."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from app.common.ids import ClientId
from app.common.passages import Passage

Reason = Literal["timeout", "unreachable", "failed", "refused", "bad_answer", "busy", "paused"]
"""Why there is no reranking: no answer in time, no connection, an error of the server, one that says that the request
is at fault, an answer that is not what was promised, too many questions at once, too many failures before.
"""


class RerankFailed(Exception):
    """A reranker that does not help with a question. No caller sees it: the order stays as it was."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.code: Reason = reason


class Reranker(Protocol):
    """Tells how well passages answer a question. May be asked from any event loop."""

    async def scores(self, client_id: ClientId, question: str, passages: Sequence[Passage]) -> Mapping[int, float]:
        """Return the scores, finite and the higher the better, of those that it judges, by their place from 0.

        Takes no longer than the time it was given. Raises RerankFailed, and the errors of a language model.
        """
        ...

    def close(self) -> None:
        """End what is running."""
        ...
