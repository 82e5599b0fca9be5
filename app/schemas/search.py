"""Search on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.filters import AnyFilter, FieldFilters
from app.schemas.ids import NamedClient
from app.schemas.numbers import ContextTokens, TopK
from app.schemas.passages import FoundPassage
from app.schemas.text import Question


class SearchRequest(BaseModel):
    """A search of one client's passages."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "warranty on the compressor",
                    "client_id": "client_a1b2c3d4",
                    "top_k": 5,
                    "filters": {"tags": "manual", "metadata": {"year": {"gte": 2025}}, "page": [1, 2, 3]},
                }
            ]
        }
    )

    query: Question
    client_id: NamedClient | None = Field(
        None, description="Whose documents. Required, except for callers whose API key belongs to one client."
    )
    top_k: TopK | None = Field(None, description="How many passages, at most (setting TOP_K).")
    context_tokens: ContextTokens | None = Field(
        None, description="How much text of passages, in tokens (setting CONTEXT_TOKENS)."
    )
    filters: AnyFilter = FieldFilters()


class SearchResponse(BaseModel):
    """Passages, best first: by similarity and by words in common, so that scores need not fall steadily."""

    client_id: str
    query: str
    results: list[FoundPassage]
