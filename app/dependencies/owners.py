"""Whose document, job or session it is that a path names: the caller's, the named client's, or whoever has it.

A caller who may reach one client only is never told who else has a thing of that id: its owner is that client, and the
store says that it has none.
"""

from typing import Annotated

from fastapi import Depends, Query

from app.common.ids import ClientId
from app.dependencies.callers import CallerDep
from app.dependencies.clients import ClientQuery
from app.dependencies.services import DocumentsDep, JobsDep, SessionsDep
from app.schemas.sessions import WHOSE_SESSION


async def get_document_owner(
    document_id: str, caller: CallerDep, documents: DocumentsDep, client_id: ClientQuery = None
) -> ClientId:
    """Return the client in whose documents to look; raises NotFound when nobody has it."""
    return await caller.owner(client_id, lambda: documents.owner_of(document_id))


async def get_job_owner(job_id: str, caller: CallerDep, jobs: JobsDep) -> ClientId:
    """Return the client in whose jobs to look; raises NotFound when nobody has it."""
    return await caller.owner(None, lambda: jobs.owner_of(job_id))


async def get_session_owner(
    session_id: str,
    caller: CallerDep,
    sessions: SessionsDep,
    client_id: Annotated[str | None, Query(description=WHOSE_SESSION)] = None,
) -> ClientId:
    """Return the client in whose sessions to look.

    Raises NotFound when nobody has it, and Conflict when several clients have one of that id.
    """
    return await caller.owner(client_id, lambda: sessions.owner_of(session_id))


async def get_unnamed_session_owner(session_id: str, caller: CallerDep, sessions: SessionsDep) -> ClientId:
    """Return the same where a request cannot name the client."""
    return await get_session_owner(session_id, caller, sessions)


DocumentOwnerDep = Annotated[ClientId, Depends(get_document_owner)]
JobOwnerDep = Annotated[ClientId, Depends(get_job_owner)]
SessionOwnerDep = Annotated[ClientId, Depends(get_session_owner)]
UnnamedSessionOwnerDep = Annotated[ClientId, Depends(get_unnamed_session_owner)]
