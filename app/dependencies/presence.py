"""Whether the caller is still there: work that nobody waits for is given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.common.errors import AppError, Conflict
from app.services.rag_chain import Answer, Prepared, RagChain


class Presence:
    """Of one caller. May be asked from any thread."""

    def __init__(self) -> None:
        self.left = False

    def require(self) -> None:
        """Raise Conflict when the caller has left; nobody reads that, but it stops the work."""
        if self.left:
            raise Conflict("The caller left before the work was done.", code="caller_left")


@asynccontextmanager
async def while_there(request: Request) -> AsyncIterator[Presence]:
    """Watch the caller during the block; the request's body must have been read.

    When the caller leaves, what the block awaits is cancelled, though a thread that has begun is waited for, and
    ClientDisconnect is raised.
    """
    presence = Presence()
    with anyio.CancelScope() as scope:
        watcher = asyncio.create_task(_watch(request.receive, presence, scope))
        try:
            yield presence
        except AppError as exc:
            if presence.left:  # the work was told to stop, and says so
                raise ClientDisconnect from exc
            raise
        finally:
            watcher.cancel()
    if presence.left:
        raise ClientDisconnect


async def answered(request: Request, rag: RagChain, prepared: Prepared) -> Answer:
    """Return the whole answer; where long documents have to be read for it, only as long as the caller is there."""
    if prepared.reading is None:
        return await rag.answer(prepared)
    async with while_there(request):
        return await rag.answer(prepared)


async def _watch(receive: Receive, presence: Presence, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    presence.left = True
    scope.cancel()
