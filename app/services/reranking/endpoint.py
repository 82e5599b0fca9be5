"""A reranker that is asked over HTTP: the shape of Jina and Cohere, or that of Text Embeddings Inference.

Only the operator's address is called, and a redirect is not followed. Passages and question are all that is sent.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from app.common.errors import Unavailable
from app.common.fair_slots import FairSlots, SlotLimits
from app.common.ids import ClientId
from app.common.passages import Passage, embedded_text
from app.services.llm.bounds import bounded
from app.services.llm.errors import AnswerRefused
from app.services.llm.loop_thread import LoopThread
from app.services.reranking.answers import read_scores
from app.services.reranking.pausing import Pause
from app.services.reranking.types import Reranker, RerankFailed
from app.telemetry.tracing import trace_headers

if TYPE_CHECKING:
    import httpx

Shape = Literal["documents", "texts"]

MOST_CHARACTERS = 2000
"""Of a passage that are sent."""
MOST_BYTES = 1 << 20
"""Of an answer that are read; some servers send the passages back."""
CALLS_AT_ONCE = 32
CALLS_OF_ONE_CLIENT = 24
FAILURES = 3
PAUSE_SECONDS = 10.0
_SIGNS_OF_DEATH = frozenset({"timeout", "unreachable", "failed"})
"""A refusal or a bad answer may be one question's fault."""


@dataclass(frozen=True, slots=True)
class RerankServer:
    """Where the server is, as the operator says; `model` None leaves it to the server."""

    base_url: str
    model: str | None = None
    api_key: str = field(default="", repr=False)


class EndpointReranker(Reranker):
    """Asks a server, a few questions at once, shared fairly between clients.

    All of it lives on one event loop in a thread of its own, so that callers on any loop share the connections.
    """

    def __init__(self, server: RerankServer, *, timeout: float) -> None:
        """`timeout`, in seconds, is for one question in all. Starts the thread; nothing is sent yet."""
        self._server = server
        self._timeout = timeout
        self._http = _http_client(server, timeout)
        self._shape: Shape = "documents"
        self._pause = Pause(failures=FAILURES, seconds=PAUSE_SECONDS)
        limits = SlotLimits(CALLS_AT_ONCE, each=CALLS_OF_ONE_CLIENT, waiting_each=CALLS_AT_ONCE, wait=timeout)
        self._slots = FairSlots(limits, full=_busy)
        self._loop = LoopThread("reranker")

    @override
    async def scores(self, client_id: ClientId, question: str, passages: Sequence[Passage]) -> Mapping[int, float]:
        return await self._loop.run(self._scores(client_id, question, [_text(passage) for passage in passages]))

    @override
    def close(self) -> None:
        self._loop.close(self._http.aclose())

    async def _scores(self, client_id: ClientId, question: str, texts: Sequence[str]) -> Mapping[int, float]:
        if not self._pause.lets_through():
            raise RerankFailed("paused")
        try:
            with _failures():
                async with asyncio.timeout(self._timeout), self._slots.hold(client_id):
                    scores = await self._asked(question, texts)
        except RerankFailed as exc:
            if exc.code in _SIGNS_OF_DEATH:
                self._pause.note_failure()
            raise
        self._pause.note_success()
        return scores

    async def _asked(self, question: str, texts: Sequence[str]) -> Mapping[int, float]:
        """Ask in the shape that worked last; a server that cannot read it is asked in the other one."""
        response = await self._post(question, texts, self._shape)
        if response.status_code == 422:
            other: Shape = "texts" if self._shape == "documents" else "documents"
            response = await self._post(question, texts, other)
            if response.is_success:
                self._shape = other
        if response.status_code >= 500:
            raise RerankFailed("failed")
        if not response.is_success:
            raise RerankFailed("busy" if response.status_code == 429 else "refused")
        return read_scores(response.content, len(texts))

    async def _post(self, question: str, texts: Sequence[str], shape: Shape) -> "httpx.Response":
        body: dict[str, object] = {"query": question}
        if shape == "documents":
            body |= {"documents": texts, "top_n": len(texts)}
        else:
            body |= {"texts": texts, "truncate": True}
        if self._server.model:
            body["model"] = self._server.model
        url = f"{self._server.base_url.rstrip('/').removesuffix('/rerank')}/rerank"
        self._http.cookies.clear()  # a server that sets ever more of them is not to fill the memory
        # Half characters, which UTF-8 does not have, go out as escapes.
        return await self._http.post(url, content=json.dumps(body).encode(), headers=trace_headers())


def _http_client(server: RerankServer, timeout: float) -> "httpx.AsyncClient":
    import httpx

    headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
    if server.api_key:
        headers["Authorization"] = f"Bearer {server.api_key}"
    return httpx.AsyncClient(
        timeout=timeout,
        headers=headers,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=CALLS_AT_ONCE, keepalive_expiry=30.0),
        event_hooks={"response": [bounded(httpx.AsyncByteStream, MOST_BYTES)]},
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Translate what goes wrong with a call."""
    import httpx

    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise RerankFailed("timeout") from exc
    except httpx.TransportError as exc:
        raise RerankFailed("unreachable") from exc
    except (AnswerRefused, httpx.HTTPError, httpx.StreamError) as exc:
        raise RerankFailed("bad_answer") from exc


def _text(passage: Passage) -> str:
    return embedded_text(passage.chunk)[:MOST_CHARACTERS]


def _busy() -> Unavailable:
    return Unavailable("Too many questions are waiting for the reranker. Try again shortly.", code="busy")
