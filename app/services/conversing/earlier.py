"""The answer that a message is about, with the passages it rests on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, HumanMessage

from app.common.errors import NotFound
from app.common.passages import Passage
from app.memory import Message, SessionStore
from app.services.answering.citations import without_citations
from app.services.answering.renumbering import renumbered
from app.services.conversing.types import Turn
from app.services.intents.types import Intent
from app.services.library.reading import LibraryReader

MESSAGES_SEEN = 12
"""Messages back from the latest one among which an answer is looked for."""
QUESTIONS_SEEN = 40
QUESTION_CHARS = 300
_LAST = 2**62
SAYS_NOTHING: frozenset[Intent] = frozenset(("smalltalk", "task"))
"""What nobody wants translated or repeated."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier answer: as it was said, and with the numbers of those of its passages that are still there."""

    said: str = ""
    text: str = ""
    passages: Sequence[Passage] = ()


class EarlierAnswers:
    """Reads what was said in sessions, and what it rests on."""

    def __init__(self, sessions: SessionStore, reader: LibraryReader) -> None:
        self._sessions = sessions
        self._reader = reader

    def latest(self, turn: Turn, *, beside: Collection[Intent] = SAYS_NOTHING) -> Earlier:
        """Return the latest answer of another intent than `beside`.

        It is without passages where the caller brought the conversation.
        """
        if turn.question.remembered:
            messages = self._messages(turn, MESSAGES_SEEN)
            answers = (message for message in reversed(messages) if message.role == "assistant")
            answer = next((message for message in answers if message.extra.get("intent") not in beside), None)
            if answer is not None:
                return self._with_passages(turn, answer)
        texts = [str(message.text) for message in turn.history if isinstance(message, AIMessage)]
        return Earlier(texts[-1], without_citations(texts[-1])) if texts else Earlier()

    def questions(self, turn: Turn) -> list[str]:
        """Return what was asked before, in order: the first question and the latest ones."""
        if not turn.question.remembered:
            asked = [str(message.text) for message in turn.history if isinstance(message, HumanMessage)]
        else:
            latest = [message.content for message in self._messages(turn, 2 * QUESTIONS_SEEN) if message.role == "user"]
            first = self._sessions.turns(turn.question.client_id, turn.session_id, after=0, before=2, limit=1)
            asked = latest if len(latest) < QUESTIONS_SEEN else [turn.question for turn in first] + latest[1:]
        return [" ".join(text.split())[:QUESTION_CHARS] for text in asked]

    def _messages(self, turn: Turn, limit: int) -> Sequence[Message]:
        client_id, session_id = turn.question.client_id, turn.session_id
        try:
            return self._sessions.messages(client_id, session_id, before=_LAST, limit=limit).messages
        except NotFound:
            return ()

    def _with_passages(self, turn: Turn, answer: Message) -> Earlier:
        """Read the passages again; those of documents that are gone or filtered out lose their numbers."""
        found: dict[int, Passage] = {}
        for number, reference in enumerate(answer.sources, start=1):
            passage = self._reader.passage(turn.question.client_id, reference, turn.question.where)
            if passage is not None:
                found[number] = passage
        numbers = {old: new for new, old in enumerate(found, start=1)}
        return Earlier(answer.content, renumbered(answer.content, numbers), list(found.values()))
