"""OpenAI's shapes of embeddings."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.common.errors import UNSUPPORTED
from app.schemas.text import ValidStr

MOST_INPUTS = 2048


def _texts(value: object) -> object:
    """Return one text as a list of it; refuse token ids, which are of a vocabulary that this model does not have."""
    if isinstance(value, list) and any(isinstance(one, int | list) for one in value):
        raise PydanticCustomError(
            UNSUPPORTED, "Send texts, not tokens (in LangChain: check_embedding_ctx_length=False)."
        )
    return [value] if isinstance(value, str) else value


_Text = Annotated[ValidStr, Field(min_length=1)]
_Bounds = Field(min_length=1, max_length=MOST_INPUTS)


class EmbeddingRequest(BaseModel):
    """Texts to embed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"model": "default", "input": ["How long is the warranty?"]}]},
    )

    model: str = Field(description="The service's embedding model by its name, or `default`.")
    input: Annotated[
        list[_Text],
        _Bounds,
        BeforeValidator(_texts, json_schema_input_type=_Text | Annotated[list[_Text], _Bounds]),
    ]
    encoding_format: Literal["float", "base64"] = Field("float", description="`base64`: 32-bit floats, little-endian.")
    dimensions: int | None = Field(None, description="The model's own number, or none.")
    user: str | None = Field(None, description="Ignored.")
    input_type: Literal["document", "query"] = Field(
        "document", description="Not OpenAI's: what the texts are, for models that see questions differently."
    )


class Embedding(BaseModel):
    """The vector of one text."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """An estimate."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    """The vectors, in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
