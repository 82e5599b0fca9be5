"""Conversations and answers between OpenAI's shapes and the service's own."""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from app.common.errors import InvalidInput
from app.common.filters import FIELDS, METADATA, PassageFilter, checked_filter
from app.common.labels import Labels, MetadataValue
from app.common.passages import Passage
from app.memory.tokens import MESSAGE_OVERHEAD, estimate_tokens
from app.openai.schemas import (
    Annotation,
    AssistantMessage,
    ChatMessage,
    Choice,
    Completion,
    CompletionUsage,
    FileCitation,
    UrlCitation,
)
from app.openai.search_schemas import Attributes, VectorSearchContent, VectorSearchResult
from app.schemas.filters import BareFilter
from app.services.answering.citations import Citation, Place
from app.services.intents.tasks import read_task
from app.services.rag_chain import Answer
from app.shapes.chat import as_computation, as_coverage, as_source_list
from app.shapes.filters import combined

EXTRAS = {
    "sources", "search_query", "grounded", "intent", "computation", "coverage", "warnings", "system_fingerprint",
}  # fmt: skip
"""Fields of an answer that OpenAI's chunks of a stream have no place for."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the messages of a request amount to."""

    question: str
    history: Sequence[BaseMessage]
    instructions: str
    tokens: int


def read_conversation(messages: Sequence[ChatMessage], *, max_tokens: int) -> Conversation:
    """Take a conversation apart: the last user message, the latest messages before it, the system messages.

    Of the history as much is kept as fits `max_tokens` (setting MAX_TOKEN_LIMIT), beginning with a question.
    A front end's own prompt may come as a system message alone: it is then what is asked. Raises InvalidInput when the
    last message asks nothing.
    """
    turns = [message for message in messages if message.role in ("user", "assistant")]
    question = (turns[-1].content or "").strip() if turns and turns[-1].role == "user" else ""
    instructions = "\n\n".join(m.content for m in messages if m.role in ("system", "developer") and m.content)
    if not turns and read_task(instructions):
        question, instructions = instructions, ""
    if not question:
        raise InvalidInput("messages must end with a user message that holds the question.", code="no_question")
    history = _latest(turns[:-1], max_tokens)
    tokens = sum(_tokens(text) for text in (question, instructions, *(str(m.content) for m in history)) if text)
    return Conversation(question, history, instructions, tokens)


def _latest(turns: Sequence[ChatMessage], max_tokens: int) -> list[BaseMessage]:
    """Return the last messages that fit, oldest first."""
    kept: list[BaseMessage] = []
    left = max_tokens
    for message in reversed(turns):
        text = (message.content or "").strip()
        left -= _tokens(text)
        if left < 0:
            break
        if text:
            kept.append(HumanMessage(text) if message.role == "user" else AIMessage(text))
    while kept and isinstance(kept[-1], AIMessage):
        kept.pop()
    return kept[::-1]


def _tokens(text: str) -> int:
    return estimate_tokens(text) + MESSAGE_OVERHEAD


def as_passage_filter(wanted: BareFilter | None) -> PassageFilter | None:
    """Return OpenAI's filter as stores know it: a key that is no field of ours is one of the documents' metadata.

    Raises InvalidInput.
    """
    return None if wanted is None else checked_filter(combined(wanted, _field))


def _field(key: str) -> str:
    # A vector store is a client, so it is never a matter of filters; who tries that is told so.
    known = key in FIELDS or key == "client_id" or key.startswith(METADATA)
    return key if known else f"{METADATA}{key}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What all parts of one answer have in common; `site` is this service's address, with a slash at its end."""

    id: str
    created: int
    model: str
    site: str
    prompt_tokens: int
    warnings: Sequence[str] = ()

    @classmethod
    def begin(cls, model: str, site: str, prompt_tokens: int, warnings: Sequence[str] = ()) -> "Reply":
        """Begin an answer now."""
        return cls(f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), model, site, prompt_tokens, warnings)

    def completion(self, answer: Answer) -> Completion:
        """Return the whole answer."""
        message = AssistantMessage(content=answer.text, annotations=self._annotations(answer.citations))
        return Completion(
            id=self.id,
            created=self.created,
            model=self.model,
            choices=[Choice(message=message, finish_reason=answer.completion.finish)],
            usage=self._usage(answer),
            system_fingerprint=answer.completion.model,
            sources=as_source_list(answer.sources, answer.cited),
            search_query=answer.search_query,
            grounded=answer.grounded,
            intent=answer.intent,
            computation=as_computation(answer),
            coverage=as_coverage(answer),
            warnings=list(self.warnings),
        )

    def chunk(self, delta: dict[str, object], *, usage: bool, finish: str | None = None) -> dict[str, object]:
        """Return one chunk of a stream; with `usage` it says that the figures are yet to come."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._head(), "choices": [choice], **({"usage": None} if usage else {})}

    def last_chunks(self, answer: Answer, *, usage: bool) -> Iterator[dict[str, object]]:
        """Yield what ends a stream: the citations with the extras, the finish, and the figures if asked for."""
        whole = self.completion(answer)
        cited = whole.choices[0].message.model_dump(include={"annotations"})
        extras = whole.model_dump(include=EXTRAS)
        yield {**self.chunk(cited, usage=usage), **extras}
        yield self.chunk({}, usage=usage, finish=whole.choices[0].finish_reason)
        if usage:
            yield {**self._head(), "choices": [], "usage": whole.usage.model_dump()}

    def _head(self) -> dict[str, object]:
        return {"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model}

    def _usage(self, answer: Answer) -> CompletionUsage:
        prompt, written, total = counted(answer, self.prompt_tokens)
        return CompletionUsage(prompt_tokens=prompt, completion_tokens=written, total_tokens=total)

    def _annotations(self, citations: Iterable[Citation]) -> list[Annotation]:
        """One for each place, as OpenAI has them, in the text's order."""
        placed = [(place, citation) for citation in citations for place in citation.places]
        placed.sort(key=lambda pair: pair[0].start)
        return [self._annotation(citation, place) for place, citation in placed]

    def _annotation(self, citation: Citation, place: Place) -> Annotation:
        chunk = citation.passage.chunk
        return Annotation(
            url_citation=UrlCitation(
                start_index=place.start,
                end_index=place.end,
                title=f"{chunk.source}, page {chunk.page}",
                url=f"{self.site}api/v1/documents/{chunk.document_id}#page={chunk.page}",
            ),
            file_citation=FileCitation(
                file_id=chunk.document_id, filename=chunk.source, page=chunk.page, citation=citation.number
            ),
        )


def counted(answer: Answer, prompt_tokens: int) -> tuple[int, int, int]:
    """Return the tokens of prompt, answer and both as they were counted, or else as estimated."""
    usage = answer.completion.usage
    if usage is not None:
        return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    written = estimate_tokens(answer.text)
    return prompt_tokens, written, prompt_tokens + written


def as_attributes(labels: Labels) -> Attributes:
    """Return metadata and tags as OpenAI's attributes, which hold no lists."""
    values: dict[str, MetadataValue] = {**labels.metadata, "tags": labels.tags} if labels.tags else {**labels.metadata}
    return {key: ", ".join(one) if isinstance(one, tuple) else one for key, one in values.items()}


def as_search_result(passage: Passage) -> VectorSearchResult:
    """Return a passage as a result of a vector store search."""
    place = passage.reference()
    return VectorSearchResult(
        file_id=place["document_id"],
        filename=place["source"],
        score=place["score"],
        attributes={
            **as_attributes(passage.labels),
            "page": place["page"],
            "section": place["section"],
            "chunk_index": place["chunk_index"],
            "start": place["start"],
            "end": place["end"],
        },
        content=[VectorSearchContent(text=passage.chunk.text)],
    )
