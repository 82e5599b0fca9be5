"""The app served over loopback, and OpenAI's client for it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.api import TEXT, app_in
from tests.serving import serving

QUESTION = "How much does the harbour crane lift?"
ANSWER = "It lifts forty tonnes [1]. Or more [9]."
ADMIN = "admin-key-of-the-openai-test"
NOWHERE = "doc_" + "0" * 24
"""A document that nobody has."""
OTHER_TEXT = "The airport's crane lifts nine tonnes."


class Service:
    """The app served over loopback, and OpenAI's client for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._opened: list[openai.OpenAI] = []
        self.openai = self.client("any-key-will-do")

    def client(self, key: str, project: str | None = None) -> openai.OpenAI:
        transport = openai.DefaultHttpxClient(trust_env=False)
        client = openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=key, project=project, max_retries=0, http_client=transport
        )
        self._opened.append(client)
        return client

    def upload(self, client_id: str, text: str = TEXT, name: str = "crane.txt") -> None:
        files = [("files", (name, text.encode()))]
        assert self.http.post("/api/v1/ingest/", files=files, data={"client_id": client_id}).is_success

    def ask(self, *messages: Any, **more: Any) -> Any:
        talk: Any = list(messages) or [user(QUESTION)]
        return self.openai.chat.completions.create(model=more.pop("model", "harbour"), messages=talk, **more)

    def close(self) -> None:
        for client in self._opened:
            client.close()
        self.http.close()


@contextmanager
def _serving(folder: Path, new_stores: Path, **values: Any) -> Iterator[Service]:
    with serving(app_in(folder, new_stores, **values)) as url, closing(Service(url)) as service:
        yield service


def numbered_file(client: openai.OpenAI, number: int) -> str:
    """Upload a file that is like the others but for its number; return its id."""
    return client.files.create(file=(f"{number}.txt", f"{TEXT} Number {number}.".encode()), purpose="assistants").id


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def system(content: Any) -> dict[str, Any]:
    return {"role": "system", "content": content}


def refused(kind: type[openai.APIStatusError], call: Any, code: str, param: str | None = None) -> openai.APIStatusError:
    """The call fails with this error of the package, which has read OpenAI's error object."""
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert error.code == code
    assert error.param == param
    body = error.response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert len(body["error"]["message"]) > 10
    assert error.request_id
    assert "Traceback" not in error.response.text
    return error
