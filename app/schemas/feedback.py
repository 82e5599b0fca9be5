"""Feedback on answers on the wire. Times are seconds since the epoch."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.schemas.text import Unicode

MAX_COMMENT = 2000

Rating = Literal["up", "down"]
Reason = Literal["accuracy", "completeness", "sources", "clarity", "freshness", "refusal", "other"]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_COMMENT), Unicode]
REASON = (
    "What the rating is about, good or bad: whether the answer is right, whole, rests on the right sources, is clear, "
    "is up to date; or, with `refusal`, that the documents were said not to hold it."
)


class NewFeedback(BaseModel):
    """What somebody thinks of an answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"rating": "down", "reason": "freshness", "comment": "The warranty is five years since May."}]
        },
    )

    rating: Rating
    reason: Reason | None = Field(None, description=REASON)
    comment: Comment = ""


class Feedback(BaseModel):
    """What was said about an answer."""

    message_id: str
    rating: Rating
    reason: Reason | None = Field(description=REASON)
    comment: str
    created_at: float
    updated_at: float = Field(description="When it was said last; later than `created_at` if it was changed.")


class RatedAnswer(Feedback):
    """Feedback with the question and the answer that it is about."""

    session_id: str
    question: str
    answer: str
    sources: list[dict[str, object]] = Field(
        description="What the answer was made from: document, file, page, section, place, score; not the text."
    )


class FeedbackPage(BaseModel):
    """A client's feedback, what was said last first."""

    client_id: str
    feedback: list[RatedAnswer]
    next_cursor: str | None = Field(description="Give this as `cursor` to go on; null on the last page.")
