"""Search on the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from app.schemas.numbers import Integer
from app.schemas.passages import FoundPassage
from app.schemas.text import ValidStr

Texts = ValidStr | list[ValidStr]
Numbers = StrictInt | list[StrictInt]


class SearchFilters(BaseModel):
    """Which passages count. All that is given has to hold; a list means any of its values."""

    model_config = ConfigDict(extra="forbid")

    document_id: Texts | None = None
    source: Texts | None = Field(None, description="The file's name, whole.")
    page: Numbers | None = None
    section: Texts | None = Field(None, description="The headings above the passage, as answers show them.")
    chunk_index: Numbers | None = None


class SearchRequest(BaseModel):
    """A search of one client's passages."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "query": "warranty on the compressor",
                    "client_id": "client_a1b2c3d4",
                    "top_k": 5,
                    "filters": {"source": ["warranty.pdf", "manual.pdf"], "page": 3},
                }
            ]
        }
    )

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    client_id: str | None = Field(
        None, description="Whose documents. Required, except for callers whose API key belongs to one client."
    )
    top_k: Integer | None = Field(None, ge=1, le=50, description="How many passages, at most (setting TOP_K).")
    context_tokens: Integer | None = Field(
        None, ge=100, le=100_000, description="How much text of passages, in tokens (setting CONTEXT_TOKENS)."
    )
    filters: SearchFilters = SearchFilters()


class SearchResponse(BaseModel):
    """Passages, best first: by similarity and by words in common, so that scores need not fall steadily."""

    client_id: str
    query: str
    results: list[FoundPassage]
