"""Asking questions, and the collections they are asked of."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request

from app.common.errors import InvalidInput
from app.common.ids import parse_session_id
from app.dependencies import PrincipalDep, ServicesDep, SettingsDep, count_request, note_client
from app.problems import problem_responses
from app.routers.sessions import delete_session
from app.schemas.chat import (
    ChatRequest,
    ChatResponse,
    CollectionDeleted,
    CollectionList,
    CollectionStats,
    CollectionSummary,
    Source,
    Timings,
    Usage,
)
from app.schemas.sessions import SessionDeleted
from app.services.rag_chain import Answer

router = APIRouter(prefix="/api/v1/chat", tags=["Chat"])


@router.post("/", summary="Ask a question", responses=problem_responses(401, 404, 413, 422, 429, 502, 503, 504))
def chat(
    request: Request,
    body: ChatRequest,
    principal: PrincipalDep,
    services: ServicesDep,
    settings: SettingsDep,
    after: BackgroundTasks,
) -> ChatResponse:
    """Answer from the client's documents, with the passages the answer rests on.

    Go on with a conversation by sending its `session_id` again. With `use_memory` false nothing is read from or
    written to the session.
    """
    client_id = principal.client(body.client_id)
    count_request(request, services, client_id)
    if len(body.message) > settings.max_message_chars:
        raise InvalidInput(
            f"message is longer than {settings.max_message_chars} characters; ask a shorter question.",
            code="message_too_long",
        )
    answer = services.rag.ask(
        client_id,
        body.message,
        session_id=parse_session_id(body.session_id) if body.session_id else None,
        use_memory=body.use_memory,
        top_k=body.top_k or settings.top_k,
    )
    if answer.memory_used:
        after.add_task(services.rag.consolidate, client_id, answer.session_id)
    return _chat_response(client_id, answer)


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


def _chat_response(client_id: str, answer: Answer) -> ChatResponse:
    usage = answer.completion.usage
    return ChatResponse(
        response=answer.text,
        session_id=answer.session_id,
        client_id=client_id,
        sources=[
            Source(
                page=passage.chunk.page,
                content=passage.chunk.text,
                source=passage.chunk.source,
                section=passage.chunk.section,
                document_id=passage.chunk.document_id,
                chunk_index=passage.chunk.index,
                start=passage.chunk.start,
                end=passage.chunk.end,
                score=round(passage.score, 4),
                citation=number,
            )
            for number, passage in enumerate(answer.sources, start=1)
        ],
        memory_used=answer.memory_used,
        model=answer.completion.model,
        usage=Usage(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
        )
        if usage
        else None,
        timings_ms=Timings(retrieval=answer.retrieval_ms, generation=answer.generation_ms, total=answer.total_ms),
    )
