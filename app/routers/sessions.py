"""Looking after conversations."""

import json
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from app import memory
from app.common.ids import ClientId
from app.dependencies import Principal, PrincipalDep, ServicesDep
from app.memory import SessionStore
from app.memory.export import as_json, as_markdown
from app.problems import problem_responses
from app.schemas.sessions import (
    WHOSE_SESSION,
    CleanupResponse,
    MessagePage,
    MessageWindow,
    SessionDeleted,
    SessionInfo,
    SessionPage,
    SessionStats,
    SessionSummary,
    SessionTitle,
    StoredMessage,
)

router = APIRouter(prefix="/api/v1/sessions", tags=["Sessions"])

ClientQuery = Annotated[str | None, Query(description=WHOSE_SESSION)]


@router.get("", summary="List the conversations", responses=problem_responses(401, 404, 422))
def browse_sessions(
    principal: PrincipalDep,
    services: ServicesDep,
    client_id: Annotated[str | None, Query(description="Only this client's; all the caller may see otherwise.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")] = None,
) -> SessionPage:
    """Return the sessions that have not expired, last used first, with title, time of the last message and count."""
    owner = principal.own_client if client_id is None else principal.client(client_id)
    page = services.session_store.list_sessions(owner, limit=limit, cursor=cursor)
    return SessionPage(sessions=[_summary(info) for info in page.sessions], next_cursor=page.next_cursor)


@router.get("/stats", summary="Counts over all sessions", responses=problem_responses(401))
def session_stats(principal: PrincipalDep, services: ServicesDep) -> SessionStats:
    """Return the counts of all sessions, or of the caller's own when its key belongs to one client."""
    return _stats(services.session_store, principal.own_client)


@router.get("/list", summary="List the active sessions", responses=problem_responses(401))
def list_sessions(principal: PrincipalDep, services: ServicesDep) -> list[str]:
    """Return the ids of the sessions that have not expired, last used first."""
    return services.session_store.active_ids(principal.own_client)


@router.get("/{session_id}/info", summary="One session", responses=problem_responses(401, 404, 409, 422))
def session_info(
    session_id: str, principal: PrincipalDep, services: ServicesDep, client_id: ClientQuery = None
) -> SessionInfo:
    """Return what is known of the session, also when it has expired but is not cleaned up yet."""
    store = services.session_store
    return _info(store.info(session_owner(store, principal, session_id, client_id), session_id))


@router.get("/{session_id}/messages", summary="The messages", responses=problem_responses(401, 404, 409, 422))
def session_messages(
    session_id: str,
    principal: PrincipalDep,
    services: ServicesDep,
    window: Annotated[MessageWindow, Query()],
) -> MessagePage:
    """Return messages in their order, answers with their sources.

    The first ones; with `after` the first behind that number, with `before` the last ahead of it. To begin at the
    end, give a `before` that is larger than the session's `message_count`.
    """
    store = services.session_store
    owner = session_owner(store, principal, session_id, window.client_id)
    page = store.messages(owner, session_id, after=window.after, before=window.before, limit=window.limit)
    return MessagePage(
        session_id=session_id,
        client_id=owner,
        messages=[_message(message) for message in page.messages],
        has_more=page.has_more,
    )


@router.get(
    "/{session_id}/export",
    summary="Take a conversation away",
    response_class=Response,
    responses={
        200: {"description": "The whole conversation.", "content": {"application/json": {}, "text/markdown": {}}},
        **problem_responses(401, 404, 409, 422),
    },
)
def export_session(
    session_id: str,
    principal: PrincipalDep,
    services: ServicesDep,
    file_format: Annotated[Literal["json", "markdown"], Query(alias="format")] = "json",
    client_id: ClientQuery = None,
) -> Response:
    """Return the whole conversation as a file, with the sources of each answer."""
    store = services.session_store
    conversation = store.export(session_owner(store, principal, session_id, client_id), session_id)
    if file_format == "json":
        return _download(json.dumps(as_json(conversation), ensure_ascii=False, indent=1), session_id, "json")
    return _download(as_markdown(conversation), session_id, "md")


@router.patch("/{session_id}", summary="Name a conversation", responses=problem_responses(401, 404, 409, 422))
def rename_session(
    session_id: str, body: SessionTitle, principal: PrincipalDep, services: ServicesDep, client_id: ClientQuery = None
) -> SessionInfo:
    """Give the session a title, or take it away."""
    store = services.session_store
    return _info(store.set_title(session_owner(store, principal, session_id, client_id), session_id, body.title))


@router.delete("/{session_id}", summary="Clear a session", responses=problem_responses(401, 404, 409, 422))
def delete_session(
    session_id: str, principal: PrincipalDep, services: ServicesDep, client_id: ClientQuery = None
) -> SessionDeleted:
    """Delete the session with all its messages."""
    store = services.session_store
    removed = store.delete(session_owner(store, principal, session_id, client_id), session_id)
    return SessionDeleted(
        message=f"Session {session_id} cleared", session_id=session_id, messages_deleted=removed.messages
    )


@router.post("/cleanup", summary="Delete expired sessions now", responses=problem_responses(401))
def cleanup(principal: PrincipalDep, services: ServicesDep) -> CleanupResponse:
    """Do at once what happens every CLEANUP_INTERVAL seconds: expired sessions are deleted."""
    removed = services.session_store.cleanup(principal.own_client)
    return CleanupResponse(
        message="Expired sessions cleaned up successfully",
        sessions_deleted=removed.sessions,
        current_stats=_stats(services.session_store, principal.own_client),
    )


def session_owner(store: SessionStore, principal: Principal, session_id: str, client_id: str | None = None) -> ClientId:
    """Return the client whose session this is to the caller: the one it names, its own, or else whoever has it.

    Raises NotFound when that is nobody, or not the caller's; Conflict when several clients have one of that id.
    """
    if client_id is not None or principal.own_client is not None:
        return principal.client(client_id)
    return store.owner_of(session_id)


def _stats(store: SessionStore, owner: ClientId | None) -> SessionStats:
    stats = store.get_stats(owner)
    return SessionStats(
        active_chains=stats["active_chains"],
        total_sessions=stats["total_sessions"],
        active_sessions=stats["active_sessions"],
        total_messages=stats["total_messages"],
        avg_messages_per_session=stats["avg_messages_per_session"],
        database_size_mb=stats["database_size_mb"],
    )


def _info(info: memory.SessionInfo) -> SessionInfo:
    return SessionInfo(
        session_id=info.session_id,
        client_id=info.client_id,
        title=info.title,
        message_count=info.message_count,
        created_at=info.created_at,
        last_accessed=info.last_accessed,
        expires_at=info.expires_at,
        is_expired=info.is_expired,
    )


def _summary(info: memory.SessionInfo) -> SessionSummary:
    return SessionSummary(
        session_id=info.session_id,
        client_id=info.client_id,
        title=info.title,
        message_count=info.message_count,
        created_at=info.created_at,
        last_message_at=info.last_accessed,
        expires_at=info.expires_at,
    )


def _message(message: memory.Message) -> StoredMessage:
    return StoredMessage(
        number=message.number,
        turn=message.turn,
        role=message.role,
        content=message.content,
        timestamp=message.timestamp,
        sources=[dict(source) for source in message.sources],
        extra=dict(message.extra),
    )


def _download(text: str, name: str, kind: Literal["json", "md"]) -> Response:
    media_type = "application/json" if kind == "json" else "text/markdown; charset=utf-8"
    # Colons and the like are no good in the names of files.
    filename = f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type=media_type, headers=headers)
