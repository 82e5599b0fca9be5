"""OpenAI's shapes of what a response is asked for.

What only tunes the wording is ignored; what would have to change the answer's shape or meaning, and what is not known,
is refused by name.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.common.errors import UNSUPPORTED
from app.openai.refusing import one_of, only
from app.openai.schemas import MAX_MESSAGES, Text
from app.schemas.filters import BareFilter
from app.schemas.numbers import Temperature, TopK
from app.schemas.text import ValidStr

RESULTS = "file_search_call.results"
_NO_REASONING = "reasoning.encrypted_content"
"""Asked for by programs that would send it back; there is never any."""
ITEMS = ("message", "item_reference", "file_search_call", "reasoning")


def _item(value: object) -> object:
    """Let an item say what it is by what it has, as OpenAI does; refuse those of tools that are not here."""
    if not isinstance(value, dict):
        return value
    kind = value.get("type") or ("message" if "role" in value else "item_reference")
    if kind not in ITEMS:
        raise PydanticCustomError(
            UNSUPPORTED, "Only messages, and references to them, can be read here: leave calls of other tools out."
        )
    return {**value, "type": kind}


def _items(value: object) -> object:
    """Return a text as the one message that it stands for."""
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class InputItem(BaseModel):
    """A message, an earlier answer by its id, or what else an earlier response held, which is passed over."""

    type: Literal["message", "item_reference", "file_search_call", "reasoning"] = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: Text = None
    id: str | None = None


_Word = Annotated[ValidStr, Field(max_length=512)]
_Bounds = Field(min_length=1, max_length=MAX_MESSAGES)


def _file_search(value: object) -> object:
    kind = value.get("type") if isinstance(value, dict) else "file_search"
    if kind != "file_search":
        raise PydanticCustomError(
            UNSUPPORTED, "The only tool here is file_search, over the client's documents: leave other tools out."
        )
    return value


class FileSearchRanking(BaseModel):
    """How passages are ranked: by the service itself. A `ranker` is accepted and changes nothing."""

    score_threshold: Annotated[
        object, only([None, 0], say="Whether passages have to do with a question is decided here: leave it out.")
    ] = None
    hybrid_search: Annotated[
        object, only([None], say="Meaning and words are weighed by the service: leave hybrid_search out.")
    ] = None


class FileSearchTool(BaseModel):
    """A search in the client's documents: its one vector store."""

    type: Literal["file_search"]
    vector_store_ids: Annotated[list[ValidStr], Field(min_length=1, max_length=1)]
    max_num_results: TopK | None = None
    filters: BareFilter | None = None
    ranking_options: FileSearchRanking | None = None


_FILE_SEARCH = {"type": "file_search"}
_CHOICES = (None, "auto", "none", "required", _FILE_SEARCH)


def _choice(value: object) -> object:
    chosen = {"type": value.get("type")} if isinstance(value, dict) else value
    if chosen not in _CHOICES:
        raise PydanticCustomError(
            UNSUPPORTED, "The only tool that can be chosen is file_search: leave tool_choice out."
        )
    return chosen


def _included(value: object) -> object:
    if isinstance(value, list) and any(one not in (RESULTS, _NO_REASONING) for one in value):
        raise PydanticCustomError(UNSUPPORTED, "All that can be included is 'file_search_call.results'.")
    return value


def _plain_text(value: object) -> object:
    wanted = value.get("format") if isinstance(value, dict) else None
    if wanted not in (None, {"type": "text"}):
        raise PydanticCustomError(UNSUPPORTED, "Answers are text with citations: leave text.format out.")
    return value


_INCLUDED = {"anyOf": [{"type": "array", "items": one_of(RESULTS, _NO_REASONING)}, {"type": "null"}]}
_TEXT_ONLY = {"properties": {"format": one_of(None, {"type": "text"})}}


class Tuning(BaseModel):
    """What tunes a model, or the way in which OpenAI runs it: accepted, and ignored."""

    top_p: object = None
    max_output_tokens: object = None
    max_tool_calls: object = None
    parallel_tool_calls: object = None
    reasoning: object = None
    truncation: object = None
    stream_options: object = None
    context_management: object = None
    service_tier: object = None
    prompt_cache_key: object = None
    prompt_cache_options: object = None
    prompt_cache_retention: object = None
    safety_identifier: object = None
    user: object = None


class ResponseRequest(Tuning):
    """A question, and how it is to be answered from a client's documents."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"model": "client_a1b2c3d4", "input": "How long is the warranty on the compressor?"}]
        },
    )

    model: str = Field(description="The client's id; with a client's key also `default`.")
    input: Annotated[
        list[Annotated[InputItem, BeforeValidator(_item)]],
        _Bounds,
        BeforeValidator(_items, json_schema_input_type=str | Annotated[list[InputItem], _Bounds]),
    ]
    instructions: ValidStr | None = None
    previous_response_id: ValidStr | None = Field(None, description="A stored response whose conversation goes on.")
    store: bool | None = Field(None, description="Whether the turn is kept; unless false it is.")
    stream: bool | None = False
    temperature: Temperature | None = None
    tools: list[Annotated[FileSearchTool, BeforeValidator(_file_search)]] | None = Field(None, max_length=1)
    tool_choice: Annotated[Any, BeforeValidator(_choice), WithJsonSchema(one_of(*_CHOICES))] = None
    include: Annotated[list[str] | None, BeforeValidator(_included), WithJsonSchema(_INCLUDED)] = None
    metadata: dict[_Word, _Word] | None = Field(None, max_length=16, description="Given back, not kept.")
    text: Annotated[object, BeforeValidator(_plain_text), WithJsonSchema(_TEXT_ONLY)] = None
    background: Annotated[
        object, only([None, False], say="Answers are given at once: leave background out, or stream.")
    ] = None
    conversation: Annotated[
        object, only([None], say="A conversation goes on by previous_response_id: leave conversation out.")
    ] = None
    prompt: Annotated[object, only([None], say="There are no stored prompts: send instructions.")] = None
    top_logprobs: Annotated[object, only([None, 0], say="There are no log probabilities: leave top_logprobs out.")] = (
        None
    )

    @property
    def search(self) -> FileSearchTool | None:
        """How the documents are to be searched, if that is said."""
        return self.tools[0] if self.tools else None

    @property
    def shows_results(self) -> bool:
        """Whether the passages are part of the answer's `file_search_call`."""
        return RESULTS in (self.include or ())
