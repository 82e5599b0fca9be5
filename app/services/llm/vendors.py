"""The vendors: Groq and OpenAI-compatible servers, through LangChain's chat models. Nobody else knows them."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol

from langchain_core.messages import BaseMessage
from pydantic import SecretStr

from app.services.llm.errors import VendorFaults, empty_answer, unreachable, vendor_errors
from app.services.llm.types import Completion, Endpoint, Usage

if TYPE_CHECKING:
    import groq
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages.ai import UsageMetadata

Provider = Literal["groq", "openai"]

GROQ_API = "https://api.groq.com"
OPENAI_API = "https://api.openai.com/v1"
NO_KEY = "no-key"
"""Sent where a server wants none. Without a value the SDK would take OPENAI_API_KEY from the environment and send
a key that was meant for somebody else."""

CALLS_PER_CLIENT = 4
"""httpx looks at all connections of a client, squared, at each request and answer: 100 calls over one warm client take
seconds of processor time. With four each, a call among fifty takes two thirds of what it takes with sixteen."""
POOL: dict[str, Any] = {
    "max_connections": None,
    "max_keepalive_connections": CALLS_PER_CLIENT,
    "keepalive_expiry": 30.0,
}
"""No maximum: the callers' slots bound the calls, and a second queue would only hide them."""


class _Closable(Protocol):
    async def aclose(self) -> None: ...


Connected = tuple["BaseChatModel", _Closable]
"""A chat model and the HTTP client under it, which whoever made it must close."""


class VendorChat:
    """One vendor's chat model: single attempts without any retry, errors translated. Bound to one event loop."""

    def __init__(self, connect: "Callable[[], Connected]", faults: VendorFaults) -> None:
        """`connect` makes one more chat over an HTTP client of its own, when those that exist are full."""
        self._connect = connect
        self._faults = faults
        self._chats: list[Connected] = []
        self._calls: list[int] = []

    async def generate(self, model: str, messages: Sequence[BaseMessage], temperature: float) -> Completion:
        """Return the whole answer of one call."""
        with vendor_errors(self._faults), self._chat() as chat:
            answer = await chat.ainvoke(list(messages), model=model, temperature=temperature)
            text = str(answer.text)
            if not text.strip():
                raise empty_answer()
            return Completion(text, model, _usage(answer.usage_metadata))

    async def stream(
        self, model: str, messages: Sequence[BaseMessage], temperature: float
    ) -> AsyncGenerator[str | Completion, None]:
        """Yield the pieces of one call's answer, then the Completion; raise when it is empty or not whole."""
        pieces: list[str] = []
        usage: UsageMetadata | None = None
        finished = False
        with vendor_errors(self._faults), self._chat() as chat:
            chunks: Any = chat.astream(list(messages), model=model, temperature=temperature)
            async with aclosing(chunks):  # astream is typed as an iterator but is a generator
                async for chunk in chunks:
                    usage = chunk.usage_metadata or usage
                    finished = finished or "finish_reason" in chunk.response_metadata
                    if piece := str(chunk.text):
                        pieces.append(piece)
                        yield piece
            if not finished:
                raise unreachable()
            text = "".join(pieces)
            if not text.strip():
                raise empty_answer()
            yield Completion(text, model, _usage(usage))

    async def aclose(self) -> None:
        """Close all connections."""
        for _, http in self._chats:
            await http.aclose()

    @contextmanager
    def _chat(self) -> Iterator["BaseChatModel"]:
        """Lend the first chat that has room: few callers then share few connections, which stay warm."""
        number = next((i for i, calls in enumerate(self._calls) if calls < CALLS_PER_CLIENT), len(self._calls))
        if number == len(self._calls):
            self._chats.append(self._connect())
            self._calls.append(0)
        self._calls[number] += 1
        try:
            yield self._chats[number][0]
        finally:
            self._calls[number] -= 1


def open_vendor(provider: Provider, endpoint: Endpoint, *, model: str, call_timeout: float) -> VendorChat:
    """Return the provider's chat model. Its libraries are imported here, because they take a second or two."""
    settings = {"model": model, "timeout": call_timeout, "max_retries": 0}
    return (_open_groq if provider == "groq" else _open_openai)(endpoint, settings)


def _open_groq(endpoint: Endpoint, settings: dict[str, Any]) -> VendorChat:
    import groq
    import httpx
    from langchain_groq import ChatGroq

    tls = httpx.create_ssl_context()
    base_url = (endpoint.base_url or GROQ_API).rstrip("/").removesuffix("/openai/v1")  # the SDK adds it itself

    def connect() -> Connected:
        http = groq.DefaultAsyncHttpxClient(verify=tls, limits=httpx.Limits(**POOL))
        with groq.DefaultHttpxClient(verify=tls) as unused:  # ChatGroq insists on a blocking client too
            key = SecretStr(endpoint.api_key)
            clients = {"http_client": unused, "http_async_client": http}
            chat = ChatGroq(api_key=key, base_url=base_url, **settings, **clients)
            limits = {"timeout": settings["timeout"], "max_retries": settings["max_retries"]}
            client = groq.AsyncGroq(api_key=endpoint.api_key, base_url=base_url, http_client=http, **limits)
            chat.async_client = _PlainCompletions(client, groq.AsyncStream[object])
            return chat, http

    return VendorChat(connect, _faults(groq, httpx))


class _PlainCompletions:
    """Groq's completions as the JSON that comes. LangChain takes it as well as the SDK's models, which it would turn
    back into JSON; to make and unmake them took half the processor time of a streamed word.
    """

    _PATH = "/openai/v1/chat/completions"

    def __init__(self, client: "groq.AsyncGroq", stream_type: "type[groq.AsyncStream[object]]") -> None:
        self._client = client
        self._stream_type = stream_type

    async def create(self, **body: object) -> object:
        """Post one request; the answer is a stream when its body says so."""
        streaming = bool(body.get("stream"))
        return await self._client.post(
            self._PATH, cast_to=object, body=body, stream=streaming, stream_cls=self._stream_type
        )


def _open_openai(endpoint: Endpoint, settings: dict[str, Any]) -> VendorChat:
    import httpx2
    import openai
    from langchain_openai import ChatOpenAI

    tls = httpx2.create_ssl_context()
    settings |= {
        "api_key": SecretStr(endpoint.api_key or NO_KEY),
        "base_url": endpoint.base_url or OPENAI_API,
        "stream_usage": True,
        "stream_chunk_timeout": None,  # the silence between two words is watched by the caller of this module
        "use_responses_api": False,
    }

    def connect() -> Connected:
        http = openai.DefaultAsyncHttpxClient(verify=tls, limits=httpx2.Limits(**POOL))
        with openai.DefaultHttpxClient(verify=tls) as unused:  # as above
            return ChatOpenAI(**settings, http_client=unused, http_async_client=http), http

    return VendorChat(connect, _faults(openai, httpx2))


def _faults(sdk: Any, http: Any) -> VendorFaults:
    return VendorFaults(
        status=(sdk.APIStatusError,),
        timeout=(sdk.APITimeoutError, http.TimeoutException),
        connection=(sdk.APIConnectionError, http.TransportError),
        other=(sdk.APIError, http.HTTPError, http.StreamError),
    )


def _usage(counted: "UsageMetadata | None") -> Usage | None:
    if not counted or not counted["total_tokens"]:
        return None
    return Usage(counted["input_tokens"], counted["output_tokens"], counted["total_tokens"])
