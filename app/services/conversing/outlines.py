"""Whole documents without a model: what they are called, their headings and most central sentences, quoted."""

from app.services.answering.prompts import quoted
from app.services.answering.types import Quote
from app.services.catalog.records import DocumentRecord
from app.services.conversing.coverage import coverage_of
from app.services.conversing.more_phrases import phrases_of
from app.services.conversing.phrases import Phrases
from app.services.conversing.types import Reply, Turn
from app.services.digests.central import Outline, Outlines
from app.services.intents.types import Kind

TOLD: frozenset[Kind] = frozenset(("summary", "compare"))
"""What an outline answers; who wants something counted or listed is shown the passages that fit best."""
NAME_CHARS = 120


class OutlinedDocuments:
    """Makes answers of the intent `document` without a model."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines

    def reply(self, turn: Turn, _query: str) -> Reply | None:
        """Return the answer, None if passages that are found have to do. Blocks."""
        if turn.reading.kind not in TOLD:
            return None
        reply = Reply()
        for record in turn.documents:
            reply = _with(reply, record, self._outlines.of(record), phrases_of(turn.reading.language))
        return reply if reply.sources else None


def _with(reply: Reply, record: DocumentRecord, outline: Outline, phrases: Phrases) -> Reply:
    """Return the reply with one more document told."""
    if not outline.sentences:
        return reply
    name = " ".join(record.filename.split())[:NAME_CHARS]
    head = phrases.outline_one if record.pages == 1 else phrases.outline
    lines = [head.format(name=name, kind=record.kind.upper(), pages=record.pages)]
    if outline.headings:
        lines.append(phrases.headings.format(names="; ".join(outline.headings)))
    top = ("\n\n" if reply.said else "") + quoted("\n".join(lines))
    passages = {each.passage.chunk.start: each.passage for each in reversed(outline.sentences)}
    numbers = {start: number for number, start in enumerate(sorted(passages), start=len(reply.sources) + 1)}
    quotes = [Quote(f"- {each.text}", numbers[each.passage.chunk.start], 1.0) for each in outline.sentences]
    sources = [passages[start] for start in numbers]
    coverage = coverage_of(record, sources, "sentences")
    return Reply([*reply.sources, *sources], said=[*reply.said, top, *quotes], coverage=[*reply.coverage, coverage])
