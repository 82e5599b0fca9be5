"""Asking questions, and the collections they are asked of."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from starlette.background import BackgroundTask

from app.common.ids import ClientId, parse_session_id
from app.dependencies.callers import CallerDep
from app.dependencies.clients import PathClientDep
from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.owners import UnnamedSessionOwnerDep
from app.dependencies.presence import answered
from app.dependencies.questions import require_length
from app.dependencies.services import ClientSettingsDep, DocumentsDep, RagDep, SessionsDep, SettingsDep
from app.dependencies.writing import WritingDep
from app.problems import problem_responses
from app.schemas.chat import (
    ChatRequest,
    ChatResponse,
    CollectionDeleted,
    CollectionList,
    CollectionStats,
    CollectionSummary,
    StreamDelta,
)
from app.schemas.sessions import SessionDeleted
from app.services.rag_chain import ChatQuestion, Delta, Prepared, Progress, RagChain, StreamPiece
from app.shapes.chat import as_done, as_error, as_progress, as_response, as_sources
from app.shapes.filters import passage_filter
from app.shapes.sessions import session_deleted
from app.streams import EVENTS_SCHEMA, Events, EventStream, FirstPiece, capture_failure, event

router = APIRouter(prefix="/api/v1/chat", tags=["Chat"], route_class=OnceRoute)

_EXAMPLE = """\
event: sources
data: {"type":"sources","session_id":"...","sources":[{"page":1,"source":"manual.pdf","citation":1}]}

event: delta
data: {"type":"delta","text":"Three years"}

event: done
data: {"type":"done","response":"Three years [1].","citations":[{"number":1,"page":1}]}
"""


_ERRORS = problem_responses(401, 404, 409, 413, 422, 429, 502, 503, 504)
_EVENTS: dict[str, Any] = {
    "description": (
        "Server-sent events, each with a `type` in its data too: `sources`, then `delta` for each piece of the answer, "
        "then `done` with the whole answer as it is without streaming, or `error` with a problem's fields. Where a "
        "long document has to be read first, events `progress` come before.\n\n"
        f"```\n{_EXAMPLE}```"
    ),
    "content": {"text/event-stream": EVENTS_SCHEMA},
}


async def get_asking_client(body: ChatRequest, caller: CallerDep, settings: SettingsDep) -> AsyncIterator[ClientId]:
    """Check and count a request for an answer; yields the client it is about."""
    with caller.at_work(caller.client(body.client_id), "chat") as client_id:
        require_length(body.message, "message", settings)
        yield client_id


async def get_question(
    body: ChatRequest,
    client_id: Annotated[ClientId, Depends(get_asking_client)],
    caller: CallerDep,
    settings: ClientSettingsDep,
) -> ChatQuestion:
    """Read what is asked, and how the client wants it answered."""
    session_id = parse_session_id(body.session_id) if body.session_id else None
    options = partial(settings.options, client_id, top_k=body.top_k, context_tokens=body.context_tokens)
    return ChatQuestion(
        client_id=client_id,
        text=body.message,
        session_id=session_id,
        use_memory=body.use_memory,
        options=await anyio.to_thread.run_sync(options),
        where=passage_filter(body.filters),
        standing=caller.standing,
    )


QuestionDep = Annotated[ChatQuestion, Depends(get_question)]


@router.post(
    "/",
    summary="Ask a question",
    response_model=ChatResponse,
    responses={200: {"content": _EVENTS["content"]}, **_ERRORS},
    dependencies=[Depends(do_once)],
)
async def chat(
    request: Request, body: ChatRequest, question: QuestionDep, rag: RagDep, after: BackgroundTasks
) -> ChatResponse | EventStream:
    """Answer from the client's documents, with the passages the answer rests on.

    Continue a conversation by sending its `session_id` again. With `use_memory` false nothing is read from or
    written to the session. With `stream` true the answer comes as events: see `/api/v1/chat/stream`.
    """
    prepared = await rag.prepare(question)
    if body.stream:
        return await _stream(request, rag, prepared)
    answer = await answered(request, rag, prepared)
    if answer.memory_used and rag.consolidates:
        after.add_task(rag.consolidate, question.client_id, answer.session_id)
    return as_response(question.client_id, answer)


@router.post(
    "/stream",
    status_code=200,  # FastAPI looks for it in the response class otherwise, and there it is not
    summary="Ask a question, and read the answer as it is written",
    response_class=EventStream,
    responses={200: _EVENTS, **_ERRORS},
    dependencies=[Depends(do_once)],
)
async def chat_stream(request: Request, question: QuestionDep, rag: RagDep) -> EventStream:
    """Answer as server-sent events. What fails within a second, before the model's first word, keeps its status.

    A turn that ends with `error` is not stored. If you leave, the model is stopped; the turn is then stored as far
    as it was sent, marked as cut off.
    """
    return await _stream(request, rag, await rag.prepare(question))


async def _stream(request: Request, rag: RagChain, prepared: Prepared) -> EventStream:
    begun = await FirstPiece.wait(rag.stream(prepared))
    after = None
    if prepared.question.remembered and rag.consolidates:
        after = BackgroundTask(rag.consolidate, prepared.question.client_id, prepared.session_id)
    return EventStream(_events(request, prepared, begun), source=begun, after=after)


async def _events(request: Request, prepared: Prepared, pieces: FirstPiece[StreamPiece]) -> Events:
    if prepared.reading is None:  # or else they come when the documents are read
        yield event("sources", as_sources(prepared))
    with capture_failure(request) as failure:
        async for piece in pieces:
            if isinstance(piece, Progress):
                yield event("progress", as_progress(piece))
            elif isinstance(piece, Prepared):
                yield event("sources", as_sources(piece))
            elif isinstance(piece, Delta):
                yield event("delta", StreamDelta(text=piece.text))
            else:
                yield event("done", as_done(prepared.question.client_id, piece))
    if failure.problem:
        yield event("error", as_error(failure.problem, retry_after=failure.retry_after))


@router.get(
    "/collections",
    summary="List the clients that have documents",
    response_model_exclude_none=True,
    responses=problem_responses(401, 422),
)
def list_collections(
    caller: CallerDep,
    documents: DocumentsDep,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="How many to return; all when left out.")] = None,
    cursor: Annotated[str, Query(max_length=64, description="`next_cursor` of the page before.")] = "",
) -> CollectionList:
    """Return the clients in the order of their ids; in locked mode a client's key sees only its own."""
    page = documents.collections(caller.own_client, after=cursor, limit=limit)
    return CollectionList(
        collections=[
            CollectionSummary(
                client_id=record.client_id, document_count=record.document_count, chunk_count=record.chunk_count
            )
            for record in page.records
        ],
        total=page.total,
        next_cursor=page.next_cursor,
    )


@router.get(
    "/collections/{client_id}/stats",
    summary="Statistics of one client's collection",
    responses=problem_responses(401, 404, 422),
)
def collection_stats(client_id: PathClientDep, documents: DocumentsDep) -> CollectionStats:
    """Return counts and the time of the last change. A client without documents has `exists` false."""
    stats = documents.stats(client_id)
    return CollectionStats(
        client_id=client_id,
        collection_name=stats.collection_name,
        exists=stats.exists,
        document_count=stats.document_count,
        chunk_count=stats.chunk_count,
        older_documents=stats.older_documents,
        outdated_model=stats.outdated_model,
        last_modified=stats.last_modified,
    )


@router.delete(
    "/collections/{client_id}",
    summary="Delete all documents of a client",
    responses=problem_responses(401, 404, 422, 429, 503),
)
async def delete_collection(
    client_id: PathClientDep, documents: DocumentsDep, writing: WritingDep
) -> CollectionDeleted:
    """Remove the client's documents, passages and vectors. Its conversations stay until they expire."""
    deleted = await writing.run(client_id, lambda: documents.delete_collection(client_id))
    return CollectionDeleted(
        message=f"Collection of client {client_id} deleted", client_id=client_id, documents_deleted=deleted
    )


@router.delete(
    "/{session_id}",
    summary="Clear a conversation",
    tags=["Sessions"],
    responses=problem_responses(401, 404, 409, 422, 429, 503),
)
async def clear_session(
    session_id: str, owner: UnnamedSessionOwnerDep, sessions: SessionsDep, writing: WritingDep
) -> SessionDeleted:
    """Delete the session with all its messages; the same as DELETE /api/v1/sessions/{session_id}."""
    removed = await writing.run(owner, lambda: sessions.delete(owner, session_id))
    return session_deleted(session_id, removed)
