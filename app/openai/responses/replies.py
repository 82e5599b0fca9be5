"""A response in the making, and what its parts are on the wire."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.common.passages import Passage
from app.openai.errors import openai_error
from app.openai.responses.answers import (
    FileSearchCall,
    FileSearchResult,
    IncompleteDetails,
    OutputMessage,
    OutputText,
    Response,
    ResponseError,
    ResponseUsage,
    TextCitation,
)
from app.openai.responses.places import Place
from app.openai.responses.reading import Asked
from app.openai.responses.requests import ResponseRequest
from app.openai.shapes import as_search_result, counted
from app.problems import Problem
from app.services.answering.citations import Citation
from app.services.rag_chain import Answer
from app.shapes.chat import as_computation, as_coverage, as_source_list


@dataclass(frozen=True, slots=True)
class Reply:
    """What all parts of one response have in common."""

    body: ResponseRequest
    model: str
    asked: Asked
    created: int

    @classmethod
    def begin(cls, body: ResponseRequest, model: str, asked: Asked) -> "Reply":
        """Begin a response now."""
        return cls(body, model, asked, int(time.time()))

    @property
    def place(self) -> Place:
        """Which turn it is."""
        return self.asked.place

    def empty(self) -> Response:
        """Return the response before there is an answer."""
        body = self.body
        return Response(
            id=self.place.name("resp"),
            created_at=self.created,
            status="in_progress",
            instructions=body.instructions,
            metadata=body.metadata or {},
            model=self.model,
            previous_response_id=body.previous_response_id,
            store=self.asked.stored,
            temperature=body.temperature,
            tool_choice=body.tool_choice or "auto",
            tools=[tool.model_dump(exclude_none=True) for tool in body.tools or ()],
        )

    def failed(self, problem: Problem) -> Response:
        """Return the response of an answer that broke."""
        error = ResponseError(code=problem.code, message=problem.detail)
        return self.empty().model_copy(update={"status": "failed", "error": error})

    def whole(self, answer: Answer, sources: Sequence[Passage]) -> Response:
        """Return the whole response; `sources` are the passages that were shown as found."""
        finish = answer.completion.finish
        reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(finish)
        prompt, written, total = counted(answer, self.asked.tokens)
        search = self.search(answer.search_query, sources)
        return self.empty().model_copy(
            update={
                "status": "incomplete" if reason else "completed",
                "incomplete_details": IncompleteDetails.model_validate({"reason": reason}) if reason else None,
                "output": [*([search] if search else []), self.message(answer)],
                "usage": ResponseUsage(input_tokens=prompt, output_tokens=written, total_tokens=total),
                "sources": as_source_list(answer.sources, answer.cited),
                "search_query": answer.search_query,
                "grounded": answer.grounded,
                "intent": answer.intent,
                "computation": as_computation(answer),
                "coverage": as_coverage(answer),
                "system_fingerprint": answer.completion.model,
            }
        )

    def search(self, query: str, sources: Sequence[Passage]) -> FileSearchCall | None:
        """Return the search as a call of the tool: only to who named it, and where passages were found."""
        if not self.body.search or not sources:
            return None
        results = [_result(passage) for passage in sources] if self.body.shows_results else None
        return FileSearchCall(id=self.place.name("fs"), status="completed", queries=[query], results=results)

    def message(self, answer: Answer) -> OutputMessage:
        """Return the answer as a message."""
        text = OutputText(text=answer.text, annotations=_annotations(answer.citations))
        status = "completed" if answer.completion.finish == "stop" else "incomplete"
        return OutputMessage(id=self.place.name("msg"), status=status, content=[text])


def error_fields(problem: Problem) -> dict[str, object]:
    """Return the fields of the event of an answer that broke, with the error in both places where programs look."""
    error = openai_error(problem)["error"]
    return {"code": problem.code, "message": problem.detail, "param": None, "error": error}


def _result(passage: Passage) -> FileSearchResult:
    found = as_search_result(passage)
    return FileSearchResult(
        file_id=found.file_id,
        filename=found.filename,
        score=found.score,
        text=passage.chunk.text,
        attributes=found.attributes,
    )


def _annotations(citations: Sequence[Citation]) -> list[TextCitation]:
    """One for each place, in the text's order."""
    placed = [(place.start, citation) for citation in citations for place in citation.places]
    return [
        TextCitation(
            file_id=citation.passage.chunk.document_id,
            filename=citation.passage.chunk.source,
            index=start,
            page=citation.passage.chunk.page,
            citation=citation.number,
        )
        for start, citation in sorted(placed, key=lambda pair: pair[0])
    ]
