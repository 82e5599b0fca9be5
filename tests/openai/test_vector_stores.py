"""Vector stores, used by OpenAI's own Python package over real HTTP."""

from typing import Any

import openai
import pytest

from tests.api import TEXT
from tests.openai.service import OTHER_TEXT, QUESTION, Service, refused, user


def test_a_client_is_a_vector_store(quoting: Service) -> None:
    page = quoting.openai.vector_stores.search("harbour", query="crane driver licence", max_num_results=1)
    assert page.object == "vector_store.search_results.page"
    (best,) = page.data
    assert best.filename == "crane.txt"
    assert "licence" in best.content[0].text
    assert best.content[0].type == "text"
    assert -1 <= best.score <= 1
    assert best.attributes == {**(best.attributes or {}), "page": 1, "chunk_index": 0}
    assert quoting.http.get(f"/api/v1/documents/{best.file_id}").json()["filename"] == "crane.txt"


def _stores_filenames(quoting: Service, **more: Any) -> list[str]:
    return [found.filename for found in quoting.openai.vector_stores.search("dock", query="crane", **more)]


def test_vector_store_filters(quoting: Service) -> None:
    quoting.upload("dock", TEXT, "a.txt")
    quoting.upload("dock", OTHER_TEXT, "b.txt")
    assert sorted(_stores_filenames(quoting)) == ["a.txt", "b.txt"]
    is_a = {"type": "eq", "key": "filename", "value": "a.txt"}
    is_b = {"type": "in", "key": "source", "value": ["b.txt", "c.txt"]}
    assert _stores_filenames(quoting, filters=is_a) == ["a.txt"]
    assert _stores_filenames(quoting, filters={"type": "and", "filters": [is_b]}) == ["b.txt"]
    assert _stores_filenames(quoting, filters={"type": "and", "filters": [is_a, is_b]}) == []
    assert sorted(_stores_filenames(quoting, filters={"type": "or", "filters": [is_a, is_b]})) == ["a.txt", "b.txt"]
    assert sorted(_stores_filenames(quoting, filters={"type": "lte", "key": "page", "value": 1.0})) == [
        "a.txt",
        "b.txt",
    ]
    assert _stores_filenames(quoting, filters={"type": "gt", "key": "page", "value": 1}) == []
    assert _stores_filenames(quoting, ranking_options={"score_threshold": 1.0}) == []
    assert sorted(_stores_filenames(quoting, ranking_options={"ranker": "auto"})) == ["a.txt", "b.txt"]


def _upload_labelled(quoting: Service) -> None:
    for name, text, metadata, tags in (
        ("a.txt", TEXT, '{"year": 2026, "author": "Ann", "langs": ["de", "en"], "draft": false}', "old, machine"),
        ("b.txt", OTHER_TEXT, '{"year": 2027, "author": "Bob", "page": 9}', ""),
    ):
        files = [("files", (name, text.encode()))]
        data = {"client_id": "dock", "metadata": metadata, "tags": tags}
        assert quoting.http.post("/api/v1/ingest/", files=files, data=data).is_success


def test_metadata_is_attributes(quoting: Service) -> None:
    _upload_labelled(quoting)
    page = quoting.openai.vector_stores.search("dock", query="crane")
    attributes = {found.filename: found.attributes or {} for found in page}
    labels = {"year": 2026, "author": "Ann", "langs": "de, en", "draft": False, "tags": "old, machine"}
    assert labels.items() <= attributes["a.txt"].items()
    assert attributes["b.txt"]["page"] == 1, "the passage's own attributes come first"
    assert "tags" not in attributes["b.txt"]


@pytest.mark.parametrize(
    ("kind", "key", "value", "names"),
    [
        ("eq", "author", "Ann", ["a.txt"]),
        ("gte", "year", 2027, ["b.txt"]),
        ("nin", "author", ["Ann", "Eve"], ["b.txt"]),
        ("eq", "draft", False, ["a.txt"]),
        ("eq", "draft", 0, []),
        ("contains", "langs", "en", ["a.txt"]),
        ("eq", "tags", "old", ["a.txt"]),
        ("eq", "metadata.page", 9, ["b.txt"]),
        ("eq", "nobody has this", "x", []),
    ],
)
def test_filters_know_attributes(quoting: Service, kind: str, key: str, value: object, names: list[str]) -> None:
    _upload_labelled(quoting)
    wanted = {"type": kind, "key": key, "value": value}
    assert _stores_filenames(quoting, filters=wanted) == names
    answer = quoting.ask(user("What does the crane lift?"), model="dock", extra_body={"filters": wanted})
    assert sorted({source["source"] for source in answer.model_extra["sources"]}) == names


def test_an_answer_with_a_filter_that_means_nothing_is_refused(quoting: Service) -> None:
    wanted = {"type": "gt", "key": "author", "value": "Ann"}
    refused(openai.BadRequestError, lambda: quoting.ask(extra_body={"filters": wanted}), "invalid_filter")


def test_several_queries_are_merged(quoting: Service) -> None:
    search = quoting.openai.vector_stores.search
    page = search("harbour", query=["Who built it?", "licence of the driver"])
    texts = [found.content[0].text for found in page]
    assert len(texts) == len(set(texts))
    assert page.model_extra is not None
    assert page.model_extra["search_query"] == ["Who built it?", "licence of the driver"]


@pytest.mark.parametrize(
    "filters",
    [
        {"type": "eq", "key": "client_id", "value": "airport"},
        {"type": "eq", "key": "page", "value": "1"},
        {"type": "eq", "key": "page", "value": True},
        {"type": "eq", "key": "page", "value": [1]},
        {"type": "in", "key": "page", "value": 1},
        {"type": "in", "key": "page", "value": []},
        {"type": "gt", "key": "filename", "value": "a"},
        {"type": "eq", "key": "filename", "value": 1},
        {"type": "regex", "key": "filename", "value": "."},
        {"type": "and", "filters": []},
        {"type": "or", "filters": [{"type": "eq", "key": "page", "value": 1}] * 64},
        {"$ne": 1},
    ],
)
def test_filters_that_mean_nothing_are_refused(quoting: Service, filters: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        quoting.openai.vector_stores.search("harbour", query="crane", filters=filters)
    assert caught.value.code in {"invalid_filter", "invalid_input"}


def test_filters_may_not_be_nested_without_end(quoting: Service) -> None:
    nested: dict[str, Any] = {"type": "eq", "key": "page", "value": 1}
    for _ in range(400):
        nested = {"type": "and", "filters": [nested]}
    response = quoting.http.post("/v1/vector_stores/harbour/search", json={"query": "crane", "filters": nested})
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_an_unknown_vector_store_is_not_found(quoting: Service) -> None:
    search = quoting.openai.vector_stores.search
    refused(openai.NotFoundError, lambda: search("nobody-here", query="crane"), "collection_not_found")
    refused(openai.BadRequestError, lambda: search("harbour", query="x" * 8001), "message_too_long")


@pytest.mark.parametrize("value", [False, True, "0.5"])
def test_what_is_no_number_is_refused_where_one_belongs(quoting: Service, value: object) -> None:
    talk = {"model": "harbour", "messages": [user(QUESTION)]}
    search = "/v1/vector_stores/harbour/search"
    for path, body, field in (
        ("/v1/chat/completions", {**talk, "temperature": value}, "temperature"),
        ("/v1/chat/completions", {**talk, "top_k": value}, "top_k"),
        (search, {"query": "crane", "max_num_results": value}, "max_num_results"),
        (search, {"query": "crane", "ranking_options": {"score_threshold": value}}, "ranking_options.score_threshold"),
    ):
        response = quoting.http.post(path, json=body)
        assert response.status_code == 400, path
        assert response.json()["error"]["param"] == field


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": 3}, "query.text: Input should be a valid string."),
        ({"query": [3]}, "query.texts.0: Input should be a valid string."),
        (
            {"query": "x", "filters": {"type": "eq", "key": "page", "value": {}}},
            "filters.eq.value: Input should be a text, a number, true, false, or a list of them.",
        ),
    ],
)
def test_a_refusal_names_the_field_and_nothing_of_the_program(quoting: Service, body: Any, message: str) -> None:
    client = quoting.client("any")
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/vector_stores/quayside/search", body=body, cast_to=object)
    assert str(caught.value).endswith(f" - {message}")
