"""What a search found in the shapes that it has on the wire."""

from collections.abc import Sequence

from app.common.passages import Passage
from app.schemas.search import Explained, ScoreParts, SearchResponse, SearchResult
from app.services.answering.grounding import Gate
from app.shapes.chat import found_fields

_DIGITS = 4


def as_search_response(
    client_id: str, query: str, passages: Sequence[Passage], explaining: Gate | None
) -> SearchResponse:
    """Return passages, best first; with the gate `explaining`, each with the parts of its score."""
    return SearchResponse(
        client_id=client_id,
        query=query,
        results=[
            SearchResult(
                **found_fields(passage), explain=None if explaining is None else _parts(query, passage, explaining)
            )
            for passage in passages
        ],
        explain=None
        if explaining is None
        else Explained(gate=explaining.least, passed=explaining.passes(query, passages)),
    )


def _parts(query: str, passage: Passage, gate: Gate) -> ScoreParts:
    parts = {name: round(value, _DIGITS) for name, value in passage.shares._asdict().items()}
    return ScoreParts(**parts, final=round(passage.value, _DIGITS), gate=round(gate.relevance(query, passage), _DIGITS))
