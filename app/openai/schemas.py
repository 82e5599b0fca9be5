"""OpenAI's shapes of chat completions and models.

Requests may hold more than is listed here: what only tunes the wording (`top_p`, `max_tokens`, `seed`, `user`, ...) is
ignored. What would have to change the answer's shape or meaning, and cannot, is refused.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from app.common.errors import UNSUPPORTED
from app.openai.refusing import only
from app.schemas.chat import Computation, Coverage, Finish, Intent, Source
from app.schemas.filters import BareFilter
from app.schemas.numbers import Temperature, TopK
from app.schemas.text import valid

MAX_MESSAGES = 2000
_TEXTS = ("text", "refusal", "input_text", "output_text")
"""Kinds of parts; the last two are those of responses."""


def text_of(value: object) -> object:
    """Return text given as a list of parts as one string."""
    if not isinstance(value, list):
        return value
    parts = [part if isinstance(part, dict) else {} for part in value]
    if any(part.get("type") not in _TEXTS for part in parts):
        raise PydanticCustomError(UNSUPPORTED, "Only text can be read here: leave images, audio and files out.")
    texts = [text for part in parts if isinstance(text := part.get("text", part.get("refusal")), str)]
    if len(texts) < len(parts):
        raise PydanticCustomError("text_missing", "Each part of type 'text' needs its 'text'.")
    return "\n".join(texts)


def _unicode(text: str | None) -> str | None:
    return None if text is None else valid(text)


def _part(kinds: Sequence[str], field: str) -> JsonSchemaValue:
    properties = {"type": {"type": "string", "enum": kinds}, field: {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["type", field]}


_PARTS = {"type": "array", "items": {"anyOf": [_part(_TEXTS, "text"), _part(["refusal"], "refusal")]}}
Text = Annotated[
    str | None,
    BeforeValidator(text_of),
    AfterValidator(_unicode),
    WithJsonSchema({"anyOf": [{"type": "string"}, _PARTS, {"type": "null"}]}),
]
_TOOLS = "This service answers from documents and calls no tools: leave it out."
NoTools = Annotated[object, only([None, []], say=_TOOLS)]
NoToolChoice = Annotated[object, only([None, "none", "auto"], say=_TOOLS)]


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
    filters: BareFilter | None = Field(
        None, description="Not OpenAI's: answer only from passages that these let through, as in a vector store search."
    )
    n: Annotated[object, only([None, 1], say="There is one answer to a question: leave n out.")] = None
    stop: Annotated[object, only([None, [], ""], say="Answers are never cut at a word: leave stop out.")] = None
    tools: list[object] | None = Field(None, description="Passed over, with a warning in the answer.")
    functions: list[object] | None = Field(None, description="As `tools`.")
    tool_choice: NoToolChoice = None
    function_call: NoToolChoice = None
    response_format: Annotated[
        object, only([None, {"type": "text"}], say="Answers are text with citations: leave response_format out.")
    ] = None
    logprobs: Annotated[object, only([None, False], say="There are no log probabilities: leave logprobs out.")] = None
    modalities: Annotated[object, only([None, ["text"]], say="Answers are text: leave modalities out.")] = None
    audio: Annotated[object, only([None], say="Answers are text: leave audio out.")] = None
    web_search_options: Annotated[
        object, only([None], say="Answers come from the client's documents alone: leave web_search_options out.")
    ] = None

    @property
    def warnings(self) -> list[str]:
        """What was passed over: front ends send tools with every question, which can be answered without them."""
        sent = [name for name, given in (("tools", self.tools), ("functions", self.functions)) if given]
        return [f"{name}: passed over; this service answers from documents and calls no tools." for name in sent]


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
    warnings: list[str] = Field([], description="What of the request was passed over.")


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
