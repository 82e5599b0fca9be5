"""The client a request is about, by where the request names it. A body's or a form's is resolved beside its schema."""

from typing import Annotated

from fastapi import Depends, Query

from app.common.ids import ClientId
from app.dependencies.callers import AdminDep, CallerDep
from app.schemas.stated import NEEDED_WITHOUT_KEYS

_WHOSE = "Whose; a client's key needs none."
ClientQuery = Annotated[str | None, Query(description=_WHOSE)]
NeededClientQuery = Annotated[str | None, Query(description=_WHOSE, json_schema_extra=NEEDED_WITHOUT_KEYS)]


async def get_query_client(caller: CallerDep, client_id: NeededClientQuery = None) -> ClientId:
    """Return the client of `?client_id=`, or the caller's own."""
    return caller.client(client_id)


async def get_path_client(client_id: str, caller: CallerDep) -> ClientId:
    """Return the client in the path if the caller may reach it."""
    return caller.client(client_id)


async def get_managed_client(client_id: str, _: AdminDep, caller: CallerDep) -> ClientId:
    """Return the client in the path for who manages all of them; the key is looked at first."""
    return caller.client(client_id)


QueryClientDep = Annotated[ClientId, Depends(get_query_client)]
PathClientDep = Annotated[ClientId, Depends(get_path_client)]
ManagedClientDep = Annotated[ClientId, Depends(get_managed_client)]
