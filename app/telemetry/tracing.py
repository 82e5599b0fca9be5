"""Spans for OpenTelemetry: nothing, and hardly any time, unless an exporter is configured.

Its libraries are imported when one is: they are no part of what the service needs.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from app.common.errors import AppError, StartupError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, Tracer

SERVICE = "conversational-rag"

_tracers: list["Tracer"] = []
"""The tracer that was opened last and is not closed yet comes last; like loggers, it is the process's."""


def open_tracing(endpoint: str, *, version: str) -> Callable[[], None]:
    """Send spans to an OTLP collector at `endpoint` (OTLP over HTTP); call what is returned to send the rest and end.

    The standard variables OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and so on hold for the rest. Raises
    StartupError when OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise StartupError(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs OpenTelemetry: pip install -r requirements-otel.txt, or take it out."
        ) from None
    address = f"{endpoint.rstrip('/')}/v1/traces"
    return trace_into(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)), version=version)


def trace_into(processor: "SpanProcessor", *, version: str) -> Callable[[], None]:
    """Hand spans to `processor` until what is returned is called."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE, "service.version": version}))
    provider.add_span_processor(processor)
    tracer = provider.get_tracer(SERVICE, version)
    _tracers.append(tracer)

    def end() -> None:
        _tracers.remove(tracer)
        _shut_down(provider)

    return end


def _shut_down(provider: "TracerProvider") -> None:
    provider.force_flush(5_000)
    provider.shutdown()


def span(name: str) -> AbstractContextManager[None]:
    """Record the block as a child of the request's span."""
    return _recorded(name) if _tracers else nullcontext()


@contextmanager
def _recorded(name: str) -> Iterator[None]:
    # Not made the current one: a generator may be closed in another context than it began in.
    recorded = _tracers[-1].start_span(name)
    try:
        yield
    except Exception as exc:
        _fail(recorded, exc)
        raise
    finally:
        recorded.end()


def _fail(recorded: "Span", exc: Exception) -> None:
    from opentelemetry.trace import StatusCode

    # The code and never the text, which may quote a document.
    recorded.set_status(StatusCode.ERROR)
    recorded.set_attribute("error.type", exc.code if isinstance(exc, AppError) else type(exc).__name__)


class RequestSpan:
    """The span of one request, to be told how it ended."""

    def __init__(self, recorded: "Span | None" = None) -> None:
        self._recorded = recorded

    def ended(self, *, method: str, route: str, status: int, request_id: str) -> None:
        """Name the span by the request's route."""
        if self._recorded is None:
            return
        self._recorded.update_name(f"{method} {route}")
        self._recorded.set_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
                "rag.request_id": request_id,
            }
        )
        if status >= 500:
            from opentelemetry.trace import StatusCode

            self._recorded.set_status(StatusCode.ERROR)


@contextmanager
def request_span(headers: Mapping[str, str]) -> Iterator[RequestSpan]:
    """Record a request as a child of the span that its `traceparent` names, and as the parent of what it does."""
    if not _tracers:
        yield RequestSpan()
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract(headers)
    with _tracers[-1].start_as_current_span(
        "request", context=parent, kind=SpanKind.SERVER, record_exception=False
    ) as recorded:
        yield RequestSpan(recorded)


def trace_headers() -> dict[str, str]:
    """Return the headers that tell another service which request this is about; none without tracing."""
    headers: dict[str, str] = {}
    if _tracers:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(headers)
    return headers
