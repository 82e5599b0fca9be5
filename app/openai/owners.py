"""Whose things a request in OpenAI's shape is about: a model or a vector store is a client, and so is a project."""

from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Header
from pydantic import WithJsonSchema

from app.common.errors import InvalidInput, NotFound
from app.common.ids import ClientId
from app.dependencies.callers import Caller, CallerDep
from app.dependencies.services import ClientsDep, DocumentsDep
from app.schemas.ids import CLIENT_ID
from app.services.catalog.records import ClientRecord
from app.services.tenants.clients import ClientService

OWN_CLIENT = "default"
"""The model, or the vector store, that means the client of the key."""

Project = Annotated[
    Annotated[str, WithJsonSchema({"anyOf": [CLIENT_ID, {"type": "string", "maxLength": 0}]})] | None,
    Header(
        alias="OpenAI-Project",
        description="The client that the request is about, for who may reach several; left out, `default`.",
    ),
]


async def get_project_client(caller: CallerDep, project: Project = None) -> ClientId:
    """Return the client of the key, or for who may reach all of them the one that is named: `default` if none is.

    Raises NotFound when it is not the caller's.
    """
    return _named(caller, project or OWN_CLIENT)


async def get_file_owner(file_id: str, caller: CallerDep, documents: DocumentsDep, project: Project = None) -> ClientId:
    """Return the client in whose files to look; raises NotFound when nobody has it."""
    if not project:
        return await caller.owner(None, lambda: documents.owner_of(file_id))
    return _named(caller, project)


async def get_store(client_id: str, caller: CallerDep, clients: ClientsDep) -> ClientId:
    """Return the client that the vector store in the path stands for; raises NotFound when there is none."""
    owner = caller.client(own(caller, client_id))
    await anyio.to_thread.run_sync(clients.get, owner)
    return owner


ProjectClientDep = Annotated[ClientId, Depends(get_project_client)]
FileOwnerDep = Annotated[ClientId, Depends(get_file_owner)]
StoreDep = Annotated[ClientId, Depends(get_store)]


def own(caller: Caller, name: str) -> str | None:
    """Return None, which is the caller's own client, for `default`; to whoever has none it is a name like any other."""
    return None if name == OWN_CLIENT and caller.own_client is not None else name


def model_client(caller: Caller, model: str) -> ClientId:
    """Return the client that a model stands for; raises NotFound when there is none or it is not the caller's."""
    try:
        return caller.client(own(caller, model))
    except (NotFound, InvalidInput) as exc:
        raise _no_such_model() from exc


def model_record(clients: ClientService, client_id: ClientId) -> ClientRecord:
    """Return the client; raises NotFound as for a model."""
    try:
        return clients.get(client_id)
    except NotFound as exc:
        raise _no_such_model() from exc


def _named(caller: Caller, project: str) -> ClientId:
    try:
        return caller.client(own(caller, project))
    except NotFound as exc:
        raise NotFound(
            "There is no such client: the header OpenAI-Project names one; leave it out to mean the key's own.",
            code="client_not_found",
        ) from exc


def _no_such_model() -> NotFound:
    return NotFound("There is no such model: its name is a client's id; see /v1/models.", code="model_not_found")
