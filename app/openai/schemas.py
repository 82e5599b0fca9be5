"""OpenAI's shapes of chat completions and models.

Requests may hold more than is listed here: what only tunes the wording (`top_p`, `max_tokens`, `seed`, `user`, ...) is
ignored. What would have to change the answer's shape or meaning, and cannot, is refused.
"""

from collections.abc import Collection
from typing import Annotated, Literal, LiteralString

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.common.errors import UNSUPPORTED
from app.schemas.chat import Computation, Coverage, Finish, Intent, Source
from app.schemas.filters import Filter
from app.schemas.numbers import Temperature, TopK

MAX_MESSAGES = 2000


def _text(value: object) -> object:
    """Return text given as a list of parts as one string."""
    if not isinstance(value, list):
        return value
    parts = [part if isinstance(part, dict) else {} for part in value]
    if any(part.get("type") not in ("text", "refusal") for part in parts):
        raise PydanticCustomError(UNSUPPORTED, "Only text can be read here: leave images, audio and files out.")
    texts = [text for part in parts if isinstance(text := part.get("text", part.get("refusal")), str)]
    if len(texts) < len(parts):
        raise PydanticCustomError("text_missing", "Each part of type 'text' needs its 'text'.")
    return "\n".join(texts)


def _only(allowed: Collection[object], *, say: LiteralString) -> AfterValidator:
    """Refuse a feature that is not here, but not a request that spells out that it does without."""

    def check(value: object) -> object:
        # To Python true is 1, and false is 0.
        if not any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in allowed):
            raise PydanticCustomError(UNSUPPORTED, say)
        return value

    return AfterValidator(check)


Text = Annotated[
    str | None,
    BeforeValidator(_text),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}, {"type": "null"}]}),
]
_TOOLS = "This service answers from documents and calls no tools: leave it out."
NoTools = Annotated[object, _only([None, []], say=_TOOLS)]
NoToolChoice = Annotated[object, _only([None, "none", "auto"], say=_TOOLS)]


class ChatMessage(BaseModel):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text = None
    tool_calls: NoTools = None
    function_call: NoTools = None


class StreamOptions(BaseModel):
    """What a stream holds besides the text."""

    include_usage: bool | None = False


class CompletionRequest(BaseModel):
    """A conversation whose last user message is to be answered from a client's documents."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "client_a1b2c3d4",
                    "messages": [{"role": "user", "content": "How long is the warranty on the compressor?"}],
                }
            ]
        }
    )

    model: str = Field(description="The client's id; with a client's key also `default`.")
    messages: list[ChatMessage] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    temperature: Temperature | None = None
    top_k: TopK | None = Field(None, description="Not OpenAI's: passages to answer from.")
    filters: Filter | None = Field(
        None, description="Not OpenAI's: answer only from passages that these let through, as in a vector store search."
    )
    n: Annotated[object, _only([None, 1], say="There is one answer to a question: leave n out.")] = None
    stop: Annotated[object, _only([None, [], ""], say="Answers are never cut at a word: leave stop out.")] = None
    tools: NoTools = None
    functions: NoTools = None
    tool_choice: NoToolChoice = None
    function_call: NoToolChoice = None
    response_format: Annotated[
        object, _only([None, {"type": "text"}], say="Answers are text with citations: leave response_format out.")
    ] = None
    logprobs: Annotated[object, _only([None, False], say="There are no log probabilities: leave logprobs out.")] = None
    modalities: Annotated[object, _only([None, ["text"]], say="Answers are text: leave modalities out.")] = None
    audio: Annotated[object, _only([None], say="Answers are text: leave audio out.")] = None
    web_search_options: Annotated[
        object, _only([None], say="Answers come from the client's documents alone: leave web_search_options out.")
    ] = None


class UrlCitation(BaseModel):
    """A place in the answer, in characters from 0, the end excluded, and where what it says is from."""

    start_index: int
    end_index: int
    title: str
    url: str


class FileCitation(BaseModel):
    """The same source in this service's terms."""

    file_id: str
    filename: str
    page: int
    citation: int = Field(description="The number in the answer, and in `sources`.")


class Annotation(BaseModel):
    """A citation. OpenAI knows only this kind in chat completions; `file_citation` is an extra."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    file_citation: FileCitation


class AssistantMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The one choice."""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Finish


class CompletionUsage(BaseModel):
    """Tokens as the model's service counted them, or as estimated here when none did."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """A whole answer. The fields from `sources` on are extras, as in the service's own chat."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    system_fingerprint: str = Field(description="The language model that wrote the answer, or `extractive`.")
    sources: list[Source]
    search_query: str
    grounded: bool
    intent: Intent
    computation: Computation | None
    coverage: list[Coverage] = []


class Model(BaseModel):
    """A client, as a model to ask."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["conversational-rag"] = "conversational-rag"


class ModelList(BaseModel):
    """All models the key may use."""

    object: Literal["list"] = "list"
    data: list[Model]
