"""The OpenAPI document: names, errors and forms as the routes have them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.common.errors import InvalidInput
from app.common.ids import parse_client_id, parse_session_id
from app.schemas.ids import CLIENT_ID, SESSION_ID
from tests.api import AppFactory

ADMIN_KEY = "admin-key-of-the-document-tests"


@pytest.fixture
def document(api: TestClient) -> Any:
    """The document of a service that needs no key."""
    return api.get("/openapi.json").json()


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_operations_have_short_names_of_their_own(document: Any) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert {"ingest", "chat", "chat_stream", "search", "create_completion"} <= set(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+){0,3}", name) for name in names)


def test_an_example_has_the_status_that_it_stands_for(document: Any) -> None:
    for path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status[0] not in "45":
                continue
            (content,) = response["content"].values()
            example = content["example"]
            if path.startswith("/v1/"):
                assert {"message", "type", "code"} <= example["error"].keys()
            else:
                assert str(example["status"]) == status
                assert example["title"] == response["description"]


def test_whatever_any_route_can_answer_is_documented(document: Any) -> None:
    for path, operation in operations(document):
        expected = {"431", "500", "503"} | ({"400", "408", "413"} if "requestBody" in operation else set())
        assert expected <= operation["responses"].keys(), path
        assert list(operation["responses"]) == sorted(operation["responses"])


def test_every_reference_leads_somewhere(document: Any) -> None:
    names = set(re.findall(r"#/components/schemas/([A-Za-z]+)'", str(document)))
    assert names == names & document["components"]["schemas"].keys()
    assert {"Problem", "OpenAIErrorResponse", "OpenAIError"} <= names


def test_answers_and_their_events_have_types_of_their_own(document: Any) -> None:
    for path in ("/api/v1/chat/", "/v1/chat/completions"):
        content = document["paths"][path]["post"]["responses"]["200"]["content"]
        assert "$ref" in content["application/json"]["schema"]
        assert content["text/event-stream"]["schema"]["required"] == ["data"]


def test_a_key_may_be_left_out_where_none_is_needed(document: Any, make_app: AppFactory) -> None:
    assert {} in document["paths"]["/api/v1/search"]["post"]["security"]
    locked = make_app(admin_api_key=ADMIN_KEY).get("/openapi.json").json()
    for path, operation in operations(locked):
        assert {} not in operation.get("security", ()), path


@pytest.mark.parametrize(
    "name", ["abc", "a.b", "a..b", "a-_b", ".ab", "ab.", "-ab", "ab", "a" * 63, "a" * 64, "", "a b"]
)
def test_the_forms_of_ids_are_those_that_are_checked(name: str) -> None:
    for form, parse in ((CLIENT_ID, parse_client_id), (SESSION_ID, parse_session_id)):
        fits = form["minLength"] <= len(name) <= form["maxLength"] and re.search(form["pattern"], name) is not None
        try:
            parse(name)
        except InvalidInput:
            assert not fits, (name, parse)
        else:
            assert fits, (name, parse)


def test_paths_queries_and_bodies_state_the_form_of_a_client_id(document: Any) -> None:
    for _, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "client_id":
                assert CLIENT_ID["pattern"] in str(parameter["schema"]).replace("\\\\", "\\")
    for shape in ("ChatRequest", "SearchRequest", "NewClient"):
        held = document["components"]["schemas"][shape]["properties"]["client_id"]
        form = held["anyOf"][0] if "anyOf" in held else held
        assert {key: form[key] for key in CLIENT_ID} == CLIENT_ID


def test_the_methods_of_an_address_are_named_all(api: TestClient) -> None:
    answer = api.put("/api/v1/clients")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    answer = api.put("/api/v1/sessions/stats")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    answer = api.put("/api/v1/sessions/cleanup")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = api.post("/api/v1/documents/doc_1")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, PATCH, PUT")


def test_bounds_of_numbers_are_stated(document: Any) -> None:
    shapes = document["components"]["schemas"]
    for shape in ("ChatRequest", "SearchRequest", "ClientSettings", "CompletionRequest"):
        top_k = shapes[shape]["properties"]["top_k"]["anyOf"][0]
        assert top_k == {"type": "integer", "minimum": 1, "maximum": 50}
    assert shapes["VectorSearchRequest"]["properties"]["max_num_results"]["maximum"] == 50
    lifetime = shapes["NewKey"]["properties"]["expires_in"]["anyOf"][0]
    assert lifetime == {"type": "integer", "minimum": 60, "maximum": 316_224_000}
    assert not re.search(r"'(ge|gt|le|lt)': -?\d", str(shapes))


def test_a_document_is_replaced_by_one_file(document: Any) -> None:
    for path, method, bounds in (
        ("/api/v1/ingest/", "post", (1, 20)),
        ("/api/v1/documents/{document_id}", "put", (1, 1)),
    ):
        body = document["paths"][path][method]["requestBody"]["content"]["multipart/form-data"]["schema"]
        files = body["properties"]["files"]
        assert (files["minItems"], files.get("maxItems")) == bounds
