"""Asking questions, and the collections they are asked of."""

from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from starlette.background import BackgroundTask

from app.common.errors import InvalidInput
from app.common.ids import ClientId, parse_session_id
from app.dependencies import PrincipalDep, ServicesDep, SettingsDep, count_request, note_client
from app.problems import problem_responses
from app.routers.chat_shapes import as_done, as_error, as_response, as_sources
from app.routers.sessions import delete_session
from app.routers.streams import Begun, Events, EventStream, event, noting_failure
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
from app.service import Services
from app.services.rag_chain import Answer, ChatQuestion, Delta, Prepared

router = APIRouter(prefix="/api/v1/chat", tags=["Chat"])

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
        "then `done` with the whole answer as it is without streaming, or `error` with a problem's fields."
    ),
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
}


async def get_asking(
    request: Request, body: ChatRequest, principal: PrincipalDep, services: ServicesDep, settings: SettingsDep
) -> ClientId:
    """Check and count a request for an answer; returns whose it is."""
    client_id = principal.client(body.client_id)
    count_request(request, services, client_id)
    if len(body.message) > settings.max_message_chars:
        raise InvalidInput(
            f"message is longer than {settings.max_message_chars} characters; ask a shorter question.",
            code="message_too_long",
        )
    return client_id


AskingDep = Annotated[ClientId, Depends(get_asking)]


@router.post(
    "/",
    summary="Ask a question",
    response_model=ChatResponse,
    responses={200: {"content": _EVENTS["content"]}, **_ERRORS},
)
async def chat(
    request: Request, body: ChatRequest, client_id: AskingDep, services: ServicesDep, after: BackgroundTasks
) -> ChatResponse | EventStream:
    """Answer from the client's documents, with the passages the answer rests on.

    Go on with a conversation by sending its `session_id` again. With `use_memory` false nothing is read from or
    written to the session. With `stream` true the answer comes as events: see `/api/v1/chat/stream`.
    """
    if body.stream:
        return await chat_stream(request, body, client_id, services)
    answer = await anyio.to_thread.run_sync(_ask, services, client_id, body)
    if answer.memory_used and services.rag.consolidates:
        after.add_task(services.rag.consolidate, client_id, answer.session_id)
    return as_response(client_id, answer)


@router.post(
    "/stream",
    status_code=200,  # FastAPI looks for it in the response class otherwise, and there it is not
    summary="Ask a question, and read the answer as it is written",
    response_class=EventStream,
    responses={200: _EVENTS, **_ERRORS},
)
async def chat_stream(request: Request, body: ChatRequest, client_id: AskingDep, services: ServicesDep) -> EventStream:
    """Answer as server-sent events. What fails within a second, before the model's first word, keeps its status.

    A turn that ends with `error` is not stored. If you leave, the model is stopped; the turn is then stored as far
    as it was sent, marked as cut off.
    """
    prepared = await anyio.to_thread.run_sync(_prepare, services, client_id, body)
    begun = await Begun.wait(services.rag.stream(prepared))
    after = None
    if body.use_memory and services.rag.consolidates:
        after = BackgroundTask(services.rag.consolidate, client_id, prepared.session_id)
    return EventStream(_events(request, prepared, begun), source=begun, after=after)


def _ask(services: Services, client_id: ClientId, body: ChatRequest) -> Answer:
    return services.rag.answer(_prepare(services, client_id, body))


def _prepare(services: Services, client_id: ClientId, body: ChatRequest) -> Prepared:
    session_id = parse_session_id(body.session_id) if body.session_id else None
    return services.rag.prepare(
        ChatQuestion(
            client_id=client_id,
            text=body.message,
            session_id=session_id,
            use_memory=body.use_memory,
            options=services.client_settings.options(client_id, top_k=body.top_k),
        )
    )


async def _events(request: Request, prepared: Prepared, pieces: Begun[Delta | Answer]) -> Events:
    yield event("sources", as_sources(prepared))
    with noting_failure(request) as failure:
        async for piece in pieces:
            if isinstance(piece, Delta):
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
    principal: PrincipalDep,
    services: ServicesDep,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="How many to return; all when left out.")] = None,
    cursor: Annotated[str, Query(max_length=64, description="`next_cursor` of the page before.")] = "",
) -> CollectionList:
    """Return the clients in the order of their ids; in locked mode a client's key sees only its own."""
    page = services.documents.collections(principal.own_client, after=cursor, limit=limit)
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
def collection_stats(
    request: Request, client_id: str, principal: PrincipalDep, services: ServicesDep
) -> CollectionStats:
    """Return counts and the time of the last change. A client without documents has `exists` false."""
    owner = principal.client(client_id)
    note_client(request, owner)
    stats = services.documents.stats(owner)
    return CollectionStats(
        client_id=owner,
        collection_name=stats.collection_name,
        exists=stats.exists,
        document_count=stats.document_count,
        chunk_count=stats.chunk_count,
        last_modified=stats.last_modified,
    )


@router.delete(
    "/collections/{client_id}",
    summary="Delete all documents of a client",
    responses=problem_responses(401, 404, 422),
)
def delete_collection(
    request: Request, client_id: str, principal: PrincipalDep, services: ServicesDep
) -> CollectionDeleted:
    """Remove the client's documents, passages and vectors. Its conversations stay until they expire."""
    owner = principal.client(client_id)
    note_client(request, owner)
    deleted = services.documents.delete_collection(owner)
    return CollectionDeleted(
        message=f"Collection of client {owner} deleted", client_id=owner, documents_deleted=deleted
    )


@router.delete(
    "/{session_id}", summary="Clear a conversation", tags=["Sessions"], responses=problem_responses(401, 404, 409)
)
def clear_session(session_id: str, principal: PrincipalDep, services: ServicesDep) -> SessionDeleted:
    """Delete the session with all its messages; the same as DELETE /api/v1/sessions/{session_id}."""
    return delete_session(session_id, principal, services)
