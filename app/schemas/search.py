"""Search on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.filters import AnyFilter, FieldFilters
from app.schemas.ids import NamedClient
from app.schemas.numbers import ContextTokens, TopK
from app.schemas.passages import FoundPassage
from app.schemas.stated import NEEDED_WITHOUT_KEYS
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
        None,
        description="Whose documents. Required, except for callers whose API key belongs to one client.",
        json_schema_extra=NEEDED_WITHOUT_KEYS,
    )
    top_k: TopK | None = Field(None, description="How many passages, at most (setting TOP_K).")
    context_tokens: ContextTokens | None = Field(
        None, description="How much text of passages, in tokens (setting CONTEXT_TOKENS)."
    )
    filters: AnyFilter = FieldFilters()
    explain: bool = Field(default=False, description="Say of each passage what its score is made of.")


class ScoreParts(BaseModel):
    """What a passage's score is made of. The first four add up to `final`.

    They are weighed already: `vector` and `words` of all models, and of all questions, are on one scale.
    """

    vector: float = Field(description="What its nearness of meaning gives, and that of the text around it.")
    words: float = Field(description="What the question's words in it and around it give: the rarer, the more.")
    name: float = Field(description="Given for a name or word of the question that hardly another passage has.")
    code: float = Field(description="Given instead for such a number or code.")
    final: float = Field(
        description="Passages are listed by it; one of a page that has given another already counts a little less."
    )
    gate: float = Field(
        description="How much it has to do with the question: its similarity on the embedding model's scale, plus half "
        "the share of the question's words that it has."
    )
    rerank: float | None = Field(
        None,
        description="What the reranker gave it, on a scale of its own, where there is one (setting RERANK): passages "
        "with it come first, by it alone.",
    )


class Explained(BaseModel):
    """Whether what was found has to do with the question."""

    gate: float = Field(description="What it takes (setting MIN_RELEVANCE, or the embedding model's own).")
    passed: bool = Field(
        description="Whether what was found reaches it; else a model would not be asked (see NO_ANSWER)."
    )


class SearchResult(FoundPassage):
    """A passage that was found, with the parts of its score if they were asked for."""

    explain: ScoreParts | None = None


class SearchResponse(BaseModel):
    """Passages, best first: by similarity and by words in common, so that scores need not fall steadily."""

    client_id: str
    query: str
    results: list[SearchResult]
    explain: Explained | None = None
