"""Spans of requests and stages, and the trace that the language model is told."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.telemetry.tracing import trace_into
from tests.api import AppFactory, ask, upload
from tests.standin import StandIn

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


def test_a_question_is_one_trace_from_its_caller_to_the_model(make_app: AppFactory) -> None:
    exporter = InMemorySpanExporter()
    with StandIn() as model, make_app(groq_api_key="gsk-x", groq_api_base=model.base_url) as api:
        upload(api, client_id="harbour")
        end = trace_into(SimpleSpanProcessor(exporter), version="1")
        try:
            assert ask(api, "Who built the crane?", "harbour", session_id="s", headers=PARENT).status_code == 200
        finally:
            end()
        ask(api, "Who built the crane?", "harbour", headers=PARENT)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"POST /api/v1/chat/", "chat.retrieval", "chat.answer", "chat.store"}
    request = spans["POST /api/v1/chat/"]
    assert {format(span.context.trace_id, "032x") for span in spans.values() if span.context} == {TRACE}
    for name in ("chat.retrieval", "chat.answer", "chat.store"):
        parent = spans[name].parent
        assert parent is not None
        assert request.context is not None
        assert parent.span_id == request.context.span_id
    assert dict(request.attributes or {})["http.response.status_code"] == 200
    traced, untraced = model.requests
    assert traced.headers["traceparent"].split("-")[1] == TRACE
    assert "traceparent" not in untraced.headers
    assert "harbour" not in str([span.to_json() for span in spans.values()])


@pytest.mark.parametrize("headers", [{"traceparent": "00-nonsense"}, {"traceparent": "é"}, {}])
def test_a_trace_that_cannot_be_read_begins_a_new_one(make_app: AppFactory, headers: dict[str, str]) -> None:
    exporter = InMemorySpanExporter()
    end = trace_into(SimpleSpanProcessor(exporter), version="1")
    try:
        with make_app() as api:
            sent = {name: text.encode() for name, text in headers.items()}
            assert api.get("/health/live", headers=sent).status_code == 200  # type: ignore[arg-type] # bytes
    finally:
        end()
    (span,) = exporter.get_finished_spans()
    assert span.parent is None
