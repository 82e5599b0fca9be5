"""What a turn brings along, and what its answer is made from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import BaseMessage

from app.common.passages import Passage
from app.services.answering.types import ChatQuestion, Coverage, LongReading, Quote, Refusal
from app.services.catalog.records import DocumentRecord
from app.services.intents.types import SEARCH, Intent, Reading


@dataclass(frozen=True, slots=True)
class Turn:
    """A message with the conversation before it, and what kind of turn it is.

    `documents` are those that it is about, if it says so; with `guessed` they are all that there are. With `rewritten`
    what it searches for depends on the conversation: it is to be made to stand alone. The client of an `empty` one is
    known, but has no documents.
    """

    question: ChatQuestion
    session_id: str
    history: Sequence[BaseMessage]
    reading: Reading = SEARCH
    documents: Sequence[DocumentRecord] = ()
    rewritten: bool = False
    guessed: bool = False
    empty: bool = False

    @property
    def intent(self) -> Intent:
        """What kind of turn it is."""
        return self.reading.intent


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer is made from: `said` is all of it, else `prompt` is put to the model, or what `reading` makes.

    `sources` are the passages that it may cite, in the order of their numbers. `coverage` is how much was read of whole
    documents.
    """

    sources: Sequence[Passage] = ()
    said: Sequence[str | Quote | Refusal] = ()
    prompt: Sequence[BaseMessage] = field(default=())
    coverage: Sequence[Coverage] = ()
    reading: LongReading | None = None
