"""The forms of bodies in the OpenAPI document: they say of each value what the service says of it."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter, ValidationError

from app.common.dates import moment_of
from app.common.errors import InvalidInput
from app.common.labels import NO_LABELS, parse_metadata
from app.config import Settings
from app.main import create_app
from app.openai.responses.requests import ResponseRequest
from app.openai.schemas import CompletionRequest
from app.openai.shapes import as_passage_filter
from app.schemas.filters import AnyFilter, BareFilter
from app.schemas.labels import LabelChange
from app.shapes.filters import passage_filter
from app.shapes.labels import label_patch
from tests.api import settings_in

FORMATS = FormatChecker(["date"])
FORMATS.checks("date-time")(lambda text: not isinstance(text, str) or moment_of(text) is not None)


@pytest.fixture(scope="module")
def document() -> Any:
    """The document of a service that needs no key."""
    return create_app(Settings.model_construct()).openapi()


def require_agreement(document: Any, schema: Any, values: Iterable[object], check: Callable[[Any], object]) -> None:
    """Require that each value fits the schema exactly when the service takes it."""
    stated = Draft202012Validator({**schema, "components": document["components"]}, format_checker=FORMATS)
    differing = [value for value in values if stated.is_valid(value) != _takes(check, value)]
    assert differing == []


def _takes(check: Callable[[Any], object], value: object) -> bool:
    try:
        check(value)
    except (InvalidInput, ValidationError):
        return False
    return True


def shape(name: str, field: str | None = None) -> dict[str, Any]:
    place = f"#/components/schemas/{name}"
    return {"$ref": f"{place}/properties/{field}" if field else place}


FILTERS: list[object] = [
    {},
    {"tags": "a"},
    {"tags": ["a", "b"]},
    {"tags": []},
    {"tags": {"contains": "a"}},
    {"tags": {"contains": ""}},
    {"tags": {"gt": "a"}},
    {"tags": {"eq": "a", "ne": "b"}},
    {"tags": {}},
    {"tags": 1},
    {"tags": "x" * 1001},
    {"tags": "nul\0"},
    {"tags": None},
    {"source": {"contains": "report"}},
    {"document_id": {"contains": "a"}},
    {"page": 3},
    {"page": 3.0},
    {"page": True},
    {"page": -1},
    {"page": "3"},
    {"page": {"gte": 1, "lt": 9}},
    {"page": {"in": [1, 2]}},
    {"page": {"in": 1}},
    {"chunk_index": 2**31},
    {"created_at": {"gte": 1e9}},
    {"created_at": {"gte": "2026-05-01"}},
    {"created_at": 2**53 + 1},
    {"created_at": {"contains": "2026"}},
    {"metadata": {"year": 2026}},
    {"metadata": {"year": {"gte": 2026}}},
    {"metadata": {"draft": {"gt": True}}},
    {"metadata": {"draft": [True, "a", 1]}},
    {"metadata": {"": 1}},
    {"metadata": {"a": None}},
    {"metadata": {"a": {"contains": 1}}},
    {"metadata": None},
    {"colour": "red"},
    {"type": "and", "filters": []},
    {"type": "or", "filters": [{"type": "eq", "key": "page", "value": 1}]},
    {"type": "and", "filters": [{"type": "and", "filters": [{"type": "lt", "key": "page", "value": "x"}]}]},
    {"type": "nor", "filters": [{"type": "eq", "key": "page", "value": 1}]},
]
VALUES: list[object] = [1, "a", "", True, [1], ["a"], [], None, {}]
COMPARISONS: list[object] = [
    {"type": operator, "key": key, "value": value}
    for operator in ("eq", "gte", "in", "nin", "contains", "like")
    for key in ("page", "tags", "type", "created_at", "year", "metadata.year", "metadata.", "client_id", "")
    for value in VALUES
]


def test_a_filter_fits_when_it_is_taken(document: Any) -> None:
    adapter: TypeAdapter[AnyFilter] = TypeAdapter(AnyFilter)
    schema = shape("SearchRequest", "filters")
    values = [*FILTERS, *COMPARISONS]
    require_agreement(document, schema, values, lambda given: passage_filter(adapter.validate_python(given)))


def test_a_filter_of_openai_fits_when_it_is_taken(document: Any) -> None:
    adapter: TypeAdapter[BareFilter] = TypeAdapter(BareFilter)
    schema = shape("VectorSearchRequest", "filters")
    require_agreement(document, schema, COMPARISONS, lambda given: as_passage_filter(adapter.validate_python(given)))


QUESTION = {"role": "user", "content": "How long?"}


OPTIONS: list[dict[str, object]] = [
    {"tools": [{}]},
    {"tool_choice": "auto"},
    {"tool_choice": "required"},
    {"n": 1},
    {"n": True},
    {"n": 2},
    {"stop": ""},
    {"stop": []},
    {"stop": "x"},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "text", "strict": True}},
    {"logprobs": False},
    {"logprobs": 0},
    {"logprobs": True},
    {"modalities": ["text"]},
    {"modalities": ["text", "audio"]},
    {"audio": None},
    {"audio": {}},
    {"web_search_options": {}},
    {"messages": [{**QUESTION, "content": [{"type": "text", "text": "How"}, {"type": "refusal", "refusal": "No"}]}]},
    {"messages": [{**QUESTION, "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
    {"messages": [{**QUESTION, "content": [{"type": "text"}]}]},
    {"messages": [{**QUESTION, "content": ["How"]}]},
    {"messages": [{**QUESTION, "content": None}]},
    {"messages": [{**QUESTION, "function_call": {}}]},
    {"messages": []},
]


def test_what_chat_completions_do_without_is_stated(document: Any) -> None:
    bodies = [{"model": "client_a1b2c3d4", "messages": [QUESTION], **more} for more in OPTIONS]
    require_agreement(document, shape("CompletionRequest"), bodies, CompletionRequest.model_validate)


RESPONSES: list[dict[str, object]] = [
    {"tool_choice": "required"},
    {"tool_choice": {"type": "file_search"}},
    {"tool_choice": {"type": "function"}},
    {"include": ["file_search_call.results", "reasoning.encrypted_content"]},
    {"include": ["message.output_text.logprobs"]},
    {"text": {"format": {"type": "text"}, "verbosity": "low"}},
    {"text": {"format": {"type": "json_object"}}},
    {"background": True},
    {"top_logprobs": 0},
    {"top_logprobs": 2},
    {"tools": [{"type": "web_search"}]},
    {"input": [{"role": "user", "content": [{"type": "input_text", "text": "How"}]}]},
    {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
    {"input": []},
]


def test_what_responses_do_without_is_stated(document: Any) -> None:
    bodies = [{"model": "client_a1b2c3d4", "input": "How long?", **more} for more in RESPONSES]
    require_agreement(document, shape("ResponseRequest"), bodies, ResponseRequest.model_validate)


METADATA: list[object] = [
    {"year": 2026, "draft": False, "who": ["a", "b"]},
    {"": 1},
    {" a": 1},
    {"a b": 1},
    {"a\nb": 1},
    {"k" * 64: 1},
    {"k" * 65: 1},
    {"a": {}},
    {"a": ["x", 1]},
    {"a": ["x"] * 65},
    {"a": "x" * 1001},
    {"a": "\0"},
    {"a": 2**53 + 1},
    {str(number): number for number in range(65)},
]


def test_metadata_of_an_upload_fits_when_it_is_taken(document: Any) -> None:
    form = document["paths"]["/api/v1/ingest/"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    require_agreement(document, form["properties"]["metadata"], METADATA, parse_metadata)


CHANGES = [
    *({"metadata": value} for value in METADATA),
    {"metadata": {"a": None}},
    {"metadata": None, "tags": None},
    {"tags": ["a", " b ", "two words"]},
    {"tags": [""]},
    {"tags": [" "]},
    {"tags": ["a,b"]},
    {"tags": ["a\tb"]},
    {"tags": ["t" * 100]},
    {"tags": ["t" * 101]},
    {"tags": [1]},
    {"tags": "a"},
    {"colour": "red"},
]


def test_a_change_of_labels_fits_when_it_is_taken(document: Any) -> None:
    def change(given: object) -> object:
        return label_patch(LabelChange.model_validate(given)).applied_to(NO_LABELS)

    require_agreement(document, shape("LabelChange"), CHANGES, change)


def test_who_needs_no_key_has_to_name_the_client(document: Any) -> None:
    parameters = document["paths"]["/api/v1/documents"]["get"]["parameters"]
    (client_id,) = (one for one in parameters if one["name"] == "client_id")
    assert client_id["required"]
    assert client_id["schema"]["type"] == "string"
    for name in ("ChatRequest", "SearchRequest"):
        chat = document["components"]["schemas"][name]
        assert "client_id" in chat["required"]
        assert chat["properties"]["client_id"]["type"] == "string"


def test_bounds_are_those_of_the_settings_and_a_key_may_say_whose(tmp_path: Any) -> None:
    settings = settings_in(tmp_path, max_message_chars=77, max_files_per_upload=3, admin_api_key="a-key-of-the-forms")
    held = create_app(settings).openapi()
    chat = held["components"]["schemas"]["ChatRequest"]
    assert chat["properties"]["message"]["maxLength"] == 77
    assert chat["required"] == ["message"]
    form = held["paths"]["/api/v1/ingest/"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["files"]["maxItems"] == 3
    assert "x-" not in str(list(chat["properties"].values()))
