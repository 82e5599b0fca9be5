"""Which documents there are: the catalog answers, without a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.common.filters import PassageFilter, within_document
from app.common.ids import ClientId
from app.common.passages import Passage
from app.services.answering.citations import without_citations
from app.services.answering.types import Quote
from app.services.catalog.records import DocumentRecord
from app.services.conversing.more_phrases import phrases_of
from app.services.conversing.phrases import Phrases
from app.services.conversing.types import Reply, Turn
from app.services.digests.index import SummaryIndex
from app.services.library.reading import LibraryReader
from app.services.retriever import Retriever

MOST_LISTED = 20
"""Documents that are named in one answer, the newest first."""
MOST_ABOUT = 5
NAME_CHARS = 120
TOPIC_CHARS = 200
SUMMARY_CHARS = 160


class Inventory:
    """Says what a client's documents are."""

    def __init__(self, reader: LibraryReader, retriever: Retriever, summaries: SummaryIndex) -> None:
        self._reader = reader
        self._summaries = summaries
        self._retriever = retriever

    def is_empty(self, client_id: ClientId) -> bool:
        """Whether the client is known and has no document that is ready."""
        return not self._reader.count(client_id) and self._reader.knows(client_id)

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
        scale = self._retriever.scale(client_id)
        best: dict[str, Passage] = {}
        for passage in passages:
            if scale.meaning(passage.score) >= scale.about or _mentions(passage, topic):
                best.setdefault(passage.chunk.document_id, passage)
        best.update(self._by_summary(turn, topic, known=best))
        found = list(best.values())[:MOST_ABOUT]
        if not found:
            return Reply(said=(phrases.about_none.format(topic=topic),))
        records = [self._reader.document(client_id, passage.chunk.document_id) for passage in found]
        return self._said(phrases.about.format(topic=topic), records, found, phrases)

    def _by_summary(self, turn: Turn, topic: str, *, known: Mapping[str, Passage]) -> dict[str, Passage]:
        """Return the openings of further documents whose summaries are about a topic."""
        client_id, where = turn.question.client_id, turn.question.where
        scale = self._summaries.scale
        near = {
            name: cosine
            for name, cosine in self._summaries.nearest(client_id, topic).items()
            if scale.meaning(cosine) >= scale.about
        }
        further = [name for name in near if name not in known][:MOST_ABOUT]
        allowed = (name for name in further if self._reader.count(client_id, where=within_document(name, where)))
        openings = {name: self._reader.opening(client_id, name) for name in allowed}
        return {name: replace(one, score=near[name]) for name, one in openings.items() if one is not None}

    def _listed(self, client_id: ClientId, records: Sequence[DocumentRecord], head: str, phrases: Phrases) -> Reply:
        openings = [self._reader.opening(client_id, record.document_id) for record in records]
        there = [(record, opening) for record, opening in zip(records, openings, strict=True) if opening]
        return self._said(head, [record for record, _ in there], [opening for _, opening in there], phrases)

    def _said(
        self, head: str, records: Sequence[DocumentRecord | None], sources: Sequence[Passage], phrases: Phrases
    ) -> Reply:
        summaries = self._reader.summaries([record for record in records if record is not None])
        lines = [
            Quote(f"- {_line(record, phrases)}{_more(record, summaries)}", number, 1.0)
            for number, record in enumerate(records, start=1)
            if record is not None
        ]
        return Reply(sources=sources, said=(*((head,) if head else ()), *lines))


def _more(record: DocumentRecord, summaries: Mapping[str, str]) -> str:
    """Return a document's tags and the beginning of its summary, as far as there are any."""
    tags = "".join(f" #{tag}" for tag in record.labels.tags)
    summary = " ".join(without_citations(summaries.get(record.document_id, "")).split())
    if len(summary) > SUMMARY_CHARS:
        summary = f"{summary[:SUMMARY_CHARS].rpartition(' ')[0] or summary[:SUMMARY_CHARS]} …"
    return f"{tags}: {summary}" if summary else tags


def _line(record: DocumentRecord, phrases: Phrases) -> str:
    line = phrases.line_one if record.pages == 1 else phrases.line
    day = datetime.fromtimestamp(record.created_at, UTC).date().isoformat()
    name = " ".join(record.filename.split())[:NAME_CHARS]
    return line.format(name=name, kind=record.kind.upper(), pages=record.pages, date=day)


def _mentions(passage: Passage, topic: str) -> bool:
    text = f"{passage.chunk.source} {passage.chunk.text}".casefold()
    return all(word in text for word in topic.casefold().split())
