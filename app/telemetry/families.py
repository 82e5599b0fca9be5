"""What is counted as it happens. Like loggers, these are the process's: all services that it opens share them."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

# A third of the text, and nobody reads when a series began.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library leaves it without types

EVENTS = CollectorRegistry(auto_describe=True)

_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_STAGE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LONG = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"rag_{name}", text, labels, registry=EVENTS)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"rag_{name}_seconds", text, labels, registry=EVENTS, buckets=buckets)


REQUESTS = _counter("requests", "Requests by route and status; 499 is a caller who left.", "method", "route", "status")
REQUEST_SECONDS = _histogram("request", "From the request's head to the answer's end.", _REQUEST, "route")

CHAT_STAGE_SECONDS = _histogram(
    "chat_stage", "Parts of a chat: rewriting, retrieval, reranking, answer (model or quoting), store.", _STAGE, "stage"
)
FIRST_WORDS_SECONDS = _histogram("chat_first_words", "From the question to the first words of its answer.", _STAGE)

INGEST_STAGE_SECONDS = _histogram(
    "ingest_stage", "Parts of taking a file in: read, embed, write, each with its waiting.", _LONG, "stage"
)
DOCUMENTS = _counter("ingested_documents", "Files that were taken in: ready, duplicate or failed.", "status")
PAGES = _counter("ingested_pages", "Pages of the files that are ready.")
CHUNKS = _counter("ingested_chunks", "Chunks of the files that are ready.")
BYTES = _counter("ingested_bytes", "Bytes of the files that are ready.")
PARSER_DEATHS = _counter(
    "parser_deaths", "Reading processes that a file ended: memory, processor, clock or crash.", "reason"
)

EMBEDDING_RUN_SECONDS = _histogram("embedding_run", "Runs of the embedding model, each over a batch of texts.", _STAGE)
EMBEDDED_TEXTS = _counter("embedded_texts", "Texts that were embedded, questions included.")

MODEL_CALL_SECONDS = _histogram(
    "model_call", "Single calls to the language model, until the answer or the first word of a stream.", _LONG
)
MODEL_CALLS = _counter("model_calls", "Single calls to the language model: ok, an error's code, or left.", "outcome")
MODEL_FALLBACKS = _counter("model_fallbacks", "Questions that were given to the fallback model.")
MODEL_BROKEN_STREAMS = _counter("model_broken_streams", "Streams of the model that broke after their first word.")
MODEL_TOKENS = _counter(
    "model_tokens",
    "Tokens of the language model, in or out, counted by the vendor or estimated.",
    "direction",
    "counted",
)

RERANK_SECONDS = _histogram("rerank", "Questions to the reranker, whatever it is.", _STAGE)
RERANKS = _counter("reranks", "Questions to the reranker: ok, why there was no reranking, or left.", "outcome")

BUDGET_REFUSALS = _counter(
    "budget_refusals", "Requests and calls beyond a budget of their client, by budget.", "budget"
)

COMPACTION_SECONDS = _histogram("compaction", "Compactions of all stores.", _LONG)
COMPACTION_FAILURES = _counter("compaction_failures", "Compactions that failed and are tried again.")
REPAIRS = _counter("repairs", "Rebuilds of a client's index, and resumed deletions: ok or failed.", "outcome")
SESSIONS_EXPIRED = _counter("sessions_expired", "Expired conversations that were deleted.")

ProcessCollector(registry=EVENTS)
PlatformCollector(registry=EVENTS)
GCCollector(registry=EVENTS)
