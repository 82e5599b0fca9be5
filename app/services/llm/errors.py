"""Vendor failures become ours: what went wrong and what to do, never the vendor's words."""

import logging
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.common.errors import AppError, UpstreamBusy, UpstreamFailed, UpstreamTimeout
from app.services.llm.types import Finish

logger = logging.getLogger(__name__)

DEFAULT_RETRY_AFTER = 5
MAX_RETRY_AFTER = 3600
_TOO_LONG = re.compile(r"context.{0,20}(length|window|size|limit|overflow)|too (large|long)|max.{0,20}tokens", re.I)
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What the libraries raise on an answer that is not what was promised (JSON decoding and pydantic are ValueErrors)."""


@dataclass(frozen=True, slots=True)
class VendorFaults:
    """The exception types of one vendor's SDK and of the HTTP library under it."""

    status: tuple[type[Exception], ...]
    timeout: tuple[type[Exception], ...]
    connection: tuple[type[Exception], ...]
    other: tuple[type[Exception], ...]


class AnswerRefused(Exception):
    """A response that is not read on, for the reason in `error`. Raised below an SDK, which may wrap it in its own."""

    def __init__(self, error: AppError) -> None:
        super().__init__(error.code)
        self.error = error


@contextmanager
def vendor_errors(faults: VendorFaults) -> Iterator[None]:
    """Translate what the vendor's library raises in the block. Timeouts are connection errors too: order matters."""
    try:
        yield
    except AppError:
        raise
    except AnswerRefused as exc:
        raise exc.error from exc
    except faults.status as exc:
        raise _from_status(exc) from exc
    except faults.timeout as exc:
        raise too_slow() from exc
    except faults.connection as exc:
        raise _refusal_in(exc) or unreachable() from exc
    except faults.other as exc:
        raise _failed() from exc
    except _MALFORMED as exc:
        logger.warning("answer of the language model cannot be read", extra={"error": type(exc).__name__})
        raise unreadable() from exc


def unreachable() -> UpstreamBusy:
    """Return the error for a vendor that cannot be reached or that broke the connection."""
    return UpstreamBusy(
        "The language model cannot be reached at the moment. Try again shortly.",
        code="model_unreachable",
        retry_after=DEFAULT_RETRY_AFTER,
    )


def unreadable() -> UpstreamFailed:
    """Return the error for an answer that is not what was promised."""
    return UpstreamFailed(
        "The language model sent an answer that cannot be read. Try again.",
        code="model_bad_answer",
        retry_after=DEFAULT_RETRY_AFTER,
    )


def too_much() -> UpstreamFailed:
    """Return the error for a response larger than any answer within MAX_ANSWER_TOKENS."""
    return UpstreamFailed(
        "The language model's answer has no end. Ask again, or for something shorter.", code="model_answer_too_long"
    )


def empty_answer(finish: Finish) -> UpstreamFailed:
    """Return the error for an answer without any text."""
    if finish == "content_filter":
        return UpstreamFailed(
            "The language model's service withheld the answer. Put the question in another way.", code="model_filtered"
        )
    if finish == "length":
        return UpstreamFailed(
            "The language model used up its tokens before it answered. The operator can raise MAX_ANSWER_TOKENS.",
            code="model_out_of_tokens",
        )
    return UpstreamFailed(
        "The language model sent an empty answer. Try again.",
        code="model_empty_answer",
        retry_after=DEFAULT_RETRY_AFTER,
    )


def _refusal_in(exc: BaseException | None) -> AppError | None:
    """Return why an answer was refused, if that is at the bottom of what an SDK raised."""
    while exc is not None:
        if isinstance(exc, AnswerRefused):
            return exc.error
        exc = exc.__cause__ or exc.__context__
    return None


def _failed(retry_after: int | None = None) -> UpstreamFailed:
    wait = DEFAULT_RETRY_AFTER if retry_after is None else retry_after
    return UpstreamFailed(
        "The language model's service failed. Try again later.", code="model_failed", retry_after=wait
    )


def _from_status(exc: Exception) -> AppError:
    status = int(getattr(exc, "status_code", 500))
    headers: Mapping[str, str] = getattr(getattr(exc, "response", None), "headers", {})
    if status == 429:
        wait = parse_retry_after(headers.get("retry-after"))
        return UpstreamBusy(
            "The language model is busy. Try again later.",
            code="model_busy",
            retry_after=DEFAULT_RETRY_AFTER if wait is None else wait,
        )
    if status >= 500:
        return _failed(parse_retry_after(headers.get("retry-after")))
    return _refusal(status, exc)


def _refusal(status: int, exc: Exception) -> UpstreamFailed:
    if status in (401, 403):
        return UpstreamFailed(
            "The language model's service refused this service's key. The operator must set a valid one.",
            code="model_auth_failed",
        )
    if status == 413 or (status in (400, 422) and _TOO_LONG.search(_body_text(exc))):
        return UpstreamFailed(
            "Question, conversation and passages are too long for the language model. "
            "Ask for fewer passages (top_k) or start a new session.",
            code="model_context_too_long",
        )
    if status == 404:
        return UpstreamFailed(
            "The language model's service does not know this model. Choose another one.", code="model_not_found"
        )
    return UpstreamFailed("The language model's service rejected the request.", code="model_rejected")


def _body_text(exc: Exception) -> str:
    """What the vendor said, to classify it; it is read here and goes nowhere else."""
    return str(getattr(exc, "body", None) or exc)


def parse_retry_after(value: str | None) -> int | None:
    """Return whole seconds (0 to MAX_RETRY_AFTER) from a Retry-After header, a number or a date; None if neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):  # not a date, or one without a time zone
            return None
    if not math.isfinite(seconds):
        return None
    return min(MAX_RETRY_AFTER, max(0, math.ceil(seconds)))


def too_slow() -> UpstreamTimeout:
    """Return the error for a model that did not answer in time."""
    return UpstreamTimeout("The language model did not answer in time. Try again.", retry_after=5)
