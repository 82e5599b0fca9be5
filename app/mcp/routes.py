"""The way in for agents."""

from collections.abc import Awaitable, Callable

import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.common.errors import NotFound
from app.dependencies.services import SettingsDep
from app.mcp.origins import require_known_origin
from app.mcp.toolbox import Toolbox, ToolboxDep

PATH = "/mcp"

Exchange = Callable[[Toolbox, Request], Awaitable[Response]]


async def require_on(settings: SettingsDep) -> None:
    """Raise NotFound where MCP is off."""
    if settings.mcp == "off":
        raise NotFound("The Model Context Protocol is not spoken here; see the setting MCP.")


router = APIRouter(dependencies=[Depends(require_on), Depends(require_known_origin)])


@router.post(PATH, summary="Model Context Protocol", include_in_schema=False)
async def speak(request: Request, toolbox: ToolboxDep) -> Response:
    """Answer one message of the protocol. Each stands for itself: there are no sessions, and nothing is streamed.

    What goes wrong in a tool is in its result, for the agent to read; what goes wrong before is a problem.
    """
    exchange = await anyio.to_thread.run_sync(_sdk)
    return await exchange(toolbox, request)


def _sdk() -> Exchange:
    """Return what speaks the protocol. It takes a second the first time, and memory from then on."""
    from app.mcp.sdk import exchange

    return exchange
