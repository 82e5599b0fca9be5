"""Problems as OpenAI's error object, which their clients know how to read."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from app.edge.paths import own_path
from app.problems import Problem, example_problem, render_with

PREFIX = "/v1/"
_THEIRS = {"budget_exceeded": ("insufficient_quota", "insufficient_quota")}
"""Types and codes of OpenAI's that its clients know, by ours."""


class OpenAIError(BaseModel):
    """OpenAI's error: what went wrong for a person (`message`), a program (`code`), and in which field (`param`)."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None
    code: str = Field(examples=["model_not_found"])


class OpenAIErrorResponse(BaseModel):
    """The body of an error below /v1."""

    error: OpenAIError


class OpenAIErrors:
    """Lets every problem below PREFIX be shown as OpenAI's error object: unknown addresses, and bugs, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request."""
        if scope["type"] == "http" and own_path(scope).startswith(PREFIX):
            render_with(scope, _render)
        await self._app(scope, receive, send)


def openai_error(problem: Problem) -> dict[str, object]:
    """Return a problem as OpenAI's error object."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        kind = "authentication_error"
    elif problem.status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "rate_limit_error"
    else:
        kind = "invalid_request_error" if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    kind, code = _THEIRS.get(problem.code, (kind, problem.code))
    param = problem.errors[0]["field"] if problem.errors else None
    error = OpenAIError(message=problem.detail, type=kind, param=param, code=code)
    return OpenAIErrorResponse(error=error).model_dump()


def openai_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` that document these statuses with OpenAI's error object and an example of each."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/OpenAIErrorResponse"},
                    "example": openai_error(example_problem(status)),
                }
            },
        }
        for status in statuses
    }


def _render(problem: Problem, headers: Mapping[str, str]) -> JSONResponse:
    # OpenAI answers 400 to whatever does not validate.
    status = HTTPStatus.BAD_REQUEST if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY else problem.status
    return JSONResponse(openai_error(problem), status, headers=dict(headers))
