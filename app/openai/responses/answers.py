"""OpenAI's shapes of a response."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.schemas.chat import Computation, Coverage, Intent, Source

Status = Literal["in_progress", "completed", "incomplete", "failed"]


class TextCitation(BaseModel):
    """A citation in the text. `page` and `citation` are extras."""

    type: Literal["file_citation"] = "file_citation"
    file_id: str
    filename: str
    index: int = Field(description="Where it stands in the text, in characters from 0.")
    page: int
    citation: int = Field(description="The number in the text, and in `sources`.")


class OutputText(BaseModel):
    """The answer's text."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[TextCitation]
    logprobs: list[object] = []


class OutputMessage(BaseModel):
    """The answer."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Literal["in_progress", "completed", "incomplete"]
    content: list[OutputText]


class FileSearchResult(BaseModel):
    """A passage that was found."""

    file_id: str
    filename: str
    score: float
    text: str
    attributes: dict[str, str | bool | int | float]


class FileSearchCall(BaseModel):
    """The search in the client's documents."""

    id: str
    type: Literal["file_search_call"] = "file_search_call"
    status: Literal["in_progress", "completed"]
    queries: list[str]
    results: list[FileSearchResult] | None = Field(None, description="With `include`.")


class InputTokensDetails(BaseModel):
    """Nothing is cached."""

    cached_tokens: Literal[0] = 0
    cache_write_tokens: Literal[0] = 0


class OutputTokensDetails(BaseModel):
    """There is no reasoning."""

    reasoning_tokens: Literal[0] = 0


class ResponseUsage(BaseModel):
    """Tokens as the model's service counted them, or as estimated here when none did."""

    input_tokens: int
    input_tokens_details: InputTokensDetails = InputTokensDetails()
    output_tokens: int
    output_tokens_details: OutputTokensDetails = OutputTokensDetails()
    total_tokens: int


class ResponseError(BaseModel):
    """Why there is no answer."""

    code: str
    message: str


class IncompleteDetails(BaseModel):
    """Why the answer is not whole."""

    reason: Literal["max_output_tokens", "content_filter"]


class Response(BaseModel):
    """An answer. The fields from `sources` on are extras, as in the service's own chat."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Status
    error: ResponseError | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: str | None
    metadata: dict[str, str]
    model: str
    output: list[Annotated[FileSearchCall | OutputMessage, Field(discriminator="type")]] = []
    parallel_tool_calls: Literal[False] = False
    previous_response_id: str | None
    store: bool = Field(description="Whether the turn is kept: a conversation that is sent as text is not.")
    temperature: float | None
    tool_choice: Any
    tools: list[dict[str, Any]]
    usage: ResponseUsage | None = None
    sources: list[Source] = []
    search_query: str = ""
    grounded: bool | None = None
    intent: Intent | None = None
    computation: Computation | None = None
    coverage: list[Coverage] = []
    system_fingerprint: str = Field("", description="The language model that wrote the answer, or `extractive`.")
