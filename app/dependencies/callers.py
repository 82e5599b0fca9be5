"""Who is asking, and the one way from a name in a request to the client that it is about."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.common.absent import no_such_client
from app.common.errors import Forbidden, InvalidInput, NotAuthenticated
from app.common.ids import ClientId, new_client_id, parse_client_id
from app.common.lives import Standing
from app.common.metering import Behalf, Meter, Usage, WorkKind, act_for
from app.dependencies.services import ApiKeysDep, MeterDep, RateLimitDep, SettingsDep, WorkDep
from app.services.tenants.keys import id_of, key_not_known
from app.services.tenants.rate_limit import RateLimit

_ONE_SEARCH = Usage(searches=1)
_SOME_OF_A_FILE = Usage(pages=1, bytes=1)
"""What an upload needs of its client's budgets before its work begins."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose key was sent. A client's key reaches that client alone; the admin key, and anyone in open mode, all.

    `secret` is the key itself, empty in open mode.
    """

    own_client: ClientId | None
    locked: bool = False
    key_id: str | None = None
    secret: str = field(default="", repr=False)

    def client(self, requested: str | None) -> ClientId:
        """Return the client that is meant by what a request names.

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


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal with the request that it sends. A ClientId from here is in the request's log line already.

    What a request may do and whom it is about is settled here, when it begins, and nowhere later; `standing` is asked
    again by what it writes.
    """

    principal: Principal
    standing: Standing
    _request: Request
    _rate_limit: RateLimit
    _meter: Meter

    @property
    def own_client(self) -> ClientId | None:
        """The client that the key belongs to; None for who may reach all of them."""
        return self.principal.own_client

    @property
    def locked(self) -> bool:
        """Whether keys are required."""
        return self.principal.locked

    def client(self, requested: str | None) -> ClientId:
        """Return the client that the request names, or whose key it has. Raises what Principal.client raises."""
        return self._noted(self.principal.client(requested))

    def scope(self, requested: str | None) -> ClientId | None:
        """Return the only client whose things are shown: the caller's, or the one that is named; None for all."""
        return self.own_client if requested is None else self.client(requested)

    def new_client(self, name: str | None = None) -> ClientId:
        """Return the id of a client that is yet to be made, of this name or of one that nobody can guess."""
        return self._noted(new_client_id() if name is None else parse_client_id(name))

    async def owner(self, requested: str | None, look_up: Callable[[], ClientId]) -> ClientId:
        """Return in whose things to look: the client that is named, the caller's own, or else whom `look_up` finds.

        Raises what Principal.client and `look_up` raise; that one may block.
        """
        if requested is None and self.own_client is None:
            return self._noted(await anyio.to_thread.run_sync(look_up))
        return self.client(requested)

    @contextmanager
    def at_work(self, client_id: ClientId, kind: WorkKind) -> Iterator[ClientId]:
        """Count a request that makes work for the client; the block lasts until its answer is sent.

        Raises LimitReached when the client has used up its requests of this minute, or a budget that this kind of work
        needs; a chat's tokens are looked at by the model. Whatever else is to bound a client's work belongs here: it
        sees each such request begin and end.
        """
        self._rate_limit.hit(client_id)
        if kind == "ingest":
            self._meter.require(client_id, _SOME_OF_A_FILE)
        act_for(Behalf(kind=kind, key_id=self.principal.key_id or "", since=self.standing.since))
        with self._meter.taking(client_id, _ONE_SEARCH) if kind == "search" else nullcontext():
            yield client_id

    def _noted(self, client_id: ClientId) -> ClientId:
        self._request.state.client_id = client_id
        return client_id


_bearer = HTTPBearer(auto_error=False, description="Locked mode: the admin key or a client's key.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key in a header of its own.")


async def get_principal(
    settings: SettingsDep,
    api_keys: ApiKeysDep,
    work: WorkDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> Principal:
    """Find out whose key was sent; raises NotAuthenticated in locked mode without a good key.

    Only a client's key has to be looked up, in a thread.
    """
    if settings.admin_api_key is None:
        return Principal(own_client=None)
    key = bearer.credentials if bearer else header
    if key is None:
        raise NotAuthenticated("Send your key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.")
    if secrets.compare_digest(key.encode(), settings.admin_api_key.get_secret_value().encode()):
        return Principal(own_client=None, locked=True, secret=key)
    client_id = await anyio.to_thread.run_sync(api_keys.authenticate, key, limiter=work.door)
    if client_id is None:
        raise key_not_known()
    return Principal(own_client=client_id, locked=True, key_id=id_of(key), secret=key)


async def get_caller(
    request: Request,
    principal: Annotated[Principal, Depends(get_principal)],
    api_keys: ApiKeysDep,
    rate_limit: RateLimitDep,
    meter: MeterDep,
) -> Caller:
    """Return who is asking, with the request that is to be logged and counted."""
    standing = Standing(request.state.began)
    if principal.key_id is not None:
        standing = Standing(request.state.began, partial(api_keys.require, principal.key_id))
    caller = Caller(principal, standing, request, rate_limit, meter)
    if principal.own_client is not None:
        caller.client(None)  # whatever becomes of the request, its log line says whose key it had
    return caller


CallerDep = Annotated[Caller, Depends(get_caller)]


async def require_admin(caller: CallerDep) -> None:
    """Let only the admin key, and anyone in open mode, through.

    With a client's key the answer is the same whatever the request names, so that nothing can be probed.
    """
    if caller.own_client is not None:
        raise Forbidden("This needs the admin key.", code="admin_key_required")


AdminDep = Annotated[None, Depends(require_admin)]
