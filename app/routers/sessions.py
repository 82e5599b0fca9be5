"""List, read, name, export and delete conversations."""

import json
import re
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from app.dependencies.callers import CallerDep
from app.dependencies.cursors import ClientPlaceCursor
from app.dependencies.owners import SessionOwnerDep
from app.dependencies.services import SessionsDep
from app.dependencies.writing import WritingDep
from app.memory.export import as_json, as_markdown
from app.problems import problem_responses
from app.schemas.sessions import (
    MAX_NUMBER,
    CleanupResponse,
    MessagePage,
    SessionDeleted,
    SessionInfo,
    SessionPage,
    SessionStats,
    SessionTitle,
)
from app.shapes import sessions as shapes

router = APIRouter(prefix="/api/v1/sessions", tags=["Sessions"])


@router.get("", summary="List the conversations", responses=problem_responses(401, 404, 422))
def browse_sessions(
    caller: CallerDep,
    sessions: SessionsDep,
    client_id: Annotated[str | None, Query(description="Only this client's; all the caller may see otherwise.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: ClientPlaceCursor = None,
) -> SessionPage:
    """Return the sessions that have not expired, last used first, with title, time of the last message and count."""
    page = sessions.list_sessions(caller.scope(client_id), limit=limit, cursor=cursor)
    return SessionPage(sessions=[shapes.session_summary(info) for info in page.sessions], next_cursor=page.next_cursor)


@router.get("/stats", summary="Counts over all sessions", responses=problem_responses(401))
def session_stats(caller: CallerDep, sessions: SessionsDep) -> SessionStats:
    """Return the counts of all sessions, or of the caller's own when its key belongs to one client."""
    return shapes.session_stats(sessions.get_stats(caller.own_client))


@router.get("/list", summary="List the active sessions", responses=problem_responses(401))
def list_sessions(caller: CallerDep, sessions: SessionsDep) -> list[str]:
    """Return the ids of the sessions that have not expired, last used first."""
    return sessions.active_ids(caller.own_client)


@router.get("/{session_id}/info", summary="One session", responses=problem_responses(401, 404, 409, 422))
def session_info(session_id: str, owner: SessionOwnerDep, sessions: SessionsDep) -> SessionInfo:
    """Return what is known of the session, also when it has expired but is not cleaned up yet."""
    return shapes.session_info(sessions.info(owner, session_id))


@router.get("/{session_id}/messages", summary="The messages", responses=problem_responses(401, 404, 409, 422))
def session_messages(
    session_id: str,
    owner: SessionOwnerDep,
    sessions: SessionsDep,
    after: Annotated[int | None, Query(ge=0, le=MAX_NUMBER, description="Only those after this number.")] = None,
    before: Annotated[int | None, Query(ge=1, le=MAX_NUMBER, description="Only those ahead of this number.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> MessagePage:
    """Return messages in their order, answers with their sources.

    By default the first ones; with `after` the first after that number, with `before` the last before it. To begin
    at the end, give a `before` that is larger than the session's `message_count`.
    """
    page = sessions.messages(owner, session_id, after=after, before=before, limit=limit)
    return MessagePage(
        session_id=session_id,
        client_id=owner,
        messages=[shapes.stored_message(message) for message in page.messages],
        has_more=page.has_more,
    )


@router.get(
    "/{session_id}/export",
    summary="Export a conversation",
    response_class=Response,
    responses={
        200: {
            "description": "The whole conversation.",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/markdown": {"schema": {"type": "string"}},
            },
        },
        **problem_responses(401, 404, 409, 422),
    },
)
def export_session(
    session_id: str,
    owner: SessionOwnerDep,
    sessions: SessionsDep,
    file_format: Annotated[Literal["json", "markdown"], Query(alias="format")] = "json",
) -> Response:
    """Return the whole conversation as a file, with the sources of each answer."""
    conversation = sessions.export(owner, session_id)
    if file_format == "json":
        return _download(json.dumps(as_json(conversation), ensure_ascii=False, indent=1), session_id, "json")
    return _download(as_markdown(conversation), session_id, "md")


@router.patch("/{session_id}", summary="Name a conversation", responses=problem_responses(401, 404, 409, 422, 429, 503))
async def rename_session(
    session_id: str, body: SessionTitle, owner: SessionOwnerDep, sessions: SessionsDep, writing: WritingDep
) -> SessionInfo:
    """Give the session a title, or take it away."""
    rename = partial(sessions.set_title, owner, session_id, body.title, standing=writing.standing)
    return shapes.session_info(await writing.run(owner, rename))


@router.delete("/{session_id}", summary="Clear a session", responses=problem_responses(401, 404, 409, 422, 429, 503))
async def delete_session(
    session_id: str, owner: SessionOwnerDep, sessions: SessionsDep, writing: WritingDep
) -> SessionDeleted:
    """Delete the session with all its messages."""
    removed = await writing.run(owner, lambda: sessions.delete(owner, session_id))
    return shapes.session_deleted(session_id, removed)


@router.post("/cleanup", summary="Delete expired sessions now", responses=problem_responses(401, 429, 503))
async def cleanup(caller: CallerDep, sessions: SessionsDep, writing: WritingDep) -> CleanupResponse:
    """Do at once what happens every CLEANUP_INTERVAL seconds: expired sessions are deleted."""
    owner = caller.own_client
    removed, stats = await writing.run(owner, lambda: (sessions.cleanup(owner), sessions.get_stats(owner)))
    return CleanupResponse(
        message="Expired sessions cleaned up successfully",
        sessions_deleted=removed.sessions,
        current_stats=shapes.session_stats(stats),
    )


def _download(text: str, name: str, kind: Literal["json", "md"]) -> Response:
    media_type = "application/json" if kind == "json" else "text/markdown; charset=utf-8"
    # Some systems do not allow colons and the like in the names of files.
    filename = f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type=media_type, headers=headers)
