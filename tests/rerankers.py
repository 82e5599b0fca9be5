"""What a reranker's server answers, for a `StandIn("/rerank")`."""

import json
from collections.abc import Callable, Sequence

from tests.standin import Behaviour, Malformed, Request


def scored(scores: Sequence[tuple[object, object]], *, name: str = "relevance_score", under: str = "results") -> str:
    """Return the body of an answer with these indexes and scores, in the shape of a server."""
    entries = [{"index": index, name: score} for index, score in scores]
    return json.dumps({under: entries} if under else entries)


def texts_of(request: Request) -> list[str]:
    """Return the passages that a request has sent, in either shape."""
    texts: list[str] = request.body.get("documents") or request.body["texts"]
    return texts


def preferring(word: str) -> Callable[[Request], Behaviour]:
    """Return a server that gives passages with `word` 0.9, and others ever less."""

    def behave(request: Request) -> Behaviour:
        scores = [(0.9 if word in text else -place, place) for place, text in enumerate(texts_of(request))]
        return Malformed(scored([(place, score) for score, place in sorted(scores, reverse=True)]))

    return behave
