"""Behind a proxy that shows the service under a prefix, and paths with and without a slash at their end."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.api import AppFactory, assert_problem, upload


@pytest.fixture
def below(make_app: AppFactory) -> Iterator[TestClient]:
    """The app as uvicorn's --root-path /rag has it: the proxy removes the prefix, uvicorn puts it before the path."""
    with make_app() as started:
        app = started.app

        async def prefixed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                scope = {**scope, "root_path": "/rag", "path": f"/rag{scope['path']}"}
            await app(scope, receive, send)

        yield TestClient(prefixed, raise_server_exceptions=False)


def test_uploads_below_a_prefix_may_be_as_large_as_elsewhere(below: TestClient) -> None:
    assert (
        upload(below, ("long.txt", b"The crane lifts forty tonnes.\n" * 9000), client_id="harbour").status_code == 200
    )


def test_errors_of_openais_api_keep_their_shape_below_a_prefix(below: TestClient) -> None:
    answer = below.post("/v1/chat/completions", json={"model": "nobody"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages"
    assert_problem(below.get("/api/v1/nothing"), 404, "not_found")


def test_the_address_of_a_job_has_the_prefix(below: TestClient) -> None:
    files = [("files", ("crane.txt", b"The crane lifts forty tonnes."))]
    accepted = below.post("/api/v1/ingest/?async=true", files=files, data={"client_id": "harbour"})
    assert accepted.headers["location"] == f"/rag/api/v1/ingest/jobs/{accepted.json()['job_id']}"


def test_citations_below_a_prefix_lead_back_through_it(below: TestClient) -> None:
    assert upload(below, client_id="harbour").status_code == 200
    messages = [{"role": "user", "content": "What does the harbour crane lift?"}]
    answer = below.post("/v1/chat/completions", json={"model": "harbour", "messages": messages}).json()
    citation = answer["choices"][0]["message"]["annotations"][0]["url_citation"]
    assert citation["url"].startswith("http://testserver/rag/api/v1/documents/")


@pytest.mark.parametrize("site", ["api", "below"])
def test_both_forms_of_a_path_are_answered_and_nothing_is_redirected(site: str, request: pytest.FixtureRequest) -> None:
    api: TestClient = request.getfixturevalue(site)
    foreign = {"Host": "evil.example"}
    files = [("files", ("crane.txt", b"The crane lifts forty tonnes."))]
    for path in ("/api/v1/ingest", "/api/v1/ingest/"):
        assert api.post(path, files=files, data={"client_id": "harbour"}, headers=foreign).status_code == 200
    question = {"message": "What does it lift?", "client_id": "harbour"}
    for path in ("/api/v1/chat", "/api/v1/chat/", "/api/v1/chat/stream/"):
        assert api.post(path, json=question, headers=foreign).status_code == 200
    for path in ("/health", "/health/live", "/api/v1/sessions", "/api/v1/clients", "/v1/models", "/docs"):
        for form in (path, f"{path}/"):
            assert api.get(form, headers=foreign, follow_redirects=False).status_code == 200, form
    assert_problem(api.get("/nothing/", headers=foreign, follow_redirects=False), 404, "not_found")
    assert_problem(api.get("/api/v1/chat//", headers=foreign, follow_redirects=False), 405, "method_not_allowed")
