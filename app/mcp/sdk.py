"""The protocol, spoken by its SDK; the only module that knows it.

A server is made for each request and lives as long: what the request may do is in its hands alone, and nothing is left
that has to be ended with the service.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import mcp_types as types
from fastapi import Request
from fastapi.responses import Response
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel
from starlette.types import Message

from app.mcp.toolbox import INSTRUCTIONS, Outcome, Toolbox
from app.mcp.tools import About
from app.version import VERSION

NAME = "conversational-rag"
PROBLEM_KEY = "conversational-rag/problem"
"""Under which a result that failed holds the problem, for programs."""

Context = ServerRequestContext[Any, Any]


async def exchange(toolbox: Toolbox, request: Request) -> Response:
    """Return the answer to the message in the request's body."""
    answer = _Answer(request, await request.body())
    manager = StreamableHTTPSessionManager(
        _server(toolbox, await toolbox.described()), json_response=True, stateless=True
    )
    async with manager.run():
        await manager.handle_request(request.scope, answer.receive, answer.send)
    return answer.response()


class _Answer:
    """Between the SDK, which speaks ASGI, and a handler, which returns what it has to say."""

    def __init__(self, request: Request, body: bytes) -> None:
        self._request = request
        self._asked: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._body = bytearray()
        self._status = 500
        self._headers: list[tuple[bytes, bytes]] = []

    async def receive(self) -> Message:
        """Give the request's body, and then wait as the request does."""
        asked, self._asked = self._asked, None
        return asked or await self._request.receive()

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], message["headers"]
        else:
            self._body += message.get("body", b"")

    def response(self) -> Response:
        """Return the whole answer."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._headers}
        return Response(bytes(self._body), self._status, headers=headers)


def _server(toolbox: Toolbox, description: str) -> Server[Any]:
    """Return a server for one message, with the tools in the client's own words."""

    async def list_tools(_context: Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(about, description) for about in toolbox.about()])

    async def call_tool(_context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            outcome = await toolbox.call(params.name, params.arguments or {})
        except KeyError:
            raise MCPError(types.INVALID_PARAMS, "There is no such tool; list the tools that there are.") from None
        return _result(outcome)

    server: Server[Any] = Server(
        NAME,
        version=VERSION,
        instructions="\n\n".join(text for text in (INSTRUCTIONS, description) if text),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda _name: None,  # no argument is to be sent as a header too
    )
    server.middleware.clear()  # its spans would quote what callers send; the request has one of ours
    return server


def _tool(about: About, description: str) -> types.Tool:
    return types.Tool(
        name=about.name,
        title=about.title,
        description="\n\n".join(text for text in (about.description, description) if text),
        input_schema=_schema(about.takes),
        output_schema=_schema(about.gives),
        annotations=types.ToolAnnotations(
            read_only_hint=not about.stores,
            destructive_hint=False,
            idempotent_hint=not about.stores,
            open_world_hint=False,
        ),
    )


def _result(outcome: Outcome) -> types.CallToolResult:
    if outcome.said is not None:
        fields = outcome.said.fields.model_dump(mode="json", exclude_none=True)
        return types.CallToolResult(content=[types.TextContent(text=outcome.said.text)], structured_content=fields)
    problem = outcome.problem.model_dump(exclude_none=True) if outcome.problem else {}
    return types.CallToolResult(
        content=[types.TextContent(text=_told(problem, outcome.retry_after))],
        is_error=True,
        _meta={
            PROBLEM_KEY: problem if outcome.retry_after is None else {**problem, "retry_after": outcome.retry_after}
        },
    )


def _told(problem: Mapping[str, Any], retry_after: int | None) -> str:
    again = f" Try again in {retry_after} seconds." if retry_after is not None else ""
    return f"{problem['detail']}{again} (code: {problem['code']})"


@cache
def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    return shape.model_json_schema()
