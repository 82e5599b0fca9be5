"""What people say about answers: given for each answer, listed and exported for each client."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.common.ids import ClientId
from app.dependencies.clients import PathClientDep
from app.dependencies.cursors import RatedCursor
from app.dependencies.owners import SessionOwnerDep
from app.dependencies.services import ClientsDep, FeedbackDep
from app.dependencies.writing import WritingDep
from app.memory.feedback import FeedbackPage as StoredPage
from app.memory.feedback import FeedbackStore
from app.memory.feedback import RatedAnswer as StoredAnswer
from app.problems import problem_responses
from app.schemas.chat import Message
from app.schemas.feedback import Feedback, FeedbackPage, NewFeedback, Rating
from app.shapes import feedback as shapes

router = APIRouter(prefix="/api/v1", tags=["Feedback"])

EXPORTED_AT_ONCE = 100
"""Answers that an export reads in one go."""

_ANSWER = "/sessions/{session_id}/messages/{message_id}/feedback"
OnlyRated = Annotated[Rating | None, Query(description="Only answers that were rated so.")]


@router.post(_ANSWER, summary="Rate an answer", responses=problem_responses(401, 404, 409, 422, 429, 503))
async def give_feedback(
    session_id: str,
    message_id: str,
    body: NewFeedback,
    owner: SessionOwnerDep,
    feedback: FeedbackDep,
    writing: WritingDep,
) -> Feedback:
    """Say whether an answer is good, and why; what was said about it before is replaced.

    It goes with its conversation, also when that expires.
    """
    put = partial(feedback.put, owner, session_id, message_id, shapes.opinion(body), standing=writing.standing)
    return shapes.feedback(await writing.run(owner, put))


@router.get(_ANSWER, summary="What was said about an answer", responses=problem_responses(401, 404, 409, 422))
def get_feedback(session_id: str, message_id: str, owner: SessionOwnerDep, feedback: FeedbackDep) -> Feedback:
    """Return the rating with its reason and comment."""
    return shapes.feedback(feedback.find(owner, session_id, message_id))


@router.delete(_ANSWER, summary="Take feedback back", responses=problem_responses(401, 404, 409, 422, 429, 503))
async def delete_feedback(
    session_id: str, message_id: str, owner: SessionOwnerDep, feedback: FeedbackDep, writing: WritingDep
) -> Message:
    """Delete what was said about an answer."""
    await writing.run(owner, lambda: feedback.remove(owner, session_id, message_id))
    return Message(message="The feedback is deleted")


@router.get("/clients/{client_id}/feedback", summary="A client's feedback", responses=problem_responses(401, 404, 422))
def list_feedback(
    client_id: PathClientDep,
    clients: ClientsDep,
    feedback: FeedbackDep,
    *,
    rating: OnlyRated = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: RatedCursor = None,
) -> FeedbackPage:
    """Return what was said, last first, each with its question, answer and sources."""
    clients.get(client_id)
    page = feedback.list(client_id, limit=limit, cursor=cursor, rating=rating)
    answers = [shapes.rated_answer(rated) for rated in page.answers]
    return FeedbackPage(client_id=client_id, feedback=answers, next_cursor=page.next_cursor)


@router.get(
    "/clients/{client_id}/feedback/export",
    summary="Export a client's feedback",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "All that was said, last first.",
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        **problem_responses(401, 404, 422),
    },
)
def export_feedback(
    client_id: PathClientDep,
    clients: ClientsDep,
    feedback: FeedbackDep,
    *,
    file_format: Annotated[Literal["jsonl", "csv"], Query(alias="format")] = "jsonl",
    rating: OnlyRated = None,
) -> StreamingResponse:
    """Return a file: JSON lines, each as in the list, or CSV for spreadsheets.

    In CSV an apostrophe stands before a cell that a spreadsheet would take for a formula.
    """
    clients.get(client_id)
    first = feedback.list(client_id, limit=EXPORTED_AT_ONCE, rating=rating)
    answers = _all(feedback, client_id, first, rating)
    lines = shapes.json_lines(answers) if file_format == "jsonl" else shapes.csv_lines(answers)
    media_type = "application/x-ndjson" if file_format == "jsonl" else "text/csv; charset=utf-8"
    name = f'attachment; filename="feedback-{client_id}.{file_format}"'
    headers = {"Content-Disposition": name, "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(lines, media_type=media_type, headers=headers)


def _all(
    feedback: FeedbackStore, client_id: ClientId, page: StoredPage, rating: Rating | None
) -> Iterator[StoredAnswer]:
    yield from page.answers
    while page.next_cursor is not None:
        page = feedback.list(client_id, limit=EXPORTED_AT_ONCE, cursor=page.next_cursor, rating=rating)
        yield from page.answers
