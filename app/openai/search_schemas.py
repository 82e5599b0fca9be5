"""OpenAI's shapes of a vector store search."""

from typing import Annotated, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from app.schemas.filters import BareFilter
from app.schemas.numbers import Similarity, TopK
from app.schemas.text import LENGTH, ValidStr

_Query = Annotated[ValidStr, Field(min_length=1, json_schema_extra=LENGTH)]

Attributes = dict[str, str | bool | int | float]
"""What is noted about a document, as OpenAI has it: without lists."""


class RankingOptions(BaseModel):
    """How good a passage has to be. A `ranker` is accepted and changes nothing."""

    score_threshold: Similarity | None = None


class VectorSearchRequest(BaseModel):
    """A search in OpenAI's shape."""

    query: Annotated[
        Annotated[_Query, Tag("text")] | Annotated[list[_Query], Field(min_length=1, max_length=8), Tag("texts")],
        Discriminator(lambda given: "texts" if isinstance(given, list) else "text"),
    ]
    max_num_results: TopK = 10
    filters: BareFilter | None = None
    ranking_options: RankingOptions | None = None

    @property
    def queries(self) -> list[str]:
        """What is searched for: one question or several."""
        return [self.query] if isinstance(self.query, str) else self.query


class VectorSearchContent(BaseModel):
    """The passage, verbatim."""

    type: Literal["text"] = "text"
    text: str


class VectorSearchResult(BaseModel):
    """A passage that was found."""

    file_id: str
    filename: str
    score: float = Field(description="Cosine similarity to the query, -1 to 1.")
    attributes: Attributes = Field(
        description="Where the passage is from, and the document's metadata; lists and tags as text with commas."
    )
    content: list[VectorSearchContent]


class VectorSearchPage(BaseModel):
    """Passages, best first. There is never a second page."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str]
    data: list[VectorSearchResult]
    has_more: Literal[False] = False
    next_page: None = None
