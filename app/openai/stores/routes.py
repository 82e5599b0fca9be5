"""Vector stores: list, create, retrieve, delete. Each client has one, and it is as old as the client."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app.common.absent import no_such_client
from app.common.errors import UNSUPPORTED, Conflict, InvalidInput
from app.common.ids import ClientId
from app.dependencies.callers import CallerDep
from app.dependencies.idempotency import DoingDep, OnceRoute, begin_once
from app.dependencies.services import ClientsDep, DocumentsDep
from app.dependencies.writing import WritingDep
from app.openai.errors import openai_responses
from app.openai.owners import OWN_CLIENT, Project, StoreDep, get_project_client
from app.openai.stores.paging import StorePagingDep
from app.openai.stores.schemas import StoreRequest, VectorStore, VectorStoreDeleted, VectorStoreList
from app.openai.stores.shapes import as_store, as_stores
from app.services.catalog.records import ClientRecord
from app.services.tenants.documents import DocumentService

router = APIRouter(prefix="/vector_stores", route_class=OnceRoute)


async def get_listed_client(caller: CallerDep, project: Project = None) -> ClientId | None:
    """Return the only client whose vector store is shown; None for all."""
    return None if project is None and caller.own_client is None else await get_project_client(caller, project)


async def get_named_client(body: StoreRequest, caller: CallerDep, project: Project = None) -> ClientId:
    """Return the client whose vector store is to be there; who may reach all of them may say so by its name.

    Raises InvalidInput for any other name: two names would be one store, with the files of both.
    """
    try:
        if body.name and project is None and caller.own_client is None:
            return caller.client(body.name)
        owner = await get_project_client(caller, project)
    except InvalidInput as exc:
        raise _no_name() from exc
    if body.name not in (None, "", OWN_CLIENT, owner):
        raise _no_name()
    return owner


NamedClientDep = Annotated[ClientId, Depends(get_named_client)]


async def name_store_once(request: Request, caller: CallerDep, doing: DoingDep, owner: NamedClientDep) -> None:
    """Go on with a request that is not done yet; whose store it names belongs to what it says."""
    if doing is not None:
        digest = hashlib.sha256(await request.body()).digest()
        await begin_once(request, caller.standing, doing, digest + owner.encode())


@router.get("", summary="The clients, as vector stores", responses=openai_responses(400, 401, 404))
def list_vector_stores(
    only: Annotated[ClientId | None, Depends(get_listed_client)],
    clients: ClientsDep,
    documents: DocumentsDep,
    paging: StorePagingDep,
) -> VectorStoreList:
    """Return a vector store for each client that the key may reach, newest first."""
    records = clients.all() if only is None else [clients.get(only)]
    records = sorted(records, key=lambda record: (record.created_at, record.client_id), reverse=True)
    if paging.after:
        places = [place for place, record in enumerate(records) if record.client_id == paging.after]
        if not places:
            raise no_such_client()
        records = records[places[0] + 1 :]
    shown = [_store(documents, record) for record in records[: paging.limit]]
    return as_stores(shown, more=len(records) > paging.limit)


@router.post(
    "",
    summary="Name the client's vector store",
    responses=openai_responses(400, 401, 404, 409, 429, 503),
    dependencies=[Depends(name_store_once)],
)
async def create_vector_store(
    body: StoreRequest, owner: NamedClientDep, clients: ClientsDep, documents: DocumentsDep, writing: WritingDep
) -> VectorStore:
    """Return the client's vector store as it is, with all that is in it: a client has one.

    Who may reach all clients names one by `name`, or by the header OpenAI-Project; one that is not there is made.
    """

    def ensure() -> VectorStore:
        for file_id in body.file_ids:
            documents.get(owner, file_id)
        return _store(documents, clients.ensure(owner, standing=writing.standing))

    return await writing.run(owner, ensure)


@router.get("/{client_id}", summary="One client, as a vector store", responses=openai_responses(400, 401, 404))
def get_vector_store(owner: StoreDep, clients: ClientsDep, documents: DocumentsDep) -> VectorStore:
    """Return what is known of the client's documents as a whole."""
    return _store(documents, clients.get(owner))


@router.delete("/{client_id}", summary="Give up an empty vector store", responses=openai_responses(400, 401, 404, 409))
def delete_vector_store(owner: StoreDep, documents: DocumentsDep) -> VectorStoreDeleted:
    """Say yes when the vector store is empty, and refuse otherwise: files cannot be without it, and would be gone."""
    if documents.page(owner, limit=1).records:
        raise Conflict(
            "This vector store holds files, which would be gone with it: delete each with DELETE /v1/files/{file_id}, "
            "or all at once with DELETE /api/v1/chat/collections/{client_id}.",
            code="vector_store_not_empty",
        )
    return VectorStoreDeleted(id=owner)


def _store(documents: DocumentService, record: ClientRecord) -> VectorStore:
    return as_store(record, in_progress=documents.page(record.client_id, status="indexing", limit=1).total)


def _no_name() -> InvalidInput:
    return InvalidInput(
        "name: a client has one vector store, which is called by the client's id: leave name out or send that id.",
        code=UNSUPPORTED,
    )
