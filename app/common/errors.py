"""Errors that a caller may see: each carries its HTTP status, a code for programs and a sentence for people.

A detail is written for a stranger: it never holds a path, SQL, a key, document text or another exception's text.
"""

from typing import ClassVar

STORAGE_RETRY_SECONDS = 30
UNSUPPORTED = "unsupported_parameter"
"""The type of a validation error, and its code, for a feature that is known and that this service does not have."""


class AppError(Exception):
    """Base of all errors that become an answer (RFC 9457 problem details)."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, *, code: str | None = None, retry_after: int | None = None) -> None:
        """`detail` is one sentence that says what to do; `retry_after` is in seconds."""
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.retry_after = retry_after


class InvalidInput(AppError):
    """What was sent cannot be used as it is."""

    status = 422
    default_code = "invalid_input"


class BadRequest(AppError):
    """The request itself is malformed."""

    status = 400
    default_code = "bad_request"


class NotAuthenticated(AppError):
    """No key, or one that is not known (any more)."""

    status = 401
    default_code = "not_authenticated"


class Forbidden(AppError):
    """A good key that does not give the right to this."""

    status = 403
    default_code = "forbidden"


class NotFound(AppError):
    """There is no such thing, or it belongs to somebody else: the two are never told apart."""

    status = 404
    default_code = "not_found"


class Conflict(AppError):
    """The request is fine but does not fit the present state."""

    status = 409
    default_code = "conflict"


class TooLarge(AppError):
    """More bytes, pages or characters than the limits allow."""

    status = 413
    default_code = "too_large"


class UnsupportedType(AppError):
    """A kind of file that is not read here."""

    status = 415
    default_code = "unsupported_type"


class LimitReached(AppError):
    """A limit of this client is used up."""

    status = 429
    default_code = "limit_reached"


class UpstreamFailed(AppError):
    """The language model's service answered with an error that a retry does not mend."""

    status = 502
    default_code = "model_failed"


class Unavailable(AppError):
    """Busy, shutting down, or something this service needs cannot be reached: try again later."""

    status = 503
    default_code = "unavailable"


class UpstreamBusy(Unavailable):
    """The language model's service is overloaded or cannot be reached."""

    default_code = "model_busy"


class UpstreamTimeout(AppError):
    """The language model did not answer in time."""

    status = 504
    default_code = "model_timeout"


class InsufficientStorage(AppError):
    """A disk has no room for what is to be stored; reading and deleting go on."""

    status = 507
    default_code = "insufficient_storage"


class UnreadableFile(InvalidInput):
    """A file that cannot become text; `code` says why (corrupt, encrypted, no_text, bomb, timeout, ...)."""

    default_code = "corrupt"


class StartupError(Exception):
    """The service cannot start; the message is one sentence for the operator."""


def shutting_down(*, retry_after: int = 5) -> Unavailable:
    """Return the answer of anything that is asked for more while the service ends; `retry_after` is in seconds."""
    return Unavailable(
        "The service is shutting down; try again shortly.", code="shutting_down", retry_after=retry_after
    )


def disk_full() -> InsufficientStorage:
    """Return the answer of anything that cannot be stored for want of room."""
    return InsufficientStorage(
        "The service's disk is full, so nothing was stored; delete what is not needed, or have the operator make room, "
        "and try again.",
        retry_after=STORAGE_RETRY_SECONDS,
    )


def not_writable() -> Unavailable:
    """Return the answer of anything that cannot be stored because a folder of ours does not take it."""
    return Unavailable(
        "The service cannot write to its folders, so nothing was stored; tell the operator to look at the disk and at "
        "the folders' permissions.",
        code="storage_not_writable",
        retry_after=STORAGE_RETRY_SECONDS,
    )


def database_damaged() -> Unavailable:
    """Return the answer of anything that meets a damaged database."""
    return Unavailable(
        "A database of the service is damaged; tell the operator to stop the service and to run its doctor.",
        code="database_damaged",
    )
