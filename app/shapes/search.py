"""What a search found in the shapes that it has on the wire."""

from collections.abc import Sequence

from app.common.passages import Passage
from app.schemas.search import Explained, ScoreParts, SearchResponse, SearchResult
from app.services.answering.grounding import Gate
from app.shapes.chat import found_fields

_DIGITS = 4


def as_search_response(client_id: str, query: str, passages: Sequence[Passage]) -> SearchResponse:
    """Return passages, best first."""
    results = [SearchResult(**found_fields(passage)) for passage in passages]
    return SearchResponse(client_id=client_id, query=query, results=results)


def explained(
    client_id: str, query: str, passages: Sequence[Passage], gate: Gate, judged: Sequence[Passage]
) -> SearchResponse:
    """Return passages with the parts of their scores, and whether those that are `judged` pass the gate."""
    results = [SearchResult(**found_fields(passage), explain=_parts(query, passage, gate)) for passage in passages]
    passed = Explained(gate=gate.least, passed=gate.passes(query, judged))
    return SearchResponse(client_id=client_id, query=query, results=results, explain=passed)


def _parts(query: str, passage: Passage, gate: Gate) -> ScoreParts:
    parts = {name: round(value, _DIGITS) for name, value in passage.shares._asdict().items()}
    rerank = None if passage.rerank is None else round(passage.rerank, _DIGITS)
    relevance = round(gate.relevance(query, passage), _DIGITS)
    return ScoreParts(**parts, final=round(passage.value, _DIGITS), gate=relevance, rerank=rerank)
