"""Errors as answers: RFC 9457 problem details (`application/problem+json`) with a code for programs."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.common.errors import AppError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
OPENAI_PREFIX = "/v1/"
"""Below it errors are OpenAI's error object, which their clients know how to read."""
UNSUPPORTED = "unsupported_parameter"
"""The type of a validation error, and the code, for what is known but not to be had here."""
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}
_DETAILS = {
    404: "There is nothing at this address; see /docs for the routes.",
    405: "This address does not take that method; see /docs for the routes.",
}


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


class OpenAIError(BaseModel):
    """OpenAI's error: what went wrong for a person (`message`), a program (`code`), and in which field (`param`)."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None
    code: str = Field(examples=["model_not_found"])


class OpenAIErrorResponse(BaseModel):
    """The body of an error below /v1."""

    error: OpenAIError


def openai_error(problem: Problem) -> dict[str, object]:
    """Return a problem as OpenAI's error object."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        kind = "authentication_error"
    elif problem.status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "rate_limit_error"
    else:
        kind = "invalid_request_error" if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    param = problem.errors[0]["field"] if problem.errors else None
    error = OpenAIError(message=problem.detail, type=kind, param=param, code=problem.code)
    return OpenAIErrorResponse(error=error).model_dump()


def openai_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` that document these statuses with OpenAI's error object."""
    return {status: {"description": HTTPStatus(status).phrase, "model": OpenAIErrorResponse} for status in statuses}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` that document these statuses with the Problem shape."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}} for status in statuses}


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
        detail="Something went wrong on our side; try again, and tell the operator the request_id if it stays.",
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
) -> JSONResponse:
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


def _response(request: Request, body: Problem, headers: Mapping[str, str]) -> JSONResponse:
    if request.url.path.startswith(OPENAI_PREFIX):
        # OpenAI answers 400 to whatever does not validate.
        status = HTTPStatus.BAD_REQUEST if body.status == HTTPStatus.UNPROCESSABLE_ENTITY else body.status
        return JSONResponse(openai_error(body), status, headers=dict(headers))
    return JSONResponse(body.model_dump(exclude_none=True), body.status, headers=dict(headers), media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Turn every error, ours and the framework's, into a problem."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


async def _app_error(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, AppError)  # noqa: S101 - the registration above says so, but not to the type checker
    headers = {"Retry-After": str(exc.retry_after)} if exc.retry_after is not None else {}
    if exc.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return _response(request, describe(request, exc), headers)


async def _invalid(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - as above
    found = exc.errors()
    if found and found[0]["type"] == "json_invalid":
        return problem(request, 400, detail="The body is not valid JSON.", code="bad_request")
    if found and found[0]["loc"] == ("body",) and found[0]["type"] != "missing":
        detail = "Send a JSON object as the body, with 'Content-Type: application/json'."
        return problem(request, 422, detail=detail, code="invalid_input")
    # Neither "input" nor "ctx" is passed on: they repeat what was sent.
    errors = [{"field": _field(error["loc"]), "message": error["msg"]} for error in found]
    detail = "; ".join(f"{error['field']}: {error['message'].rstrip('.')}" for error in errors[:3]) + "."
    code = UNSUPPORTED if found[0]["type"] == UNSUPPORTED else "invalid_input"
    return problem(request, 422, detail=detail, code=code, errors=errors)


async def _http_error(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)  # noqa: S101 - as above
    code = _CODES.get(exc.status_code, "http_error")
    detail = _DETAILS.get(exc.status_code, str(exc.detail))
    return problem(request, exc.status_code, detail=detail, code=code, headers=exc.headers)


def unexpected_problem(request: Request, exc: Exception) -> JSONResponse:
    """Log an error that nobody foresaw, and build its answer."""
    return _response(request, describe_unexpected(request, exc), {})


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part not in ("body", "query", "path")) or "body"
