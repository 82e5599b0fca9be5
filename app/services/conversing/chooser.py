"""Which documents a turn is about: those it names, the only one, or those that the conversation is about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import AIMessage, HumanMessage

from app.common.passages import Passage
from app.services.answering.types import Coverage
from app.services.catalog.records import DocumentRecord
from app.services.conversing.choosing import MOST_NAMED, named_documents, named_in, points_back
from app.services.conversing.coverage import coverage_of
from app.services.conversing.earlier import EarlierAnswers
from app.services.conversing.types import Turn
from app.services.intents.reading import names_documents_only
from app.services.intents.types import SEARCH
from app.services.library.reading import LibraryReader

MOST_NAMES = 2000
"""Documents of a client, the newest, whose names are compared with a message."""
MESSAGES_SEEN = 6
"""Of a conversation that the caller brings, in which names of documents are looked for."""


class DocumentChooser:
    """Chooses documents of a client. What the question's filter does not let through is not there."""

    def __init__(self, reader: LibraryReader, earlier: EarlierAnswers) -> None:
        self._reader = reader
        self._earlier = earlier

    def chosen(self, turn: Turn) -> Turn:
        """Return the turn with the documents that it is about; a search if it names none and has to."""
        reading = turn.reading
        documents = self._reader.documents(turn.question.client_id, limit=MOST_NAMES, where=turn.question.where)
        chosen = self._named_or_only(turn, documents)
        if chosen:
            return replace(turn, documents=chosen)
        pointing = points_back(reading.subject)
        if (reading.if_named and not pointing) or reading.kind == "pages":
            return replace(turn, reading=SEARCH)
        if spoken := self._spoken_of(turn, documents):
            return replace(turn, documents=spoken)
        if pointing:
            return replace(turn, reading=SEARCH)
        few = documents if len(documents) <= MOST_NAMED else []
        return replace(turn, documents=few, guessed=reading.kind != "compare")

    def coverage(self, turn: Turn, passages: Sequence[Passage]) -> list[Coverage]:
        """Return how much passages are of each document that the turn is about, or that they are from."""
        found = dict.fromkeys(passage.chunk.document_id for passage in passages)
        records = (self._reader.document(turn.question.client_id, name) for name in found)
        about = turn.documents or [record for record in records if record is not None]
        return [coverage_of(record, passages, "passages") for record in about]

    def _named_or_only(self, turn: Turn, documents: Sequence[DocumentRecord]) -> Sequence[DocumentRecord]:
        reading = turn.reading
        named = named_documents(reading.subject, documents) if reading.subject else []
        if named:
            return named if len(named) >= _enough(turn) else []
        if len(documents) == 1 and reading.kind != "compare":
            return documents if not reading.subject or names_documents_only(reading) else []
        return []

    def _spoken_of(self, turn: Turn, documents: Sequence[DocumentRecord]) -> Sequence[DocumentRecord]:
        """Return what the last answer cites most, or what the conversation names; for a comparison several of them."""
        known = {record.document_id: record for record in documents}
        earlier = self._earlier.latest(turn)
        cited = Counter(
            passage.chunk.document_id
            for number, passage in enumerate(earlier.passages, start=1)
            for _ in range(earlier.text.count(f"[{number}]"))
        )
        found = [known[name] for name, _ in cited.most_common() if name in known]
        enough = _enough(turn)
        if len(found) < enough and turn.history:
            spoken = [str(m.text) for m in turn.history if isinstance(m, HumanMessage | AIMessage)][-MESSAGES_SEEN:]
            found = _named_last(spoken, documents, enough)
        return found[: MOST_NAMED if enough > 1 else 1] if len(found) >= enough else []


def _named_last(spoken: Sequence[str], documents: Sequence[DocumentRecord], enough: int) -> list[DocumentRecord]:
    """Return the documents that the latest messages name, of no more messages than name enough of them."""
    found: dict[str, DocumentRecord] = {}
    for text in reversed(spoken):
        if len(found) < enough:
            found |= {record.document_id: record for record in named_in(text, documents)}
    return list(found.values())


def _enough(turn: Turn) -> int:
    return 2 if turn.reading.kind == "compare" else 1
