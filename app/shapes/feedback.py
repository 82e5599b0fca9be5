"""Feedback on the wire and in files."""

import csv
import io
from collections.abc import Iterable, Iterator

from app.memory import feedback as memory
from app.schemas.feedback import Feedback, NewFeedback, RatedAnswer

COLUMNS = (
    "message_id", "session_id", "rating", "reason", "comment", "question", "answer", "sources", "created_at",
    "updated_at",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins with these is worked out by programs for spreadsheets."""


def opinion(body: NewFeedback) -> memory.Opinion:
    """Return what was sent."""
    return memory.Opinion(body.rating, body.reason, body.comment)


def feedback(said: memory.Feedback) -> Feedback:
    """Return the feedback on one answer."""
    return Feedback(
        message_id=said.message_id,
        rating=said.opinion.rating,
        reason=said.opinion.reason,
        comment=said.opinion.comment,
        created_at=said.created_at,
        updated_at=said.updated_at,
    )


def rated_answer(rated: memory.RatedAnswer) -> RatedAnswer:
    """Return feedback with its question and answer."""
    return RatedAnswer(
        **feedback(rated.feedback).model_dump(),
        session_id=rated.session_id,
        question=rated.question,
        answer=rated.answer,
        sources=[dict(source) for source in rated.sources],
    )


def json_lines(answers: Iterable[memory.RatedAnswer]) -> Iterator[str]:
    """Yield each as a line of JSON."""
    return (f"{rated_answer(rated).model_dump_json()}\n" for rated in answers)


def csv_lines(answers: Iterable[memory.RatedAnswer]) -> Iterator[str]:
    """Yield a head and each as a line for spreadsheets: sources are names with pages, and no cell is a formula."""
    yield _line(COLUMNS)
    for rated in answers:
        values = rated_answer(rated).model_dump(exclude={"sources"})
        values["sources"] = "; ".join(f"{source.get('source')}, page {source.get('page')}" for source in rated.sources)
        yield _line([_cell(values[column]) for column in COLUMNS])


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
