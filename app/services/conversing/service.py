"""What kind of turn a message is for this client, and what its answer is made from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from langchain_core.messages import BaseMessage, HumanMessage

from app.common.filters import PassageFilter, is_about_documents
from app.common.passages import Passage
from app.memory import SessionStore
from app.services.answering.prompts import asked, remembered, with_operators
from app.services.answering.types import ChatQuestion, Coverage
from app.services.conversing.chooser import DocumentChooser
from app.services.conversing.earlier import EarlierAnswers
from app.services.conversing.inventory import Inventory
from app.services.conversing.more_phrases import phrases_of
from app.services.conversing.talk import NEEDS_PASSAGES, Talk
from app.services.conversing.tasks import task_reply
from app.services.conversing.types import Reply, Turn
from app.services.digests.index import SummaryIndex
from app.services.intents.context import spoken_in
from app.services.intents.reading import read_intent
from app.services.intents.types import SEARCH, Intent, Kind, Reading
from app.services.library.reading import LibraryReader
from app.services.retriever import Retriever

_REWRITTEN: frozenset[Kind] = frozenset(("reply", "continue"))
"""What the assistant offered is said in its last message: only the rewriting makes it a search."""

_INVITES: frozenset[Kind] = frozenset(("greeting", "wellbeing", "identity", "abilities", "praise"))
"""What is answered with an invitation to ask: who has no documents is told so as well."""

_SMALLTALK = """\
You are in a conversation with a user about the user's documents. The latest message is small talk and asks for nothing
in them. Answer it in one or two short sentences, in the language of the message. State no facts."""


class DocumentAnswers(Protocol):
    """Answers about whole documents."""

    def reply(self, turn: Turn, query: str, /) -> Reply | None:
        """Return what the answer is made from; None if passages that are found have to do."""


class Conversing:
    """Tells turns apart and answers those that are no search. Safe to call from many threads; blocks."""

    def __init__(
        self,
        *,
        reader: LibraryReader,
        retriever: Retriever,
        sessions: SessionStore,
        documents: DocumentAnswers,
        summaries: SummaryIndex,
        with_model: bool,
    ) -> None:
        self._retriever = retriever
        self._documents = documents
        self._with_model = with_model
        self._inventory = Inventory(reader, retriever, summaries)
        earlier = EarlierAnswers(sessions, reader)
        self._talk = Talk(earlier, with_model=with_model)
        self._chooser = DocumentChooser(reader, earlier)

    def read(self, question: ChatQuestion, session_id: str, history: Sequence[BaseMessage]) -> Turn:
        """Return what kind of turn a message is; a search unless a rule is certain.

        What the question's filter does not let through is not there for any kind of turn. Raises NotFound when the
        client has no documents, unless the turn is a front end's own prompt, or small talk or an inventory of a client
        that is known.
        """
        reading = read_intent(question.text, spoken_in(history), instructions=question.options.instructions)
        turn = Turn(question, session_id, history, reading)
        if reading.intent in ("search", "task"):
            return turn
        if _looks_into_documents(question.where):
            return turn if reading.intent == "smalltalk" else replace(turn, reading=SEARCH)
        if reading.intent in ("smalltalk", "inventory") and self._inventory.is_empty(question.client_id):
            return replace(turn, empty=True)
        self._retriever.require_documents(question.client_id)
        if reading.intent == "document" or reading.kind == "pages":
            return self._chooser.chosen(turn)
        if reading.kind in NEEDS_PASSAGES and not self._with_model:
            # Who doubts an answer is shown what it rests on; the rest is searched for, with the questions before.
            return replace(turn, reading=replace(reading, kind="source") if reading.kind == "sure" else SEARCH)
        return replace(turn, rewritten=reading.kind in _REWRITTEN)

    def decided(self, turn: Turn, intent: Intent, query: str) -> Turn:
        """Return the turn as the model that made it stand alone sees it: `query` is what it asks for."""
        if turn.intent != "search" or intent in ("search", "task") or _looks_into_documents(turn.question.where):
            return turn
        if intent == "inventory":
            return replace(turn, reading=Reading("inventory", "list"))
        if intent == "document":
            read = read_intent(query)
            reading = read if read.intent == "document" else Reading("document", "summary", query, if_named=True)
            return self._chooser.chosen(replace(turn, reading=reading))
        return replace(turn, reading=Reading("conversation", "reply"))

    def whole(self, turn: Turn, query: str) -> Reply | None:
        """Return what the answer about whole documents is made from; None if passages that are found have to do.

        `query` is the message, made to stand alone.
        """
        return self._documents.reply(turn, query) if turn.documents else None

    def coverage(self, turn: Turn, passages: Sequence[Passage]) -> Sequence[Coverage]:
        """Return how much these passages are of the documents that a turn is about."""
        return self._chooser.coverage(turn, passages)

    def reply(self, turn: Turn, found: Sequence[Passage] = ()) -> Reply:
        """Return what the answer to a turn that is no search is made from."""
        if turn.intent == "task":
            return task_reply(turn, with_model=self._with_model)
        if turn.intent == "smalltalk":
            return self._smalltalk(turn)
        if turn.empty:
            return Reply(said=(phrases_of(turn.reading.language).no_documents,))
        if turn.intent == "inventory":
            return self._inventory.reply(turn)
        return self._talk.reply(turn, found)

    def _smalltalk(self, turn: Turn) -> Reply:
        """Answer with a phrase; a client that gives the model a role of its own has the model asked."""
        instructions, kind = turn.question.options.instructions, turn.reading.kind
        if self._with_model and instructions.strip():
            talk = [remembered(message) for message in turn.history]
            rules = with_operators(_SMALLTALK, instructions)
            return Reply(prompt=[rules, *talk, HumanMessage(asked(turn.question.text))])
        phrases = phrases_of(turn.reading.language)
        said = next(text for name, text in phrases.smalltalk.items() if name == kind)
        return Reply(said=(f"{said} {phrases.no_documents}" if turn.empty and kind in _INVITES else said,))


def _looks_into_documents(where: PassageFilter | None) -> bool:
    """Whether a filter tells parts of a document apart: then only a search can heed it."""
    return where is not None and not is_about_documents(where)
