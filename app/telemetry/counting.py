"""A function for each thing that is counted: the places where it happens know no families."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from prometheus_client import Histogram

from app.common.errors import AppError
from app.common.undo import on_failure
from app.telemetry import families, tracing

ChatStage = Literal["rewriting", "retrieval", "reranking", "answer", "store"]
IngestStage = Literal["read", "embed", "write"]
Death = Literal["memory", "processor", "clock", "crash"]
Ingested = Literal["ready", "duplicate", "failed"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that has ended; `route` is its pattern, never its path."""
    families.REQUESTS.labels(method if method in _METHODS else "other", route, str(status)).inc()
    families.REQUEST_SECONDS.labels(route).observe(seconds)


@contextmanager
def chat_stage(stage: ChatStage) -> Iterator[None]:
    """Time a stage of a chat, as a span too."""
    with tracing.span(f"chat.{stage}"), _timed(families.CHAT_STAGE_SECONDS.labels(stage)):
        yield


def count_first_words(seconds: float) -> None:
    """Note how long a caller waited for the first words."""
    families.FIRST_WORDS_SECONDS.observe(seconds)


@contextmanager
def ingest_stage(stage: IngestStage) -> Iterator[None]:
    """Time a stage of taking a file in, as a span too."""
    with tracing.span(f"ingest.{stage}"), _timed(families.INGEST_STAGE_SECONDS.labels(stage)):
        yield


def count_document(status: Ingested, *, pages: int, chunks: int, size: int) -> None:
    """Count a file that was taken in, or not; `size` is in bytes."""
    families.DOCUMENTS.labels(status).inc()
    if status == "ready":
        families.PAGES.inc(pages)
        families.CHUNKS.inc(chunks)
        families.BYTES.inc(size)


def count_parser_death(reason: Death) -> None:
    """Count a reading process that its file has ended."""
    families.PARSER_DEATHS.labels(reason).inc()


@contextmanager
def embedding_run(texts: int) -> Iterator[None]:
    """Time one run of the embedding model over so many texts."""
    with _timed(families.EMBEDDING_RUN_SECONDS):
        yield
    families.EMBEDDED_TEXTS.inc(texts)


@contextmanager
def model_call() -> Iterator[None]:
    """Time one call to the language model, and note how it ended: `ok`, an error's code, or `left` by the caller."""
    outcome = "left"
    try:
        with _timed(families.MODEL_CALL_SECONDS):
            yield
        outcome = "ok"
    except AppError as exc:
        outcome = exc.code
        raise
    finally:
        families.MODEL_CALLS.labels(outcome).inc()


def count_fallback() -> None:
    """Count a question that another model is asked."""
    families.MODEL_FALLBACKS.inc()


def count_broken_stream() -> None:
    """Count a stream of the model that broke after it had begun."""
    families.MODEL_BROKEN_STREAMS.inc()


def count_tokens(tokens_in: int, tokens_out: int, *, estimated: bool) -> None:
    """Count the tokens of one call."""
    counted = "estimate" if estimated else "vendor"
    families.MODEL_TOKENS.labels("in", counted).inc(tokens_in)
    families.MODEL_TOKENS.labels("out", counted).inc(tokens_out)


def count_reranking(outcome: str, seconds: float) -> None:
    """Count a question to the reranker: `ok`, the code of what went wrong, or `left` by the caller."""
    families.RERANK_SECONDS.observe(seconds)
    families.RERANKS.labels(outcome).inc()


def count_budget_refusal(budget: str) -> None:
    """Count what was refused because a client's budget of this name is used up."""
    families.BUDGET_REFUSALS.labels(budget).inc()


@contextmanager
def compaction() -> Iterator[None]:
    """Time a compaction; one that raises counts as failed."""
    with on_failure(families.COMPACTION_FAILURES.inc), _timed(families.COMPACTION_SECONDS):
        yield


def count_repair(*, ok: bool) -> None:
    """Count a repair that succeeded, or is to be tried again."""
    families.REPAIRS.labels("ok" if ok else "failed").inc()


def count_expired(sessions: int) -> None:
    """Count conversations that were deleted because their time was over."""
    families.SESSIONS_EXPIRED.inc(sessions)


@contextmanager
def _timed(histogram: Histogram) -> Iterator[None]:
    # Not the library's own timer: that is a class with a `with` of its own and takes twice as long.
    started = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - started)
