"""Answers that are given before there is a request: written to the connection as they are."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from app.common.ids import new_request_id


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a connection is not served; `retry_after` is in seconds."""

    status: HTTPStatus
    code: str
    detail: str
    retry_after: int | None = None

    def as_response(self) -> bytes:
        """Return the whole HTTP response: a problem (RFC 9457), after which the connection is closed."""
        request_id = new_request_id()
        problem = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        body = json.dumps(problem).encode()
        head = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "content-type: application/problem+json",
            f"content-length: {len(body)}",
            f"x-request-id: {request_id}",
            "connection: close",
        ]
        if self.retry_after is not None:
            head.append(f"retry-after: {self.retry_after}")
        return "\r\n".join([*head, "", ""]).encode("ascii") + body


HEAD_TOO_LARGE = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers_too_large",
    "The request's address and headers are larger than this service accepts; send shorter ones.",
)
HEAD_TOO_SLOW = Refusal(
    HTTPStatus.REQUEST_TIMEOUT,
    "request_timeout",
    "The request's headers did not arrive in time; send the request again.",
)
NOT_HTTP = Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "This is not a valid HTTP/1.1 request; check the client.")
TOO_MANY_CONNECTIONS = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "too_many_connections",
    "Too many connections are open; close some, or try again shortly.",
    retry_after=5,
)
