"""What handlers ask for: the services, the settings, and who is asking."""

import secrets
from dataclasses import dataclass
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.common.absent import no_such_client
from app.common.errors import InvalidInput, NotAuthenticated
from app.common.ids import ClientId, parse_client_id
from app.config import Settings
from app.service import Services


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. A client's key reaches that client alone; the admin key, and anyone in open mode, all."""

    own_client: ClientId | None
    locked: bool = False

    def client(self, requested: str | None) -> ClientId:
        """Return the client this request is about.

        Raises InvalidInput when it has to be named and is not, or is no possible name, and NotFound when it is
        not the caller's: nobody learns whether another client exists.
        """
        if self.own_client is not None:
            if requested is not None and requested != self.own_client:
                raise no_such_client()
            return self.own_client
        if requested is None:
            raise InvalidInput("client_id is required: take it from the answer to your upload.", code="client_required")
        return parse_client_id(requested)


async def get_services(request: Request) -> Services:
    """Return the services opened at start."""
    services: Services = request.app.state.services
    return services


async def get_settings(request: Request) -> Settings:
    """Return the settings the app was made with."""
    settings: Settings = request.app.state.settings
    return settings


ServicesDep = Annotated[Services, Depends(get_services)]
SettingsDep = Annotated[Settings, Depends(get_settings)]

_bearer = HTTPBearer(auto_error=False, description="Locked mode: the admin key or a client's key.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key in a header of its own.")


async def get_principal(
    settings: SettingsDep,
    services: ServicesDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> Principal:
    """Find out who is asking; raises NotAuthenticated in locked mode without a good key.

    Only a client's key has to be looked up, in a thread: the others are spared the detour.
    """
    if settings.admin_api_key is None:
        return Principal(own_client=None)
    key = bearer.credentials if bearer else header
    if key is None:
        raise NotAuthenticated("Send your key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.")
    if secrets.compare_digest(key.encode(), settings.admin_api_key.get_secret_value().encode()):
        return Principal(own_client=None, locked=True)
    client_id = await anyio.to_thread.run_sync(services.api_keys.authenticate, key)
    if client_id is None:
        raise NotAuthenticated("This key is not known; it may have been revoked or have expired.")
    return Principal(own_client=client_id, locked=True)


PrincipalDep = Annotated[Principal, Depends(get_principal)]


async def require_admin(principal: PrincipalDep) -> None:
    """Let only the admin key, and anyone in open mode, through.

    With a client's key the answer is the same whatever the request names, so that nothing can be probed.
    """
    if principal.own_client is not None:
        raise NotAuthenticated("This needs the admin key.", code="admin_key_required")


AdminDep = Annotated[None, Depends(require_admin)]


def note_client(request: Request, client_id: ClientId) -> None:
    """Let the request's log line name the client."""
    request.state.client_id = client_id


def count_request(request: Request, services: Services, client_id: ClientId) -> None:
    """Note the client, and raise LimitReached when it has used up its requests of this minute."""
    note_client(request, client_id)
    services.rate_limit.hit(client_id)
