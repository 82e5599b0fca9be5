"""Who asks, and whom a request is about; that nothing crosses between clients is in tests/isolation."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from app.common.errors import InvalidInput, LimitReached, NotFound
from app.common.ids import ClientId
from app.common.lives import Standing
from app.common.metering import UNMETERED, acting_for, behalf
from app.dependencies.callers import Caller, Principal
from app.services.tenants.rate_limit import RateLimit

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")


@pytest.fixture(autouse=True)
def on_nobodys_behalf_afterwards() -> Iterator[None]:
    """A request says for whom the rest of its task is; here that task goes on with other tests."""
    with acting_for(behalf()):
        yield


def empty_request() -> Request:
    return Request({"type": "http", "state": {}})


def caller(
    own_client: ClientId | None = None, *, per_minute: int | None = None, request: Request | None = None
) -> Caller:
    principal = Principal(own_client, locked=own_client is not None)
    return Caller(principal, Standing(), request or empty_request(), RateLimit(per_minute), UNMETERED)


def noted(request: Request) -> str:
    return getattr(request.state, "client_id", "-")


def test_a_key_reaches_its_own_client_alone() -> None:
    asking = caller(HARBOUR)
    assert asking.client(None) == asking.client("harbour") == asking.scope(None) == HARBOUR
    for reach in (asking.client, asking.scope):
        with pytest.raises(NotFound):
            reach("airport")


def test_who_reaches_all_says_whom_it_means() -> None:
    asking = caller()
    assert asking.client("airport") == AIRPORT
    assert asking.scope(None) is None
    assert asking.scope("harbour") == HARBOUR
    with pytest.raises(InvalidInput, match="required"):
        asking.client(None)
    with pytest.raises(InvalidInput):
        asking.client("../x")


@pytest.mark.parametrize(
    ("own", "requested", "owner"),
    [(None, None, AIRPORT), (None, "harbour", HARBOUR), (HARBOUR, None, HARBOUR), (HARBOUR, "harbour", HARBOUR)],
)
def test_an_owner_is_looked_up_only_for_who_reaches_all_and_names_none(
    own: ClientId | None, requested: str | None, owner: ClientId
) -> None:
    request = empty_request()
    asking = caller(own, request=request)
    assert asyncio.run(asking.owner(requested, lambda: AIRPORT)) == owner
    assert noted(request) == owner


def test_whoever_is_resolved_is_noted() -> None:
    request = empty_request()
    asking = caller(request=request)
    assert noted(request) == "-"
    for client_id in (asking.client("harbour"), asking.scope("airport"), asking.new_client("seaport")):
        assert client_id
    assert noted(request) == "seaport"
    assert noted(request) != asking.new_client() == noted(request)


def test_work_is_counted() -> None:
    asking = caller(HARBOUR, per_minute=1)
    with asking.at_work(HARBOUR, "chat") as client_id:
        assert client_id == HARBOUR
    with pytest.raises(LimitReached), asking.at_work(HARBOUR, "chat"):
        pass


def test_a_request_is_at_work_until_its_last_word_is_sent() -> None:
    app, happened = FastAPI(), []

    async def working() -> AsyncIterator[ClientId]:
        with caller().at_work(HARBOUR, "chat") as client_id:
            yield client_id
        happened.append("over")

    async def words() -> AsyncIterator[str]:
        for word in ("one", "two"):
            happened.append(word)
            yield word

    @app.get("/")
    async def stream(_: Annotated[ClientId, Depends(working)]) -> StreamingResponse:
        return StreamingResponse(words())

    with TestClient(app) as client:
        assert client.get("/").text == "onetwo"
    assert happened == ["one", "two", "over"]
