"""The vendors: Groq and OpenAI-compatible servers, through LangChain's chat models. Nobody else knows them."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from langchain_core.messages import BaseMessage
from pydantic import SecretStr

from app.services.llm.bounds import AnswerBounds, AnswerText, bounded
from app.services.llm.errors import VendorFaults, empty_answer, unreachable, vendor_errors
from app.services.llm.spending import Spending
from app.services.llm.types import Completion, Endpoint, Finish, Usage
from app.telemetry.tracing import trace_headers

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


_FINISHES: dict[object, Finish] = {"length": "length", "max_tokens": "length", "content_filter": "content_filter"}


class _Closable(Protocol):
    async def aclose(self) -> None: ...


Connected = tuple["BaseChatModel", _Closable]
"""A chat model and the HTTP client under it, which whoever made it must close."""


class VendorChat:
    """One vendor's chat model: single attempts without any retry, errors translated. Bound to one event loop."""

    def __init__(self, connect: "Callable[[], Connected]", faults: VendorFaults, bounds: AnswerBounds) -> None:
        """`connect` makes one more chat over an HTTP client of its own, when those that exist are full."""
        self._connect = connect
        self._faults = faults
        self._bounds = bounds
        self._chats: list[Connected] = []
        self._calls: list[int] = []

    async def generate(
        self, model: str, messages: Sequence[BaseMessage], temperature: float, spending: Spending
    ) -> Completion:
        """Return the answer of one call, cut at the bound."""
        with spending, vendor_errors(self._faults), self._chat() as chat:
            answer = await chat.ainvoke(list(messages), model=model, temperature=temperature)
            spending.counted(_usage(answer.usage_metadata))
            spending.note(str(answer.text))
            text = AnswerText(self._bounds.characters)
            text.add(str(answer.text))
            return _completion(text, model, answer.usage_metadata, answer.response_metadata.get("finish_reason"))

    async def stream(
        self, model: str, messages: Sequence[BaseMessage], temperature: float, spending: Spending
    ) -> AsyncGenerator[str | Completion, None]:
        """Yield the pieces of one call's answer, then the Completion; raise when it is empty or breaks off.

        At the bound the call is ended, and the answer with it.
        """
        text = AnswerText(self._bounds.characters)
        usage: UsageMetadata | None = None
        reason: object = None
        with spending, vendor_errors(self._faults), self._chat() as chat:
            chunks: Any = chat.astream(list(messages), model=model, temperature=temperature)
            async with aclosing(chunks):  # astream is typed as an iterator but is a generator
                async for chunk in chunks:
                    usage = chunk.usage_metadata or usage
                    spending.counted(_usage(usage))
                    spending.note(str(chunk.text))
                    reason = chunk.response_metadata.get("finish_reason", reason)
                    if piece := text.add(str(chunk.text)):
                        yield piece
                    if text.full:
                        break
            if reason is None and not text.full:
                raise unreachable()
            whole = _completion(text, model, usage, reason)
        yield whole

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


def open_vendor(
    provider: Provider, endpoint: Endpoint, *, model: str, call_timeout: float, bounds: AnswerBounds
) -> VendorChat:
    """Return the provider's chat model. Its libraries are imported here, because they take a second or two."""
    settings = {"model": model, "timeout": call_timeout, "max_retries": 0}
    return (_open_groq if provider == "groq" else _open_openai)(endpoint, settings, bounds)


def _open_groq(endpoint: Endpoint, settings: dict[str, Any], bounds: AnswerBounds) -> VendorChat:
    import groq
    import httpx
    from langchain_groq import ChatGroq

    base_url = (endpoint.base_url or GROQ_API).rstrip("/").removesuffix("/openai/v1")  # the SDK adds it itself
    options = _http_options(httpx, bounds)

    def connect() -> Connected:
        http = groq.DefaultAsyncHttpxClient(**options)
        with groq.DefaultHttpxClient(verify=options["verify"]) as unused:  # ChatGroq insists on a blocking client too
            key = SecretStr(endpoint.api_key)
            clients = {"http_client": unused, "http_async_client": http}
            chat = ChatGroq(api_key=key, base_url=base_url, max_tokens=bounds.tokens, **settings, **clients)
            limits = {"timeout": settings["timeout"], "max_retries": settings["max_retries"]}
            client = groq.AsyncGroq(api_key=endpoint.api_key, base_url=base_url, http_client=http, **limits)
            chat.async_client = _PlainCompletions(client, groq.AsyncStream[object])
            return chat, http

    return VendorChat(connect, _faults(groq, httpx), bounds)


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
        if not body.get("stream"):
            return await self._client.post(self._PATH, cast_to=object, body=body)
        stream = await self._client.post(
            self._PATH, cast_to=object, body=body, stream=True, stream_cls=self._stream_type
        )
        return self._chunks(stream)

    async def _chunks(self, stream: "groq.AsyncStream[object]") -> AsyncGenerator[object, None]:
        """Yield the stream's chunks; ends the call with the reading. LangChain leaves it open when it is left early."""
        async with stream:
            async for chunk in stream:
                yield chunk


def _open_openai(endpoint: Endpoint, settings: dict[str, Any], bounds: AnswerBounds) -> VendorChat:
    import httpx2
    import openai
    from langchain_openai import ChatOpenAI

    base_url = endpoint.base_url or OPENAI_API
    options = _http_options(httpx2, bounds)
    settings |= {
        "api_key": SecretStr(endpoint.api_key or NO_KEY),
        "base_url": base_url,
        "stream_usage": True,
        "stream_chunk_timeout": None,  # the silence between two words is watched by the caller of this module
        "use_responses_api": False,
        "extra_body": {_tokens_field(base_url): bounds.tokens},
    }

    def connect() -> Connected:
        http = openai.DefaultAsyncHttpxClient(**options)
        with openai.DefaultHttpxClient(verify=options["verify"]) as unused:  # as above
            return ChatOpenAI(**settings, http_client=unused, http_async_client=http), http

    return VendorChat(connect, _faults(openai, httpx2), bounds)


def _tokens_field(base_url: str) -> str:
    """Return what the bound on an answer is called: all servers know the old name but OpenAI's for its newer models."""
    host = urlsplit(base_url).hostname or ""
    return "max_completion_tokens" if host == "openai.com" or host.endswith(".openai.com") else "max_tokens"


def _http_options(http: Any, bounds: AnswerBounds) -> dict[str, Any]:
    """Return what all HTTP clients of a vendor have in common; they share one set of certificates."""
    return {
        "verify": http.create_ssl_context(),
        "limits": http.Limits(**POOL),
        "headers": {"Accept-Encoding": "identity"},
        "event_hooks": {"request": [_traced], "response": [bounded(http.AsyncByteStream, bounds.response_bytes)]},
    }


async def _traced(request: Any) -> None:
    """Tell the vendor which trace a call is part of, if there is one."""
    request.headers.update(trace_headers())


def _faults(sdk: Any, http: Any) -> VendorFaults:
    return VendorFaults(
        status=(sdk.APIStatusError,),
        timeout=(sdk.APITimeoutError, http.TimeoutException),
        connection=(sdk.APIConnectionError, http.TransportError),
        other=(sdk.APIError, http.HTTPError, http.StreamError),
    )


def _completion(text: AnswerText, model: str, usage: "UsageMetadata | None", reason: object) -> Completion:
    """Return the answer that has ended; `reason` is the vendor's finish_reason."""
    text.end()
    finish: Finish = "length" if text.full else _FINISHES.get(reason, "stop")
    if not text.text.strip():
        raise empty_answer(finish)
    return Completion(text.text, model, _usage(usage), finish)


def _usage(counted: "UsageMetadata | None") -> Usage | None:
    if not counted or not counted["total_tokens"]:
        return None
    return Usage(counted["input_tokens"], counted["output_tokens"], counted["total_tokens"])
