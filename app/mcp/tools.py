"""What agents can do here, each tool with the parts of the service that it uses.

A tool takes the client from its caller and never from its arguments: what a document talks an agent into stays within
the documents of that client.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

from fastapi import BackgroundTasks, Request
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from app.common.errors import Conflict
from app.common.filters import PassageFilter, checked_document_filter
from app.common.ids import ClientId, parse_session_id
from app.common.metering import Behalf, WorkKind, acting_for, behalf
from app.common.passages import Found
from app.dependencies.callers import CallerDep
from app.dependencies.presence import answered
from app.dependencies.questions import require_length
from app.dependencies.services import (
    ClientSettingsDep,
    DocumentsDep,
    RagDep,
    RerankingDep,
    RetrieverDep,
    SettingsDep,
    WorkDep,
)
from app.mcp import schemas, shapes
from app.mcp.arguments import read_arguments
from app.schemas.filters import FieldFilters
from app.services.rag_chain import ChatQuestion
from app.services.tenants.reading import Stretch
from app.shapes.filters import passage_filter, unchecked_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an agent is told of a tool; `kind` is what its work counts as, `stores` whether it may store something.

    Listing and reading are `background`: they make nothing that is counted.
    """

    name: str
    title: str
    description: str
    kind: WorkKind
    takes: type[BaseModel]
    gives: type[BaseModel]
    stores: bool = False


class Tool(Protocol):
    """One of the tools."""

    about: ClassVar[About]

    async def run(self, client_id: ClientId, arguments: Mapping[str, object]) -> shapes.Said:
        """Do what is asked for, in the documents of the client; raises AppError."""
        ...


@dataclass(frozen=True, slots=True)
class SearchDocuments:
    """Finds passages without a model."""

    retriever: RetrieverDep
    reranking: RerankingDep
    client_settings: ClientSettingsDep
    settings: SettingsDep
    work: WorkDep

    about: ClassVar = About(
        name="search_documents",
        title="Search documents",
        description="Find passages by meaning and by words in common. Returns them verbatim, best first, each with its "
        "document, page, section and place in the text; read_document shows what stands around one.",
        kind="search",
        takes=schemas.SearchArguments,
        gives=schemas.Found,
    )

    async def run(self, client_id: ClientId, arguments: Mapping[str, object]) -> shapes.Said:
        """See Tool."""
        asked = read_arguments(schemas.SearchArguments, arguments)
        require_length(asked.query, "query", self.settings)
        where = passage_filter(asked.filters)
        found = await self.work.search.run(client_id, partial(self._find, client_id, asked, where))
        return shapes.found(await self.reranking.best(client_id, asked.query, found))

    def _find(self, client_id: ClientId, asked: schemas.SearchArguments, where: PassageFilter | None) -> Found:
        options = self.client_settings.options(client_id, top_k=asked.top_k)
        return self.retriever.find(
            client_id, asked.query, top_k=options.top_k, context_tokens=options.context_tokens, where=where
        )


@dataclass(frozen=True, slots=True)
class ListDocuments:
    """Lists documents."""

    documents: DocumentsDep
    work: WorkDep

    about: ClassVar = About(
        name="list_documents",
        title="List documents",
        description="List the documents that can be searched and read, newest first, with their names, sizes, tags and "
        "metadata.",
        kind="background",
        takes=schemas.ListArguments,
        gives=schemas.Listed,
    )

    async def run(self, client_id: ClientId, arguments: Mapping[str, object]) -> shapes.Said:
        """See Tool."""
        asked = read_arguments(schemas.ListArguments, arguments)
        page = partial(
            self.documents.page,
            client_id,
            status="ready",
            where=_document_filter(asked.filters),
            cursor=asked.cursor,
            limit=asked.limit,
        )
        return shapes.listed(await self.work.search.run(client_id, page))


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Reads a document in its order."""

    documents: DocumentsDep
    work: WorkDep

    about: ClassVar = About(
        name="read_document",
        title="Read a document",
        description="Read a document's text in its order: from a page, or from a place in the text such as the `start` "
        "of a passage. A long one comes in stretches: go on with `next_start`.",
        kind="background",
        takes=schemas.ReadArguments,
        gives=schemas.Read,
    )

    async def run(self, client_id: ClientId, arguments: Mapping[str, object]) -> shapes.Said:
        """See Tool."""
        asked = read_arguments(schemas.ReadArguments, arguments)
        wanted = Stretch(
            first_page=asked.first_page,
            last_page=asked.last_page,
            start=asked.start,
            most_characters=asked.max_characters,
        )
        read = partial(self.documents.read, client_id, asked.document_id, wanted)
        return shapes.read(await self.work.search.run(client_id, read))


@dataclass(frozen=True, slots=True)
class Ask:
    """Answers questions from the documents."""

    request: Request
    caller: CallerDep
    rag: RagDep
    client_settings: ClientSettingsDep
    settings: SettingsDep
    work: WorkDep
    after: BackgroundTasks

    about: ClassVar = About(
        name="ask",
        title="Ask the documents",
        description="Ask a question and get an answer made from the documents, with numbered citations of the passages "
        "that it rests on. With a session_id the conversation is remembered and later questions may refer to it.",
        kind="chat",
        takes=schemas.AskArguments,
        gives=schemas.Answered,
        stores=True,
    )

    async def run(self, client_id: ClientId, arguments: Mapping[str, object]) -> shapes.Said:
        """See Tool."""
        asked = read_arguments(schemas.AskArguments, arguments)
        require_length(asked.question, "question", self.settings)
        session_id = parse_session_id(asked.session_id) if asked.session_id else None
        options = partial(self.client_settings.options, client_id, top_k=asked.top_k)
        question = ChatQuestion(
            client_id=client_id,
            text=asked.question,
            session_id=session_id,
            use_memory=session_id is not None,
            options=await self.work.search.run(client_id, options),
            where=passage_filter(asked.filters),
            standing=self.caller.standing,
        )
        try:
            answer = await answered(self.request, self.rag, await self.rag.prepare(question))
        except ClientDisconnect as exc:
            raise Conflict("The caller left before the work was done.", code="caller_left") from exc
        if answer.memory_used and self.rag.consolidates:
            self.after.add_task(self._consolidate, behalf(), client_id, answer.session_id)
        return shapes.answered(answer)

    async def _consolidate(self, mine: Behalf, client_id: ClientId, session_id: str) -> None:
        with acting_for(mine):  # the request's own task knows nothing of the tool's
            await self.rag.consolidate(client_id, session_id)


def _document_filter(filters: FieldFilters | None) -> PassageFilter | None:
    where = unchecked_filter(filters)
    return None if where is None else checked_document_filter(where)
