"""What tools give, in both forms that agents read: as fields, and as text in which each passage names its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from app.common.passages import Passage
from app.mcp import schemas
from app.schemas.passages import FoundPassage
from app.services.answering.citations import Citation
from app.services.catalog.records import DocumentRecord
from app.services.rag_chain import Answer
from app.services.tenants.documents import DocumentPage
from app.services.tenants.reading import Reading
from app.shapes.chat import as_coverage, found_fields
from app.shapes.labels import labelled

NOTHING_FOUND = "Nothing was found."


@dataclass(frozen=True, slots=True)
class Said:
    """What a tool gives: the same as fields and as text."""

    fields: BaseModel
    text: str


def found(passages: Sequence[Passage]) -> Said:
    """Return what a search found."""
    shown = [FoundPassage(**found_fields(passage)) for passage in passages]
    texts = [
        f"{_place(one.source, one.page, one.section)}\n"
        f"document_id {one.document_id}, characters {one.start} to {one.end}\n\n{one.content}"
        for one in shown
    ]
    return Said(schemas.Found(passages=shown), "\n\n---\n\n".join(texts) or NOTHING_FOUND)


def listed(page: DocumentPage) -> Said:
    """Return a page of documents."""
    documents = [_document(record) for record in page.records]
    lines = [
        f"- {one.filename} (document_id {one.document_id}, {one.type}, pages: {one.pages}, characters: "
        f"{one.characters}{_tags(one.tags)})"
        for one in documents
    ]
    more = f"\n\nMore with cursor {page.next_cursor}." if page.next_cursor else ""
    text = f"{page.total} documents, newest first:\n" + "\n".join(lines) + more if lines else "There are no documents."
    return Said(schemas.Listed(documents=documents, total=page.total, next_cursor=page.next_cursor), text)


def read(reading: Reading) -> Said:
    """Return a stretch of a document."""
    record = reading.record
    pieces = [
        schemas.Piece(page=piece.page, section=piece.section, start=piece.start, end=piece.end, text=piece.text)
        for piece in reading.pieces
    ]
    texts = [f"{_place(record.filename, one.page, one.section)}\n\n{one.text}" for one in pieces]
    if reading.next_start is not None:
        texts.append(f"The document goes on: read it with start {reading.next_start}.")
    fields = schemas.Read(
        document_id=record.document_id,
        filename=record.filename,
        pages=record.pages,
        characters=record.characters,
        pieces=pieces,
        next_start=reading.next_start,
    )
    return Said(fields, "\n\n---\n\n".join(texts) or "The document has no text there.")


def answered(answer: Answer) -> Said:
    """Return an answer with its citations."""
    citations = [_cited(citation) for citation in answer.citations]
    sources = [f"[{one.number}] {_place(one.source, one.page, one.section)}\n{one.quote}" for one in citations]
    fields = schemas.Answered(
        answer=answer.text,
        citations=citations,
        grounded=answer.grounded,
        intent=answer.intent,
        coverage=as_coverage(answer),
        session_id=answer.session_id if answer.memory_used else None,
        model=answer.completion.model,
        finish_reason=answer.completion.finish,
    )
    return Said(fields, "\n\n".join([answer.text, *(["Sources:", *sources] if sources else [])]))


def _document(record: DocumentRecord) -> schemas.ListedDocument:
    return schemas.ListedDocument(
        document_id=record.document_id,
        filename=record.filename,
        type=record.kind,
        status=record.status,
        pages=record.pages,
        characters=record.characters,
        created_at=record.created_at,
        **labelled(record.labels),
    )


def _cited(citation: Citation) -> schemas.Cited:
    place = citation.passage.reference()
    return schemas.Cited(
        number=citation.number,
        document_id=place["document_id"],
        source=place["source"],
        page=place["page"],
        section=place["section"],
        start=place["start"],
        end=place["end"],
        quote=citation.quote,
    )


def _place(source: str, page: int, section: str) -> str:
    return f"{source}, page {page}" + (f", {section}" if section else "")


def _tags(tags: Sequence[str]) -> str:
    return f", tags: {', '.join(tags)}" if tags else ""
