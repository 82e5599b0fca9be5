"""Clients, their keys, and erasing all of a client. In locked mode most of this needs the admin key."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.common.ids import new_client_id, parse_client_id
from app.dependencies import AdminDep, PrincipalDep, ServicesDep, SettingsDep, note_client
from app.problems import problem_responses
from app.schemas.chat import Message
from app.schemas.clients import (
    ClientCreated,
    ClientErased,
    ClientInfo,
    ClientList,
    ClientSettings,
    ClientUsage,
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

router = APIRouter(prefix="/api/v1/clients", tags=["Clients"])


@router.post("", status_code=201, summary="Make a client", responses=problem_responses(401, 409, 422))
def create_client(request: Request, body: NewClient, _: AdminDep, services: ServicesDep) -> ClientCreated:
    """Make a client and its first key, which is shown this once. Needs the admin key in locked mode."""
    client_id = new_client_id() if body.client_id is None else parse_client_id(body.client_id)
    note_client(request, client_id)
    key, record = services.clients.register(client_id)
    return ClientCreated(client_id=client_id, api_key=key, key_id=record.key_id)


@router.get("", summary="List the clients", response_model_exclude_none=True, responses=problem_responses(401, 422))
def list_clients(
    principal: PrincipalDep,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=64, description="`next_cursor` of the page before.")] = "",
) -> ClientList:
    """Return the clients in the order of their ids; with a client's key, that client alone."""
    if principal.own_client is not None:
        return ClientList(clients=[_info(services.clients.get(principal.own_client))], total=1)
    page = services.clients.list(after=cursor, limit=limit)
    return ClientList(
        clients=[_info(record) for record in page.records], total=page.total, next_cursor=page.next_cursor
    )


@router.get("/{client_id}", summary="One client", responses=problem_responses(401, 404, 422))
def get_client(request: Request, client_id: str, principal: PrincipalDep, services: ServicesDep) -> ClientInfo:
    """Return the client's counts and times."""
    owner = principal.client(client_id)
    note_client(request, owner)
    return _info(services.clients.get(owner))


@router.get("/{client_id}/usage", summary="What a client uses", responses=problem_responses(401, 404, 422))
def client_usage(
    request: Request, client_id: str, principal: PrincipalDep, services: ServicesDep, settings: SettingsDep
) -> ClientUsage:
    """Return what the client has stored, and the limits it is held to."""
    owner = principal.client(client_id)
    note_client(request, owner)
    record = services.clients.get(owner)
    stats = services.session_store.get_stats(owner)
    return ClientUsage(
        client_id=owner,
        documents=record.document_count,
        chunks=record.chunk_count,
        bytes_uploaded=record.byte_count,
        sessions=stats["total_sessions"],
        messages=stats["total_messages"],
        max_documents=settings.max_documents_per_client,
        max_chunks=settings.max_chunks_per_client,
        rate_limit_per_minute=settings.rate_limit_per_minute,
    )


@router.get(
    "/{client_id}/settings", summary="How a client's questions are answered", responses=problem_responses(401, 404, 422)
)
def get_settings(request: Request, client_id: str, principal: PrincipalDep, services: ServicesDep) -> ClientSettings:
    """Return what the client has set; null is left to the service's own settings."""
    owner = principal.client(client_id)
    note_client(request, owner)
    services.clients.get(owner)
    return ClientSettings.model_validate(services.client_settings.get(owner), from_attributes=True)


@router.put(
    "/{client_id}/settings",
    summary="Set how a client's questions are answered",
    responses=problem_responses(401, 404, 422),
)
def put_settings(
    request: Request, client_id: str, body: ClientSettings, principal: PrincipalDep, services: ServicesDep
) -> ClientSettings:
    """Replace the client's settings as a whole: what is left out goes back to the service's own.

    The client's own key may do this for itself. They hold for the next question, in sessions that are under way too.
    """
    owner = principal.client(client_id)
    note_client(request, owner)
    wanted = client_settings.ClientSettings(**body.model_dump())
    services.client_settings.put(owner, wanted, any_model=principal.own_client is None)
    return body


@router.delete("/{client_id}", summary="Erase a client", responses=problem_responses(401, 404, 422))
def erase_client(request: Request, client_id: str, _: AdminDep, services: ServicesDep) -> ClientErased:
    """Erase documents, vectors, conversations, records and keys, and leave no trace of their text in any file.

    Returns when that is done, compaction included; its cost is in the answer. Needs the admin key in locked mode.
    """
    owner = parse_client_id(client_id)
    note_client(request, owner)
    erased = services.clients.erase(owner)
    return ClientErased(
        message=f"Client {owner} erased",
        client_id=owner,
        documents_deleted=erased.documents,
        sessions_deleted=erased.sessions,
        keys_deleted=erased.keys,
        compaction=Compaction(
            seconds=erased.compaction.seconds,
            bytes_before=erased.compaction.bytes_before,
            bytes_after=erased.compaction.bytes_after,
        ),
    )


@router.post("/{client_id}/keys", status_code=201, summary="Make a key", responses=problem_responses(401, 404, 422))
def create_key(request: Request, client_id: str, body: NewKey, _: AdminDep, services: ServicesDep) -> KeyCreated:
    """Make another key for the client, which is shown this once. Needs the admin key in locked mode.

    To rotate: make a new key, hand it out, delete the old one.
    """
    owner = parse_client_id(client_id)
    note_client(request, owner)
    key, record = services.clients.create_key(owner, label=body.label, expires_in=body.expires_in)
    return KeyCreated(client_id=owner, api_key=key, **_key(record).model_dump())


@router.get("/{client_id}/keys", summary="List a client's keys", responses=problem_responses(401, 404, 422))
def list_keys(request: Request, client_id: str, _: AdminDep, services: ServicesDep) -> KeyList:
    """Return what is known of the client's keys, oldest first. Needs the admin key in locked mode."""
    owner = parse_client_id(client_id)
    note_client(request, owner)
    return KeyList(keys=[_key(record) for record in services.clients.keys(owner)])


@router.delete("/{client_id}/keys/{key_id}", summary="Revoke a key", responses=problem_responses(401, 404, 422))
def revoke_key(request: Request, client_id: str, key_id: str, _: AdminDep, services: ServicesDep) -> Message:
    """Revoke the key: requests with it fail from now on. Needs the admin key in locked mode."""
    owner = parse_client_id(client_id)
    note_client(request, owner)
    services.clients.revoke_key(owner, key_id)
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
