"""The app served over loopback, and the protocol's own client for it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from typing import Any, Literal, TypeVar

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from app.mcp.sdk import PROBLEM_KEY
from tests.api import TEXT
from tests.documents import pdf

Mode = Literal["auto", "legacy"]
T = TypeVar("T")

_REST = "\n".join(["It is written in the harbour master's own hand."] * 40)
PAGES = (
    f"Chapter one. The harbour crane lifts forty tonnes.\n{_REST}",
    f"Chapter two. The pilot boat leaves at dawn.\n{_REST}",
    f"Chapter three. The lighthouse was painted red in 1970.\n{_REST}",
)
"""Long enough for a document that is not found as a whole."""


class Harbour:
    """A service with the documents of the client `harbour` and of the client `airport`."""

    def __init__(self, url: str) -> None:
        self.url = url
        with closing(httpx.Client(base_url=url, timeout=30, trust_env=False)) as http:
            self.crane = _upload(http, "harbour", "crane.txt", TEXT.encode(), tags="manual")
            self.pilot = _upload(http, "harbour", "pilot.pdf", pdf(*PAGES), metadata='{"year": 2026}')
            self.runway = _upload(http, "airport", "runway.txt", b"The airport's crane lifts nine tonnes.")

    def call(self, name: str, **arguments: Any) -> CallToolResult:
        """Call a tool as an agent of the harbour does."""
        return called(f"{self.url}/mcp?client_id=harbour", name, arguments)

    def fields(self, name: str, **arguments: Any) -> Any:
        """Call a tool; return its fields. The client has compared them with what the tool says that it gives."""
        result = self.call(name, **arguments)
        assert not result.is_error, result.content
        return result.structured_content


def connected(url: str, use: Callable[[Client], Coroutine[Any, Any, T]], *, key: str = "", mode: Mode = "auto") -> T:
    """Connect as an agent does and return what `use` makes of it."""

    async def run() -> T:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def called(url: str, name: str, arguments: dict[str, Any], *, key: str = "", mode: Mode = "auto") -> CallToolResult:
    """Call a tool."""
    return connected(url, lambda client: client.call_tool(name, arguments), key=key, mode=mode)


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    (block,) = result.content
    assert block.type == "text"
    return block.text


def refused(result: CallToolResult, code: str) -> dict[str, Any]:
    """The tool failed with this problem, which is in the text for the agent; return it."""
    assert result.is_error
    assert result.structured_content is None
    problem: dict[str, Any] = (result.meta or {})[PROBLEM_KEY]
    assert problem["code"] == code
    assert text_of(result).startswith(problem["detail"])
    return problem


def _upload(http: httpx.Client, client_id: str, name: str, content: bytes, **fields: str) -> str:
    files = [("files", (name, content))]
    answer = http.post("/api/v1/ingest/", files=files, data={"client_id": client_id, **fields})
    document_id: str = answer.json()["documents"][0]["document_id"]
    return document_id
