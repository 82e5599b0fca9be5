"""Answers of the service in the shapes that chat has on the wire."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.common.passages import Passage
from app.problems import Problem
from app.schemas.chat import (
    ChatResponse,
    Citation,
    Computation,
    Coverage,
    Place,
    Source,
    StreamDone,
    StreamProgress,
    StreamSources,
    Timings,
    Usage,
)
from app.services.answering import citations as cited
from app.services.llm.model import Completion
from app.services.rag_chain import Answer, Prepared, Progress
from app.shapes.labels import labelled


def as_response(client_id: str, answer: Answer) -> ChatResponse:
    """Return the whole answer."""
    return ChatResponse(**_answer(client_id, answer))


def as_done(client_id: str, answer: Answer) -> StreamDone:
    """Return the whole answer as the last event of a stream."""
    return StreamDone(**_answer(client_id, answer))


def as_sources(prepared: Prepared) -> StreamSources:
    """Return the first event of a stream."""
    return StreamSources(
        session_id=prepared.session_id,
        client_id=prepared.question.client_id,
        search_query=prepared.search_query,
        intent=prepared.intent,
        sources=as_source_list(prepared.sources),
    )


def as_progress(progress: Progress) -> StreamProgress:
    """Return the event of a step of a long reading."""
    return StreamProgress(stage=progress.stage, done=progress.done, total=progress.total)


def as_coverage(answer: Answer) -> list[Coverage]:
    """Return how much was read of each document."""
    return [Coverage(**asdict(each)) for each in answer.coverage]


def as_error(problem: Problem, *, retry_after: int | None) -> dict[str, object]:
    """Return the last event of a stream that broke: the problem's fields, and what would be a header."""
    fields = problem.model_dump(exclude_none=True) | {"type": "error"}
    return fields if retry_after is None else fields | {"retry_after": retry_after}


def as_source_list(passages: Sequence[Passage], cited: frozenset[int] | None = None) -> list[Source]:
    """Return passages with their numbers; `cited` are the numbers of those that the answer cites, once known."""
    return [
        Source(
            **found_fields(passage),
            citation=number,
            cited=None if cited is None else number in cited,
        )
        for number, passage in enumerate(passages, start=1)
    ]


def as_computation(answer: Answer) -> Computation | None:
    """Return what was computed for the answer, if anything."""
    return Computation(**asdict(answer.computation)) if answer.computation else None


def found_fields(passage: Passage) -> dict[str, Any]:
    """Return the fields of a FoundPassage."""
    return {**passage.reference(), **labelled(passage.labels), "content": passage.chunk.text}


def _answer(client_id: str, answer: Answer) -> dict[str, Any]:
    return {
        "response": answer.text,
        "session_id": answer.session_id,
        "message_id": answer.message_id,
        "client_id": client_id,
        "sources": as_source_list(answer.sources, answer.cited),
        "citations": [_citation(citation) for citation in answer.citations],
        "grounded": answer.grounded,
        "intent": answer.intent,
        "computation": as_computation(answer),
        "coverage": as_coverage(answer),
        "search_query": answer.search_query,
        "memory_used": answer.memory_used,
        "model": answer.completion.model,
        "finish_reason": answer.completion.finish,
        "usage": _usage(answer.completion),
        "timings_ms": Timings(retrieval=answer.retrieval_ms, generation=answer.generation_ms, total=answer.total_ms),
    }


def _citation(citation: cited.Citation) -> Citation:
    place = citation.passage.reference()
    return Citation(
        **labelled(citation.passage.labels),
        number=citation.number,
        document_id=place["document_id"],
        source=place["source"],
        page=place["page"],
        section=place["section"],
        start=place["start"],
        end=place["end"],
        quote=citation.quote,
        answer_start=citation.places[0].start,
        answer_end=citation.places[0].end,
        places=[Place(start=place.start, end=place.end) for place in citation.places],
    )


def _usage(completion: Completion) -> Usage | None:
    usage = completion.usage
    if usage is None:
        return None
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )
