"""The running service as the commands see it: over HTTP, with its problems as sentences."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

from app.common.errors import StartupError

ATTEMPTS = 6
LONGEST_PAUSE_SECONDS = 30.0
BUSY = (429, 503)


class Refused(Exception):
    """The service answered with a problem."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Remote:
    """A service at `base_url`. Safe to use from several threads; a busy service is asked again after a pause."""

    def __init__(self, base_url: str, *, api_key: str | None, timeout: float = 600) -> None:
        """`timeout` is in seconds, for one request: an upload is answered when the file is ready."""
        self._base_url = base_url
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **params: str | int | None) -> dict[str, Any]:
        """Return the JSON object at `path`."""
        return self._send("GET", path, params={name: value for name, value in params.items() if value is not None})

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Send a JSON object and return the answer's."""
        return self._send("POST", path, json=dict(body))

    def upload(self, path: Path, fields: Mapping[str, str]) -> dict[str, Any]:
        """Upload one file; the file is read again for each attempt."""
        for attempt in range(1, ATTEMPTS + 1):
            with path.open("rb") as file:
                response = self._request(
                    "POST", "/api/v1/ingest/", data=dict(fields), files={"files": (path.name, file)}
                )
            if response.status_code not in BUSY or attempt == ATTEMPTS:
                return _answer(response)
            time.sleep(_pause(response))
        raise AssertionError("the last attempt returns or raises")

    def download(self, path: str, into: BinaryIO) -> None:
        """Have something made at `path`, and write what comes into a file: all of it, or something is raised."""
        with self._told(), self._http.stream("POST", path) as response:
            if not response.is_success:
                response.read()
                _answer(response)
            try:
                for block in response.iter_bytes():
                    into.write(block)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                raise Refused("cut_off", "The service ended before its answer did; try again.") from None

    def pages(self, path: str, key: str, **params: str | int | None) -> Iterator[dict[str, Any]]:
        """Yield the items under `key` of all pages of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **params)
            yield from page[key]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def _send(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return _answer(self._request(method, path, **request))

    def _request(self, method: str, path: str, **request: Any) -> httpx.Response:
        with self._told():
            return self._http.request(method, path, **request)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException:
            raise Refused("timeout", "The service did not answer in time.") from None
        except httpx.TransportError:
            raise StartupError(
                f"There is no service at {self._base_url}; start it with `make run`, or name another with --base-url."
            ) from None


def _pause(response: httpx.Response) -> float:
    given = response.headers.get("retry-after", "")
    return min(float(given) if given.isdigit() else 1.0, LONGEST_PAUSE_SECONDS)


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.is_success and isinstance(body, dict):
        return body
    if isinstance(body, dict) and "detail" in body:
        raise Refused(str(body.get("code", "error")), str(body["detail"]))
    raise Refused("not_this_service", f"The answer ({response.status_code}) is not one of this service's.")
