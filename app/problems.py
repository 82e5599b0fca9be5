"""Errors as answers: RFC 9457 problem details (`application/problem+json`) with a code for programs."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Route
from starlette.types import Scope

from app.common.errors import UNSUPPORTED, AppError
from app.common.file_loader import SUPPORTED_KINDS

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
CALLER_LEFT = 499
"""What the log calls a request whose caller left before there was an answer."""
_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    503: "shutting_down",
}
_DETAILS = {
    400: "The body cannot be read: send JSON in UTF-8, not compressed, with 'Content-Type: application/json'.",
    404: "There is nothing at this address; see /docs for the routes.",
    405: "This address does not take that method; see /docs for the routes.",
}
_UNEXPECTED = "Something went wrong on our side; try again, and tell the operator the request_id if it stays."
_EXAMPLES = {
    400: ("bad_request", _DETAILS[400]),
    401: ("not_authenticated", "Send your key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."),
    403: ("admin_key_required", "This needs the admin key."),
    404: ("collection_not_found", "This client has no documents yet; upload some first."),
    408: ("request_timeout", "The request stopped arriving; send it again, without pauses."),
    409: ("conflict", "The request does not fit the present state."),
    413: ("too_large", "The body is too large; send less at once."),
    415: ("unsupported_type", f"This kind of file is not read here; upload {SUPPORTED_KINDS}."),
    422: ("invalid_input", "top_k: Input should be less than or equal to 50."),
    429: ("limit_reached", "A limit of this client is used up; try again later."),
    431: (
        "headers_too_large",
        "The request's address and headers are larger than accepted; send shorter ones.",
    ),
    500: ("internal_error", _UNEXPECTED),
    502: ("model_failed", "The language model's service answered with an error."),
    503: ("unavailable", "The service cannot take this now; try again shortly."),
    504: ("model_timeout", "The language model did not answer in time; try again."),
    507: ("insufficient_storage", "The disk has no room for this; delete something, or try again later."),
}
"""For each status a code that it comes with, and a sentence; in the OpenAPI document alone."""


class Problem(BaseModel):
    """What went wrong, for a person (`detail`) and for a program (`code`)."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["This client has no documents yet; upload some first."])
    code: str = Field(examples=["collection_not_found"])
    request_id: str = Field(examples=["3f1c0b9d2a4e4f6f"])
    errors: list[dict[str, str]] | None = Field(
        None, description="For payloads that do not validate: each field and what is wrong with it."
    )


Renderer = Callable[[Problem, Mapping[str, str]], Response]
"""Makes the answer of a problem and of its headers."""


def render_with(scope: Scope, renderer: Renderer) -> None:
    """Let the problems of one request be shown in another shape than the service's own."""
    scope.setdefault("state", {})["render_problem"] = renderer


def _render(body: Problem, headers: Mapping[str, str]) -> Response:
    content = body.model_dump(exclude_none=True)
    return JSONResponse(content, body.status, headers=dict(headers), media_type=MEDIA_TYPE)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` that document these statuses with the Problem shape and an example of each."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": example_problem(status).model_dump(exclude_none=True),
                }
            },
        }
        for status in statuses
    }


def example_problem(status: int) -> Problem:
    """Return what a problem of this status looks like."""
    code, detail = _EXAMPLES[status]
    field, _, message = detail.rstrip(".").partition(": ")
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id="3f1c0b9d2a4e4f6f",
        errors=[{"field": field, "message": message}] if code == "invalid_input" else None,
    )


def describe(request: Request, exc: AppError) -> Problem:
    """Describe an error of ours for the body of an answer, or for a stream that has begun."""
    return _problem(request, exc.status, detail=exc.detail, code=exc.code)


def describe_unexpected(request: Request, exc: Exception) -> Problem:
    """Log an error that nobody foresaw, and describe it."""
    # The type and the place, never the text: it may quote a document or a key.
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    logger.error("unexpected error", extra={"error": type(exc).__name__, "where": where})
    return _problem(
        request,
        500,
        detail=_UNEXPECTED,
        code="internal_error",
    )


def problem(
    request: Request,
    status: int,
    *,
    detail: str,
    code: str,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """Build the answer for one problem."""
    return _response(request, _problem(request, status, detail=detail, code=code, errors=errors), headers or {})


def _problem(
    request: Request, status: int, *, detail: str, code: str, errors: list[dict[str, str]] | None = None
) -> Problem:
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=getattr(request.state, "request_id", ""),
        errors=errors,
    )


def _response(request: Request, body: Problem, headers: Mapping[str, str]) -> Response:
    renderer: Renderer = getattr(request.state, "render_problem", _render)
    return renderer(body, headers)


def add_problem_handlers(app: FastAPI, routes: Sequence[Route]) -> None:
    """Turn every error, ours and the framework's, into a problem. `routes` are all that the app has."""

    async def http_error(request: Request, exc: HTTPException) -> Response:
        headers = dict(exc.headers or {})
        if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = _methods(request.scope, routes)
        return _http_error(request, exc, headers)

    app.exception_handler(AppError)(_app_error)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(http_error)
    app.exception_handler(ClientDisconnect)(_caller_left)


async def _app_error(request: Request, exc: AppError) -> Response:
    headers = {"Retry-After": str(exc.retry_after)} if exc.retry_after is not None else {}
    if exc.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return _response(request, describe(request, exc), headers)


async def _invalid(request: Request, exc: RequestValidationError) -> Response:
    found = exc.errors()
    if found and found[0]["type"] == "json_invalid":
        return problem(request, 400, detail="The body is not valid JSON.", code="bad_request")
    if found and found[0]["loc"] == ("body",) and found[0]["type"] != "missing":
        detail = "Send a JSON object as the body, with 'Content-Type: application/json'."
        return problem(request, 422, detail=detail, code="invalid_input")
    # Neither "input" nor "ctx" is passed on: they repeat what was sent.
    # What two dependencies look for is missing once.
    named = dict.fromkeys((_field(error["loc"]), error["msg"]) for error in found)
    errors = [{"field": field, "message": message} for field, message in named]
    detail = "; ".join(f"{error['field']}: {error['message'].rstrip('.')}" for error in errors[:3]) + "."
    code = UNSUPPORTED if found[0]["type"] == UNSUPPORTED else "invalid_input"
    return problem(request, 422, detail=detail, code=code, errors=errors)


def _http_error(request: Request, exc: HTTPException, headers: Mapping[str, str]) -> Response:
    code = _CODES.get(exc.status_code, "http_error")
    detail = _DETAILS.get(exc.status_code, str(exc.detail))
    return problem(request, exc.status_code, detail=detail, code=code, headers=headers)


def _methods(scope: Scope, routes: Iterable[Route]) -> str:
    """Return what the address takes: one path may have several routes, of which the framework names the first."""
    found = [route for route in routes if route.matches(scope)[0] is not Match.NONE]
    # An address such as /sessions/stats also looks like /sessions/{session_id}, which is another thing.
    named = min((route.path for route in found), key=lambda path: path.count("{"), default="")
    return ", ".join(sorted({method for route in found if route.path == named for method in route.methods or ()}))


async def _caller_left(_request: Request, _exc: ClientDisconnect) -> Response:
    return Response(status_code=CALLER_LEFT)  # nobody reads it; the log line shows it


def unexpected_problem(request: Request, exc: Exception) -> Response:
    """Log an error that nobody foresaw, and build its answer."""
    return _response(request, describe_unexpected(request, exc), {})


def _field(location: tuple[int | str, ...]) -> str:
    parts = location[1:] if location and location[0] in ("body", "query", "path") else location
    return ".".join(map(str, parts)) or "body"
