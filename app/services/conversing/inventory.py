"""Which documents there are: the catalog answers, without a model."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.common.filters import PassageFilter
from app.common.ids import ClientId
from app.common.passages import Passage
from app.services.answering.types import Quote
from app.services.catalog.records import DocumentRecord
from app.services.conversing.more_phrases import phrases_of
from app.services.conversing.phrases import Phrases
from app.services.conversing.types import Reply, Turn
from app.services.library.reading import LibraryReader
from app.services.retriever import Retriever

MOST_LISTED = 20
"""Documents that are named in one answer, the newest first."""
MOST_ABOUT = 5
NAME_CHARS = 120
TOPIC_CHARS = 200


class Inventory:
    """Says what a client's documents are."""

    def __init__(self, reader: LibraryReader, retriever: Retriever) -> None:
        self._reader = reader
        self._retriever = retriever

    def reply(self, turn: Turn) -> Reply:
        """Answer a turn of the intent `inventory`; every document that is named is a source."""
        client_id, where = turn.question.client_id, turn.question.where
        phrases = phrases_of(turn.reading.language)
        if turn.reading.kind == "about":
            return self._about(turn, turn.reading.subject[:TOPIC_CHARS], phrases)
        if turn.reading.kind == "pages":
            return self._listed(client_id, turn.documents, "", phrases)
        if turn.reading.kind == "newest":
            return self._listed(
                client_id, self._reader.documents(client_id, limit=1, where=where), phrases.newest, phrases
            )
        return self._all(client_id, where, phrases)

    def _all(self, client_id: ClientId, where: PassageFilter | None, phrases: Phrases) -> Reply:
        count = self._reader.count(client_id, where=where)
        records = self._reader.documents(client_id, limit=MOST_LISTED, where=where)
        head = phrases.documents
        if count > len(records):
            head = phrases.newest_of
        elif count == 1:
            head = phrases.one_document
        return self._listed(client_id, records, head.format(count=count, shown=len(records)), phrases)

    def _about(self, turn: Turn, topic: str, phrases: Phrases) -> Reply:
        client_id = turn.question.client_id
        passages = self._retriever.retrieve(client_id, topic, where=turn.question.where)
        scale = self._retriever.scale
        best: dict[str, Passage] = {}
        for passage in passages:
            if scale.meaning(passage.score) >= scale.about or _mentions(passage, topic):
                best.setdefault(passage.chunk.document_id, passage)
        found = list(best.values())[:MOST_ABOUT]
        if not found:
            return Reply(said=(phrases.about_none.format(topic=topic),))
        records = [self._reader.document(client_id, passage.chunk.document_id) for passage in found]
        return _said(phrases.about.format(topic=topic), records, found, phrases)

    def _listed(self, client_id: ClientId, records: Sequence[DocumentRecord], head: str, phrases: Phrases) -> Reply:
        openings = [self._reader.opening(client_id, record.document_id) for record in records]
        there = [(record, opening) for record, opening in zip(records, openings, strict=True) if opening]
        return _said(head, [record for record, _ in there], [opening for _, opening in there], phrases)


def _said(head: str, records: Sequence[DocumentRecord | None], sources: Sequence[Passage], phrases: Phrases) -> Reply:
    lines = [
        Quote(f"- {_line(record, phrases)}", number, 1.0)
        for number, record in enumerate(records, start=1)
        if record is not None
    ]
    return Reply(sources=sources, said=(*((head,) if head else ()), *lines))


def _line(record: DocumentRecord, phrases: Phrases) -> str:
    line = phrases.line_one if record.pages == 1 else phrases.line
    day = datetime.fromtimestamp(record.created_at, UTC).date().isoformat()
    name = " ".join(record.filename.split())[:NAME_CHARS]
    return line.format(name=name, kind=record.kind.upper(), pages=record.pages, date=day)


def _mentions(passage: Passage, topic: str) -> bool:
    text = f"{passage.chunk.source} {passage.chunk.text}".casefold()
    return all(word in text for word in topic.casefold().split())
