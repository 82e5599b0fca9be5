"""Answers as server-sent events, over real HTTP, with the real Groq client against a stand-in on loopback."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from httpx_sse import EventSource, ServerSentEvent, connect_sse
from starlette.types import Receive, Scope, Send

from app import streams
from app.bootstrap import open_services
from app.common.ids import ClientId
from app.config import Settings
from app.middleware import RequestLog
from app.problems import unexpected_problem
from app.service import Services
from app.services.answering.keeping import TurnKeeper
from app.services.rag_chain import Answer, AnswerOptions, ChatQuestion, Delta
from tests.api import AppFactory, ask, assert_problem, quick_app, upload
from tests.fakes import HashEmbeddings
from tests.serving import serving
from tests.standin import Behaviour, Cut, Drop, Hang, Reply, StandIn, Status, StreamError
from tests.waiting import wait_for

QUESTION = "How much does the harbour crane lift?"
ANSWER = "The harbour crane lifts forty tonnes [1], or more [7]."
CLEAN = "The harbour crane lifts forty tonnes [1], or more."
STREAM = "/api/v1/chat/stream"
OF_ITS_OWN = {"message_id", "timings_ms", "session_id", "type"}


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(answer=ANSWER) as standin:
        yield standin


@pytest.fixture
def served(make_settings: Callable[..., Settings], standin: StandIn) -> Iterator[httpx.Client]:
    settings = make_settings(groq_api_key="gsk-of-the-test", groq_api_base=standin.base_url, llm_timeout=5)
    limits = httpx.Limits(max_connections=None)
    with (
        serving(quick_app(settings)) as url,
        httpx.Client(base_url=url, timeout=60, limits=limits, trust_env=False) as api,
    ):
        upload(api, client_id="harbour")  # type: ignore[arg-type]  # httpx's client has the same methods
        yield api


def _body(**more: Any) -> dict[str, Any]:
    return {"message": QUESTION, "client_id": "harbour", **more}


def _events(api: Any, path: str = STREAM, **more: Any) -> list[ServerSentEvent]:
    with connect_sse(api, "POST", path, json=_body(**more)) as source:
        assert source.response.status_code == 200, source.response.read()
        return list(source.iter_sse())


def _read(response: Any) -> list[ServerSentEvent]:
    """Parse a response that was read as a whole."""
    return list(EventSource(response).iter_sse())


def _message_count(api: Any, session_id: str) -> int:
    info = api.get(f"/api/v1/sessions/{session_id}/info")
    return 0 if info.status_code == 404 else int(info.json()["message_count"])


# What comes, and in which order


def test_sources_come_first_then_the_words_then_the_whole_answer(served: httpx.Client, standin: StandIn) -> None:
    standin.word_delay = 0.03
    events = _events(served, session_id="talk")
    names = [event.event for event in events]
    assert names == ["sources", *["delta"] * (len(events) - 2), "done"]
    assert len(events) > 3, "not all words at once"
    loaded = [event.json() for event in events]
    assert [data["type"] for data in loaded] == names
    first, *deltas, done = loaded
    assert first["session_id"] == done["session_id"] == "talk"
    assert first["search_query"] == QUESTION
    assert [(s["citation"], s["cited"]) for s in first["sources"]] == [(1, None)]
    assert "".join(delta["text"] for delta in deltas) == done["response"] == CLEAN


def test_done_is_the_answer_without_streaming(served: httpx.Client) -> None:
    done = _events(served)[-1].json()
    plain = ask(served, QUESTION, "harbour").json()  # type: ignore[arg-type]  # as above
    assert done.keys() == plain.keys() | {"type"}
    assert {k: v for k, v in done.items() if k not in OF_ITS_OWN} == {
        k: v for k, v in plain.items() if k not in OF_ITS_OWN
    }
    assert done["usage"]["completion_tokens"] == len(ANSWER.split())


def test_citations_can_be_checked(served: httpx.Client) -> None:
    done = _events(served)[-1].json()
    (citation,) = done["citations"]
    assert done["response"][citation["answer_start"] : citation["answer_end"]] == "[1]"
    (source,) = done["sources"]
    assert source["cited"] is True
    assert citation["quote"] == source["content"]
    for name in ("document_id", "source", "page", "section", "start", "end"):
        assert citation[name] == source[name]


def test_stream_true_on_the_chat_route_is_the_same(served: httpx.Client) -> None:
    events = _events(served, "/api/v1/chat/", stream=True)
    assert [event.event for event in events[:2]] == ["sources", "delta"]
    assert events[-1].json()["response"] == CLEAN


def test_headers_keep_proxies_from_holding_back(served: httpx.Client) -> None:
    response = served.post(STREAM, json=_body())
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["x-request-id"]
    assert "\r" not in response.text, "plain lines, for curl -N"


def test_a_number_that_comes_in_pieces_is_known_or_gone(served: httpx.Client, standin: StandIn) -> None:
    standin.answer = "It lifts much [1 , 7 ] and more [ 9 ]."
    events = _events(served)
    assert events[-1].json()["response"] == "It lifts much [1] and more."
    assert not any("9" in event.json()["text"] for event in events if event.event == "delta")


@pytest.mark.parametrize(
    "words", ["a\u2028b \u2029c \x85d", "line\nnext\r\nlast", "grüße 🏗️ 你好", "data: x\n\nevent: y"]
)
def test_any_text_survives_the_event_stream(served: httpx.Client, standin: StandIn, words: str) -> None:
    standin.answer = words
    assert _events(served)[-1].json()["response"] == words
    sent = served.post(STREAM, json=_body()).text
    assert not set(sent) & set("\u2028\u2029\x85"), "some readers take them for ends of lines"


def test_the_turn_is_stored_once_and_remembered(served: httpx.Client, standin: StandIn) -> None:
    _events(served, session_id="talk")
    assert _message_count(served, "talk") == 2
    _events(served, session_id="talk", message="Which licence does the crane driver need?")
    assert [m["content"] for m in standin.requests[-1].messages[1:-1]] == [QUESTION, CLEAN.replace(" [1]", "")]
    _events(served, session_id="talk", use_memory=False)
    assert _message_count(served, "talk") == 4


def test_quotes_come_sentence_by_sentence(api: TestClient) -> None:
    upload(api, client_id="harbour")
    response = api.post(STREAM, json=_body(session_id="talk"))
    events = _read(response)
    deltas = [event.json()["text"] for event in events if event.event == "delta"]
    assert deltas[0].startswith("The harbour crane lifts forty tonnes.")
    assert deltas[0].endswith("[1]")
    assert "".join(deltas) == events[-1].json()["response"]
    assert events[-1].json()["model"] == "extractive"
    assert _message_count(api, "talk") == 2


def test_nothing_relevant_is_said_in_streams_too(make_client: AppFactory, standin: StandIn) -> None:
    api = make_client(groq_api_key="gsk-x", groq_api_base=standin.base_url, min_relevance=1.5)
    upload(api, client_id="harbour")
    sources, delta, done = _read(api.post(STREAM, json=_body(message="chess?")))
    assert sources.json()["sources"] == []
    assert delta.json()["text"] == done.json()["response"]
    assert done.json()["grounded"] is False
    assert standin.requests == []


# What fails before it begins keeps its status; what fails later is an event


@pytest.mark.parametrize("path", [STREAM, "/api/v1/chat/"])
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"message": ""}, 422, "invalid_input"),
        ({"message": "h" * 8001}, 422, "message_too_long"),
        ({"client_id": None}, 422, "client_required"),
        ({"client_id": "nobody-yet"}, 404, "collection_not_found"),
        ({"session_id": "a b"}, 422, "invalid_session_id"),
    ],
)
def test_a_bad_question_is_refused_with_its_status(
    api: TestClient, path: str, change: dict[str, Any], status: int, code: str
) -> None:
    upload(api, client_id="harbour")
    assert_problem(api.post(path, json=_body(stream=True, **change)), status, code)
    assert api.get("/api/v1/sessions/list").json() == []


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Status(401), 502, "model_auth_failed"),
        (Status(400), 502, "model_rejected"),
        (Status(404), 502, "model_not_found"),
    ],
)
def test_a_model_that_refuses_at_once_keeps_its_status(
    served: httpx.Client, standin: StandIn, failure: Behaviour, status: int, code: str
) -> None:
    standin.behave = lambda _: failure
    assert_problem(served.post(STREAM, json=_body(session_id="talk")), status, code)
    assert _message_count(served, "talk") == 0


@pytest.mark.parametrize(
    ("failure", "code"),
    [(Drop(after_words=3), "model_unreachable"), (Cut(after_words=3), "model_unreachable"),
     (StreamError(after_words=3), "model_failed"), (Hang(after_words=3), "model_timeout")],
)  # fmt: skip
def test_a_model_that_breaks_off_ends_the_stream_with_a_problem(
    make_settings: Callable[..., Settings], standin: StandIn, failure: Behaviour, code: str
) -> None:
    standin.behave = lambda _: failure
    app = quick_app(make_settings(groq_api_key="gsk-x", groq_api_base=standin.base_url, llm_timeout=1))
    with serving(app) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as api:
        upload(api, client_id="harbour")  # type: ignore[arg-type]  # as above
        events = _events(api, session_id="talk")
        assert [event.event for event in events][:2] == ["sources", "delta"]
        assert events[-1].event == "error"
        problem = events[-1].json()
        assert problem["type"] == "error"
        assert problem["code"] == code
        assert problem["status"] in (502, 503, 504)
        assert len(problem["detail"]) > 10
        assert problem["request_id"]
        assert "vendor text" not in str(problem)
        assert _message_count(api, "talk") == 0


def test_an_error_that_nobody_foresaw_is_an_event_without_its_text(
    served: httpx.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a surrogate of something unforeseen")

    monkeypatch.setattr(TurnKeeper, "finish", fail)
    with caplog.at_level(logging.ERROR, logger="app"):
        response = served.post(STREAM, json=_body(session_id="talk"))
    *_, last = _read(response)
    assert last.event == "error"
    assert last.json()["code"] == "internal_error"
    assert "surrogate" not in response.text + caplog.text
    assert _message_count(served, "talk") == 0


# A reader who leaves


def test_a_reader_who_leaves_ends_the_call_and_keeps_what_was_sent(served: httpx.Client, standin: StandIn) -> None:
    standin.behave = lambda _: Hang(after_words=4)
    with connect_sse(served, "POST", STREAM, json=_body(session_id="talk")) as source:
        text = ""
        for event in source.iter_sse():
            text += event.json()["text"] if event.event == "delta" else ""
            if text == "The harbour crane lifts":
                break
    standin.wait_until(lambda s: s.cancelled_calls == 1 and s.open_calls == 0)
    messages = _wait_for_messages(served, "talk")
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert messages[1]["content"] == "The harbour crane lifts"
    assert messages[1]["extra"] == {"cut_off": True}


def test_a_reader_who_leaves_before_the_first_word_leaves_nothing(
    served: httpx.Client, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="app.request")
    standin.behave = lambda _: Hang()
    with connect_sse(served, "POST", STREAM, json=_body(session_id="talk")) as source:
        assert next(source.iter_sse()).event == "sources"
    standin.wait_until(lambda s: s.cancelled_calls == 1 and s.open_calls == 0)
    standin.wait_until(lambda _: "left" in [vars(record).get("stream") for record in caplog.records])
    assert _message_count(served, "talk") == 0


def _wait_for_messages(api: httpx.Client, session_id: str) -> list[dict[str, Any]]:
    def stored() -> Any:
        response = api.get(f"/api/v1/sessions/{session_id}/messages")
        return response.json()["messages"] if response.status_code == 200 else None

    messages: list[dict[str, Any]] = wait_for(stored)
    return messages


def _stream_until(services: Services, text: str | None) -> str:
    """Read a stream until it has said this, or to its end, close it, and return what it said."""

    async def read() -> str:
        question = ChatQuestion(
            client_id=ClientId("harbour"), text=QUESTION, options=AnswerOptions(top_k=4), session_id="talk"
        )
        stream = services.rag.stream(await services.rag.prepare(question))
        said = ""
        async for piece in stream:
            said += piece.text if isinstance(piece, Delta) else ""
            if isinstance(piece, Answer) or said == text:
                break
        await stream.aclose()
        return said

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("behaviour", "text", "extra"), [(Hang(after_words=2), "The harbour", {"cut_off": True}), (Reply(ANSWER), None, {})]
)
def test_closing_the_stream_stores_the_turn_once(
    make_settings: Callable[..., Settings], standin: StandIn, behaviour: Behaviour, text: str | None, extra: Any
) -> None:
    standin.behave = lambda _: behaviour
    settings = make_settings(groq_api_key="gsk-x", groq_api_base=standin.base_url, no_answer="model")
    with open_services(settings, embedder=HashEmbeddings()) as services:
        file = settings.data_path / "crane.txt"
        file.write_text("The harbour crane lifts forty tonnes.")
        services.ingest_file(file, ClientId("harbour"))
        said = _stream_until(services, text)
        asked, answered = services.session_store.messages(ClientId("harbour"), "talk").messages
    assert asked.content == QUESTION
    assert answered.content == said == (text or CLEAN)
    assert answered.extra == extra
    assert [source["cited"] for source in answered.sources] == [not extra]


def test_a_stream_that_is_cancelled_before_its_first_word_stores_nothing(
    make_settings: Callable[..., Settings], standin: StandIn
) -> None:
    async def leave(services: Services) -> None:
        question = ChatQuestion(
            client_id=ClientId("harbour"), text=QUESTION, options=AnswerOptions(top_k=4), session_id="talk"
        )
        waiting = asyncio.ensure_future(anext(services.rag.stream(await services.rag.prepare(question))))
        await asyncio.to_thread(standin.wait_until, lambda s: s.open_calls == 1)
        waiting.cancel()
        await asyncio.wait({waiting})

    standin.behave = lambda _: Hang()
    settings = make_settings(groq_api_key="gsk-x", groq_api_base=standin.base_url, no_answer="model")
    with open_services(settings, embedder=HashEmbeddings()) as services:
        file = settings.data_path / "crane.txt"
        file.write_text("The harbour crane lifts forty tonnes.")
        services.ingest_file(file, ClientId("harbour"))
        asyncio.run(leave(services))
        assert services.session_store.get_stats()["total_sessions"] == 0


def test_a_stream_whose_reader_never_came_is_closed() -> None:
    closed: list[str] = []

    async def pieces() -> Any:
        try:
            yield Delta("one")
            yield Delta("two")
        finally:
            closed.append("closed")

    async def leave() -> None:
        begun = await streams.FirstPiece.wait(pieces())
        await begun.aclose()
        assert closed == ["closed"]
        await begun.aclose()

    asyncio.run(leave())


def test_waiting_for_the_first_word_ends_and_the_word_still_comes() -> None:
    async def read() -> list[str]:
        waited = asyncio.Event()

        async def pieces() -> Any:
            await waited.wait()
            yield "one"
            yield "two"

        begun = await streams.FirstPiece.wait(pieces(), seconds=0.0)
        waited.set()
        return [piece async for piece in begun]

    assert asyncio.run(read()) == ["one", "two"]


# Many, the log, the limit, the heartbeat


def test_a_hundred_streams_flow_at_once(served: httpx.Client, standin: StandIn) -> None:
    # No call is answered before all hundred are open: one that queued would fail them all.
    standin.behave = lambda _: Reply(ANSWER, once_open=100)
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: _events(served)[-1].json(), range(100)))
    assert [answer["response"] for answer in answers] == [CLEAN] * 100


def test_each_stream_has_its_own_line_in_the_log(
    served: httpx.Client, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="app.request")

    def line(count: int) -> Any:
        standin.wait_until(lambda _: len(caplog.records) >= count)
        return caplog.records[count - 1]

    standin.script(Reply("Slow [1].", word_delay=0.2), Drop(after_words=2), Hang(after_words=3))
    _events(served)
    done = line(1)
    assert (done.status, done.stream, done.client, done.route) == (200, "done", "harbour", STREAM)
    assert done.ms >= 400, "until the last word"
    _events(served)
    assert (line(2).status, line(2).stream) == (200, "model_unreachable")
    with connect_sse(served, "POST", STREAM, json=_body()) as source:
        next(source.iter_sse())
    assert (line(3).status, line(3).stream) == (200, "left")
    ask(served, QUESTION, "harbour")  # type: ignore[arg-type]  # as above
    assert not hasattr(line(4), "stream")


def test_the_logged_duration_ends_with_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0

    async def app(_: Scope, __: Receive, send: Send) -> None:
        nonlocal now
        await send({"type": "http.response.start", "status": 200, "headers": []})
        now += 0.25
        await send({"type": "http.response.body", "body": b"done"})
        now += 60  # a task in the background

    caplog.set_level(logging.INFO, logger="app.request")
    TestClient(RequestLog(app, unexpected=unexpected_problem, clock=lambda: now)).get("/")
    assert vars(caplog.records[0])["ms"] == 250


def test_streams_count_for_the_rate_limit(make_client: AppFactory) -> None:
    api = make_client(rate_limit_per_minute=2)
    upload(api, client_id="harbour")
    assert api.post(STREAM, json=_body()).status_code == 200
    # One more when a new minute has just begun: then the request before counts a little less than one.
    *_, refused = (api.post(STREAM, json=_body()) for _ in range(2))
    assert_problem(refused, 429, "rate_limited")


def test_a_silent_stream_has_a_heartbeat(
    monkeypatch: pytest.MonkeyPatch, served: httpx.Client, standin: StandIn
) -> None:
    assert streams.HEARTBEAT_SECONDS == 15
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)  # nobody wants to wait for it, nor to configure it
    standin.behave = lambda _: Hang(after_words=1)
    with served.stream("POST", STREAM, json=_body()) as response:
        lines = response.iter_lines()
        while next(lines) != ": still here":
            pass
        assert next(lines) == "", "a comment ends like an event, and readers skip it"


def test_the_events_are_documented(api: TestClient) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    for path in (STREAM, "/api/v1/chat/"):
        assert "text/event-stream" in paths[path]["post"]["responses"]["200"]["content"]
    described = paths[STREAM]["post"]["responses"]["200"]["description"]
    assert all(name in described for name in ("`sources`", "`delta`", "`done`", "`error`"))
