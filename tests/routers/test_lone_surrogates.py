"""Half of a surrogate pair is no text: wherever it stands in a request, the answer is a refusal and never a failure."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import AppFactory, ask, upload

HALF = "\ud800"
TALK = [
    {"role": "user", "content": "x"},
    {"role": "system", "content": "x"},
    {"role": "user", "content": [{"type": "text", "text": "x"}]},
]
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/v1/chat/", {"message": "x", "client_id": "harbour", "session_id": "s"}),
    ("POST", "/api/v1/chat/stream", {"message": "x", "client_id": "harbour", "session_id": "s"}),
    (
        "POST",
        "/api/v1/search",
        {"query": "x", "client_id": "harbour", "filters": {"source": ["a"], "section": "b", "document_id": "c"}},
    ),
    ("POST", "/api/v1/clients", {"client_id": "abc"}),
    ("POST", "/api/v1/clients/harbour/keys", {"label": "x"}),
    ("PUT", "/api/v1/clients/harbour/settings", {"system_prompt": "x", "language": "German", "model": "m"}),
    ("PATCH", "/api/v1/sessions/talk", {"title": "x"}),
    (
        "POST",
        "/api/v1/search",
        {"query": "x", "client_id": "harbour", "filters": {"tags": ["a"], "metadata": {"k": {"in": ["b"], "ne": "c"}}}},
    ),
    ("PATCH", "/api/v1/documents/DOCUMENT", {"metadata": {"key": "x", "list": ["y"]}, "tags": ["z"]}),
    ("POST", "/v1/chat/completions", {"model": "harbour", "messages": TALK, "user": "u", "stop": "x", "tools": "x"}),
    (
        "POST",
        "/v1/vector_stores/harbour/search",
        {"query": ["x", "y"], "filters": {"type": "eq", "key": "filename", "value": "x"}},
    ),
    (
        "POST",
        "/v1/vector_stores/harbour/search",
        {"query": "x", "filters": {"type": "or", "filters": [{"type": "in", "key": "filename", "value": ["x"]}]}},
    ),
]


def _spoilt(value: Any) -> Iterator[Any]:
    """Yield the value with a half put into each of its strings and names, one at a time."""
    if isinstance(value, str):
        yield value + HALF
    elif isinstance(value, list):
        for place, item in enumerate(value):
            for spoilt in _spoilt(item):
                yield [*value[:place], spoilt, *value[place + 1 :]]
    elif isinstance(value, dict):
        for name, item in value.items():
            yield {**{other: value[other] for other in value if other != name}, name + HALF: item}
            for spoilt in _spoilt(item):
                yield {**value, name: spoilt}


@pytest.fixture
def harbour(make_client: AppFactory) -> TestClient:
    api = make_client()
    upload(api, client_id="harbour")
    ask(api, "Who built the crane?", "harbour", session_id="talk")
    return api


def test_in_any_string_of_any_body(harbour: TestClient) -> None:
    (document,) = harbour.get("/api/v1/documents?client_id=harbour").json()["documents"]
    for method, path, body in BODIES:
        for spoilt in _spoilt(body):
            sent = json.dumps(spoilt).encode()
            address = path.replace("DOCUMENT", document["document_id"])
            answer = harbour.request(method, address, content=sent, headers={"Content-Type": "application/json"})
            # A name that nobody knows is ignored; what is used is refused.
            assert answer.status_code < 500, (path, spoilt)
            json.dumps(answer.text).encode()


@pytest.mark.parametrize("charset", ["utf-8", "utf-7", "unicode_escape", "utf-16", "punycode", "undefined", "no-such"])
@pytest.mark.parametrize("name", [rb"a\ud800.txt", b"a+2AA-.txt", b"\xed\xa0\x80.txt"])
@pytest.mark.parametrize("query", ["", "?async=true"])
def test_in_a_form_whatever_charset_it_names(harbour: TestClient, charset: str, name: bytes, query: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    form = (
        part % (b"client_id", b"", b"harbour")
        + part % (b"metadata", b"", b'{"' + name + b'": "' + name + b'"}')
        + part % (b"tags", b"", name)
        + part % (b"files", b'; filename="' + name + b'"', b"The crane lifts." + name)
        + b"--b--\r\n"
    )
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    answer = harbour.post(f"/api/v1/ingest/{query}", content=form, headers={"Content-Type": kind})
    assert answer.status_code < 500
    assert harbour.get("/api/v1/documents?client_id=harbour").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["documents?client_id=", "documents/", "sessions/%s/info", "sessions?cursor=", "ingest/jobs/", "clients/"],
)
def test_in_an_address(harbour: TestClient, path: str) -> None:
    half = "%ED%A0%80"
    address = path.replace("%s", half) if "%s" in path else path + half
    assert harbour.get(f"/api/v1/{address}").status_code in (404, 422)
