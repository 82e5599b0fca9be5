"""Clients, their keys, and erasing all of a client. In locked mode most of this needs the admin key."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.dependencies.callers import AdminDep, CallerDep
from app.dependencies.clients import ManagedClientDep, PathClientDep
from app.dependencies.idempotency import OnceRoute, do_once
from app.dependencies.services import ClientsDep, ClientSettingsDep
from app.dependencies.writing import WritingDep
from app.problems import problem_responses
from app.schemas.chat import Message
from app.schemas.clients import (
    ClientCreated,
    ClientErased,
    ClientInfo,
    ClientList,
    ClientSettings,
    Compaction,
    KeyCreated,
    KeyInfo,
    KeyList,
    NewClient,
    NewKey,
)
from app.services.catalog.records import ClientRecord
from app.services.tenants import settings as client_settings
from app.services.tenants.keys import ApiKey

router = APIRouter(prefix="/api/v1/clients", tags=["Clients"], route_class=OnceRoute)


@router.post(
    "",
    status_code=201,
    summary="Make a client",
    responses=problem_responses(401, 403, 409, 422, 429, 503),
    dependencies=[Depends(do_once)],
)
async def create_client(
    body: NewClient, _: AdminDep, caller: CallerDep, clients: ClientsDep, writing: WritingDep
) -> ClientCreated:
    """Make a client and its first key, which is shown this once. Needs the admin key in locked mode."""
    client_id = caller.new_client(body.client_id)
    key, record = await writing.run(None, lambda: clients.register(client_id, standing=writing.standing))
    return ClientCreated(client_id=client_id, api_key=key, key_id=record.key_id)


@router.get("", summary="List the clients", response_model_exclude_none=True, responses=problem_responses(401, 422))
def list_clients(
    caller: CallerDep,
    clients: ClientsDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=64, description="`next_cursor` of the page before.")] = "",
) -> ClientList:
    """Return the clients in the order of their ids; with a client's key, that client alone."""
    if caller.own_client is not None:
        return ClientList(clients=[_info(clients.get(caller.own_client))], total=1)
    page = clients.list(after=cursor, limit=limit)
    return ClientList(
        clients=[_info(record) for record in page.records], total=page.total, next_cursor=page.next_cursor
    )


@router.get("/{client_id}", summary="One client", responses=problem_responses(401, 404, 422))
def get_client(client_id: PathClientDep, clients: ClientsDep) -> ClientInfo:
    """Return the client's counts and times."""
    return _info(clients.get(client_id))


@router.get(
    "/{client_id}/settings", summary="How a client's questions are answered", responses=problem_responses(401, 404, 422)
)
def get_settings(client_id: PathClientDep, clients: ClientsDep, settings: ClientSettingsDep) -> ClientSettings:
    """Return what the client has set; null is left to the service's own settings."""
    clients.get(client_id)
    return ClientSettings.model_validate(settings.get(client_id), from_attributes=True)


@router.put(
    "/{client_id}/settings",
    summary="Set how a client's questions are answered",
    responses=problem_responses(401, 404, 409, 422, 429, 503),
)
async def put_settings(
    client_id: PathClientDep,
    body: ClientSettings,
    caller: CallerDep,
    settings: ClientSettingsDep,
    writing: WritingDep,
) -> ClientSettings:
    """Replace the client's settings as a whole: what is left out goes back to the service's own.

    The client's own key may do this for itself. They hold for the next question, in sessions that are under way too.
    """
    wanted = client_settings.ClientSettings(**body.model_dump())
    put = partial(settings.put, client_id, wanted, any_model=caller.own_client is None, standing=writing.standing)
    await writing.run(client_id, put)
    return body


@router.delete("/{client_id}", summary="Erase a client", responses=problem_responses(401, 403, 404, 422, 429, 503))
async def erase_client(client_id: ManagedClientDep, clients: ClientsDep, writing: WritingDep) -> ClientErased:
    """Erase documents, vectors, conversations, records and keys, and leave no trace of their text in any file.

    Returns when that is done, compaction included; its cost is in the answer. Needs the admin key in locked mode.
    """
    erased = await writing.run(None, lambda: clients.erase(client_id))
    return ClientErased(
        message=f"Client {client_id} erased",
        client_id=client_id,
        documents_deleted=erased.documents,
        sessions_deleted=erased.sessions,
        keys_deleted=erased.keys,
        compaction=Compaction(
            seconds=erased.compaction.seconds,
            bytes_before=erased.compaction.bytes_before,
            bytes_after=erased.compaction.bytes_after,
        ),
    )


@router.post(
    "/{client_id}/keys",
    status_code=201,
    summary="Make a key",
    responses=problem_responses(401, 403, 404, 409, 422, 429, 503),
    dependencies=[Depends(do_once)],
)
async def create_key(client_id: ManagedClientDep, body: NewKey, clients: ClientsDep, writing: WritingDep) -> KeyCreated:
    """Make another key for the client, which is shown this once. Needs the admin key in locked mode.

    To rotate: make a new key, hand it out, delete the old one.
    """
    create = partial(
        clients.create_key, client_id, label=body.label, expires_in=body.expires_in, standing=writing.standing
    )
    key, record = await writing.run(client_id, create)
    return KeyCreated(client_id=client_id, api_key=key, **_key(record).model_dump())


@router.get("/{client_id}/keys", summary="List a client's keys", responses=problem_responses(401, 403, 404, 422))
def list_keys(client_id: ManagedClientDep, clients: ClientsDep) -> KeyList:
    """Return what is known of the client's keys, oldest first. Needs the admin key in locked mode."""
    return KeyList(keys=[_key(record) for record in clients.keys(client_id)])


@router.delete(
    "/{client_id}/keys/{key_id}", summary="Revoke a key", responses=problem_responses(401, 403, 404, 422, 429, 503)
)
async def revoke_key(client_id: ManagedClientDep, key_id: str, clients: ClientsDep, writing: WritingDep) -> Message:
    """Revoke the key: requests with it fail from now on. Needs the admin key in locked mode."""
    await writing.run(client_id, lambda: clients.revoke_key(client_id, key_id))
    return Message(message="The key is revoked")


def _info(record: ClientRecord) -> ClientInfo:
    return ClientInfo(
        client_id=record.client_id,
        document_count=record.document_count,
        chunk_count=record.chunk_count,
        created_at=record.created_at,
        last_modified=record.last_modified,
    )


def _key(record: ApiKey) -> KeyInfo:
    return KeyInfo(
        key_id=record.key_id,
        label=record.label,
        created_at=record.created_at,
        expires_at=record.expires_at,
        last_used_at=record.last_used_at,
    )
