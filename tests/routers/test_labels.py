"""Metadata and tags over HTTP: given with files, changed, listed, shown, filtered by."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import AppFactory, ask, assert_problem, upload
from tests.waiting import wait_for

DOCUMENTS = "/api/v1/documents"
CRANE = ("crane.txt", b"The harbour crane lifts forty tonnes.")
FERRY = ("ferry.txt", b"The harbour ferry carries forty cars.")
METADATA = {
    "year": 2026,
    "price": 1.5,
    "draft": False,
    "until": "2026-05-01",
    "langs": ["de", "en"],
    "Grüße": "an alle",
}


def listed(api: TestClient, **params: Any) -> Any:
    return api.get(DOCUMENTS, params={"client_id": "harbour", **params}).json()


def labels(api: TestClient) -> dict[str, tuple[dict[str, Any], list[str]]]:
    return {each["filename"]: (each["metadata"], each["tags"]) for each in listed(api)["documents"]}


def add(api: TestClient, *files: tuple[str, bytes], **fields: Any) -> list[str]:
    response = upload(api, *(files or (CRANE,)), client_id="harbour", **fields)
    assert response.status_code == 200, response.text
    return [document["document_id"] for document in response.json()["documents"]]


def searched(api: TestClient, filters: Any) -> set[str]:
    body = {"query": "harbour", "client_id": "harbour", "filters": filters, "top_k": 50}
    response = api.post("/api/v1/search", json=body)
    assert response.status_code == 200, response.text
    return {found["source"] for found in response.json()["results"]}


def in_background(api: TestClient, *files: tuple[str, bytes], **fields: str) -> Any:
    parts = [("files", file) for file in files]
    job = api.post("/api/v1/ingest/?async=true", files=parts, data={"client_id": "harbour", **fields})
    assert job.status_code == 202, job.text
    path = f"/api/v1/ingest/jobs/{job.json()['job_id']}"
    return wait_for(lambda: (body := api.get(path).json())["status"] in ("completed", "failed") and body)


def test_labels_for_all_files_of_an_upload(api: TestClient) -> None:
    add(api, CRANE, FERRY, metadata=json.dumps(METADATA), tags="contract, Über uns ,contract")
    assert labels(api) == {name: (METADATA, ["contract", "Über uns"]) for name, _ in (CRANE, FERRY)}


def test_labels_for_each_file_of_an_upload(api: TestClient) -> None:
    add(api, CRANE, FERRY, metadata='[{"lifts": 40}, null]', tags='[["a", "b"], []]')
    assert labels(api) == {"crane.txt": ({"lifts": 40}, ["a", "b"]), "ferry.txt": ({}, [])}


def test_labels_of_an_upload_in_the_background(api: TestClient) -> None:
    in_background(api, CRANE, FERRY, metadata='[{"lifts": 40}, {"carries": "cars"}]', tags='["a", "b"]')
    assert labels(api) == {"crane.txt": ({"lifts": 40}, ["a", "b"]), "ferry.txt": ({"carries": "cars"}, ["a", "b"])}


@pytest.mark.parametrize("tags", [("a,b",), ("a", "b"), ('["a","b"]',), ("a,,b,",), (" a", "b ")])
def test_tags_are_written_in_several_ways(api: TestClient, tags: tuple[str, ...]) -> None:
    form = {"client_id": "harbour", "tags": list(tags)}
    assert api.post("/api/v1/ingest/", files=[("files", CRANE)], data=form).is_success
    assert labels(api)["crane.txt"] == ({}, ["a", "b"])


def test_without_labels_a_document_has_none(api: TestClient) -> None:
    add(api, metadata="", tags="")
    assert labels(api) == {"crane.txt": ({}, [])}


NO_LABELS = [
    ("metadata", "year=2026"),
    ("metadata", "[1]"),
    ("metadata", '"text"'),
    ("metadata", '{"a": {"b": 1}}'),
    ("metadata", '{"a": null}'),
    ("metadata", '{"a": NaN}'),
    ("metadata", '{"a": 1e999}'),
    ("metadata", '{"a": ' + "9" * 5000 + "}"),
    ("metadata", "[{}, {}]"),
    ("metadata", "[" * 100_000),
    ("metadata", '{"a": "\\ud800"}'),
    ("metadata", json.dumps({"a": ["x" * 1000] * 60})),
    ("tags", '["a", 1]'),
    ("tags", '[["a"], ["b"]]'),
    ("tags", "[[1]]"),
    ("tags", '["a,b"]'),
    ("tags", "[nonsense"),
    ("tags", "x" * 101),
    ("tags", ",".join(f"tag {n}" for n in range(65))),
]


@pytest.mark.parametrize("query", ["", "?async=true"])
def test_labels_that_mean_nothing_are_refused_before_anything_is_stored(api: TestClient, query: str) -> None:
    for field, value in NO_LABELS:
        form = {"client_id": "harbour", field: value}
        response = api.post(f"/api/v1/ingest/{query}", files=[("files", CRANE)], data=form)
        assert_problem(response, 422, f"invalid_{field}")
    assert listed(api)["total"] == 0
    assert api.get("/api/v1/ingest/jobs?client_id=harbour").json()["jobs"] == []


def test_metadata_is_a_field_and_no_file(api: TestClient) -> None:
    files = [("files", CRANE), ("metadata", ("meta.json", b"{}"))]
    assert_problem(api.post("/api/v1/ingest/", files=files, data={"client_id": "harbour"}), 422, "invalid_metadata")
    twice = {"client_id": "harbour", "metadata": ["{}", "{}"]}
    assert_problem(api.post("/api/v1/ingest/", files=files[:1], data=twice), 422, "invalid_metadata")


def test_a_document_is_labelled_afterwards(api: TestClient) -> None:
    (document_id,) = add(api, metadata='{"year": 2026, "draft": true}', tags="a")
    path = f"{DOCUMENTS}/{document_id}"
    before = api.get(path).json()
    after = api.patch(path, json={"metadata": {"year": 2027, "draft": None, "note": ["x"]}}).json()
    assert after == api.get(path).json()
    assert (after["metadata"], after["tags"]) == ({"year": 2027, "note": ["x"]}, ["a"])
    assert after["updated_at"] > before["updated_at"]
    same = {"document_id", "filename", "sha256", "chunks", "created_at", "status", "client_id"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert api.patch(path, json={"tags": ["b", "c"]}).json()["tags"] == ["b", "c"]
    assert api.patch(path, json={"metadata": None}).json()["metadata"] == {}
    assert api.patch(path, json={"tags": None}).json()["tags"] == []
    unchanged = api.get(path).json()
    assert api.patch(path, json={}).json() == unchanged


NO_CHANGES: list[tuple[Any, str]] = [
    ({"metadata": {"a": {}}}, "invalid_metadata"),
    ({"metadata": {" ": 1}}, "invalid_metadata"),
    ({"metadata": {"a": "\x00"}}, "invalid_metadata"),
    ({"metadata": {f"{n}": n for n in range(65)}}, "invalid_metadata"),
    ({"tags": ["a,b"]}, "invalid_tags"),
    ({"tags": [None]}, "invalid_tags"),
    ({"metadata": [1]}, "invalid_input"),
    ({"tags": "a"}, "invalid_input"),
    ({"filename": "other.txt"}, "invalid_input"),
]


def test_a_change_that_means_nothing_changes_nothing(api: TestClient) -> None:
    (document_id,) = add(api, metadata='{"year": 2026}', tags="a")
    for body, code in NO_CHANGES:
        assert_problem(api.patch(f"{DOCUMENTS}/{document_id}", json=body), 422, code)
    assert labels(api) == {"crane.txt": ({"year": 2026}, ["a"])}


def test_what_is_not_there_cannot_be_labelled(api: TestClient) -> None:
    (document_id,) = add(api)
    assert_problem(api.patch(f"{DOCUMENTS}/doc_{'0' * 24}", json={"tags": []}), 404, "document_not_found")
    upload(api, FERRY, client_id="airport")
    response = api.patch(f"{DOCUMENTS}/{document_id}?client_id=airport", json={"tags": ["stolen"]})
    assert_problem(response, 404, "document_not_found")
    assert labels(api) == {"crane.txt": ({}, [])}


def test_a_document_that_takes_anothers_place_keeps_its_labels(api: TestClient) -> None:
    (old,) = add(api, metadata='{"year": 2026}', tags="a")
    new = api.put(f"{DOCUMENTS}/{old}", files=[("files", ("new.txt", b"Fifty tonnes."))]).json()["document_id"]
    assert labels(api) == {"new.txt": ({"year": 2026}, ["a"])}
    form = {"tags": "b"}
    api.put(f"{DOCUMENTS}/{new}", files=[("files", ("newer.txt", b"Sixty tonnes."))], data=form)
    assert labels(api) == {"newer.txt": ({"year": 2026}, ["b"])}
    add(api, ("newer.txt", b"Seventy tonnes."), replace="true", metadata="{}")
    assert labels(api) == {"newer.txt": ({}, ["b"])}


def test_a_new_document_of_an_old_name_has_labels_of_its_own(api: TestClient) -> None:
    add(api, tags="a")
    (new,) = add(api, ("crane.txt", b"Fifty tonnes."))
    assert api.get(f"{DOCUMENTS}/{new}").json()["tags"] == []


@pytest.mark.parametrize("send", [add, in_background])
def test_labels_that_come_with_a_duplicate_are_those_of_the_document(
    api: TestClient, send: Callable[..., object]
) -> None:
    add(api, metadata='{"year": 2026}', tags="a")
    send(api, CRANE)
    assert labels(api) == {"crane.txt": ({"year": 2026}, ["a"])}
    send(api, CRANE, tags="b")
    assert labels(api) == {"crane.txt": ({"year": 2026}, ["b"])}


def test_a_job_that_is_tried_again_still_has_its_labels(make_client: AppFactory) -> None:
    api = make_client(max_documents_per_client=1)
    (first,) = add(api)
    job = in_background(api, FERRY, metadata='{"carries": 40}', tags="late")
    assert job["status"] == "failed"
    api.delete(f"{DOCUMENTS}/{first}")
    path = f"/api/v1/ingest/jobs/{job['job_id']}"
    assert api.post(f"{path}/retry").is_success
    wait_for(lambda: api.get(path).json()["status"] == "completed")
    assert labels(api) == {"ferry.txt": ({"carries": 40}, ["late"])}


@pytest.fixture
def harbour(api: TestClient) -> TestClient:
    add(api, CRANE, metadata=json.dumps(METADATA), tags="machine,old")
    add(api, FERRY, metadata='{"year": 2027, "until": "2026-06-01T08:00:00+02:00", "page": 7}', tags="ship")
    add(api, ("pier.md", b"The harbour pier is long."))
    upload(
        api, ("runway.txt", b"The airport is no harbour."), client_id="airport", metadata='{"year": 2026}', tags="old"
    )
    return api


BY_DOCUMENTS: list[tuple[Any, set[str]]] = [
    ({"tags": "old"}, {"crane.txt"}),
    ({"tags": ["old", "ship"]}, {"crane.txt", "ferry.txt"}),
    ({"tags": {"nin": ["old"]}}, {"ferry.txt", "pier.md"}),
    ({"type": "txt"}, {"crane.txt", "ferry.txt"}),
    ({"source": {"contains": "ie"}}, {"pier.md"}),
    ({"metadata": {"year": 2026}}, {"crane.txt"}),
    ({"metadata": {"year": "2026"}}, set()),
    ({"metadata": {"year": [2026, 2027, "x"]}}, {"crane.txt", "ferry.txt"}),
    ({"metadata": {"year": {"gt": 2026}}}, {"ferry.txt"}),
    ({"metadata": {"year": {"gte": 2026, "lt": 2027}, "draft": False}}, {"crane.txt"}),
    ({"metadata": {"draft": {"ne": False}}}, {"ferry.txt", "pier.md"}),
    ({"metadata": {"until": {"gt": "2026-05-31"}}}, {"ferry.txt"}),
    ({"metadata": {"until": {"lt": "2026-06-01T06:00:01Z"}}}, {"crane.txt", "ferry.txt"}),
    ({"metadata": {"langs": "de"}}, {"crane.txt"}),
    ({"metadata": {"langs": {"contains": "d"}}}, set()),
    ({"metadata": {"Gru\u0308ße": {"contains": "alle"}}}, {"crane.txt"}),
    ({"metadata": {"page": 7}}, {"ferry.txt"}),
    ({"metadata": {"nobody has this": {"ne": 1}}}, {"crane.txt", "ferry.txt", "pier.md"}),
    ({"created_at": {"gte": "2020-01-01", "lt": "2999-01-01"}}, {"crane.txt", "ferry.txt", "pier.md"}),
    ({"created_at": {"lt": "2020-01-01"}}, set()),
    ({"type": "contains", "key": "metadata.langs", "value": "de"}, {"crane.txt"}),
    (
        {
            "type": "or",
            "filters": [
                {"type": "eq", "key": "tags", "value": "ship"},
                {"type": "and", "filters": [{"type": "eq", "key": "type", "value": "md"}]},
            ],
        },
        {"ferry.txt", "pier.md"},
    ),
]
BY_PASSAGES: list[tuple[Any, set[str]]] = [
    ({"page": {"lte": 1}, "tags": "old"}, {"crane.txt"}),
    ({"page": 2, "tags": "old"}, set()),
    (
        {
            "type": "or",
            "filters": [
                {"type": "gt", "key": "page", "value": 1},
                {"type": "eq", "key": "metadata.year", "value": 2027},
            ],
        },
        {"ferry.txt"},
    ),
]


def test_searches_are_filtered(harbour: TestClient) -> None:
    for filters, names in BY_DOCUMENTS + BY_PASSAGES:
        assert searched(harbour, filters) == names, filters


def test_lists_of_documents_are_filtered(harbour: TestClient) -> None:
    for filters, names in BY_DOCUMENTS:
        body = listed(harbour, filter=json.dumps(filters))
        assert {document["filename"] for document in body["documents"]} == names, filters
        assert body["total"] == len(names)


def test_answers_are_filtered(harbour: TestClient) -> None:
    for filters, names in BY_DOCUMENTS[:6]:
        body = ask(harbour, "What is there in the harbour?", "harbour", filters=filters).json()
        assert {source["source"] for source in body["sources"]} == names, filters
        asked = {"message": "What is there in the harbour?", "client_id": "harbour", "filters": filters}
        first = harbour.post("/api/v1/chat/stream", json=asked).text.split("data: ")[1].split("\n")[0]
        assert {source["source"] for source in json.loads(first)["sources"]} == names, filters


def test_an_answer_without_passages_says_so(harbour: TestClient) -> None:
    body = ask(harbour, "What is there in the harbour?", "harbour", filters={"tags": "nothing has this"}).json()
    assert (body["grounded"], body["sources"], body["citations"]) == (False, [], [])


def test_lists_are_asked_for_by_plain_fields_too(harbour: TestClient) -> None:
    assert [d["filename"] for d in listed(harbour, tag=["old", "machine"])["documents"]] == ["crane.txt"]
    assert listed(harbour, tag=["old", "ship"])["total"] == 0
    assert [d["filename"] for d in listed(harbour, type="md")["documents"]] == ["pier.md"]
    assert [d["filename"] for d in listed(harbour, filename="ferry.txt", status="ready")["documents"]] == ["ferry.txt"]


def test_a_filtered_list_is_paged(api: TestClient) -> None:
    ids = [add(api, (f"{n}.txt", b"File %d." % n), tags="odd" if n % 2 else "even")[0] for n in range(10)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = listed(api, tag="odd", limit=2, cursor=cursor)
        assert page["total"] == 5
        seen += [document["document_id"] for document in page["documents"]]
        cursor = page.get("next_cursor")
    assert seen == ids[::-1][::2]


NO_FILTERS = [
    ("tags=old", "invalid_filter"),
    ("[" * 4000, "invalid_filter"),
    ('{"page": 1}', "invalid_filter"),
    ('{"type": "eq", "key": "section", "value": "x"}', "invalid_filter"),
    ('{"type": "eq", "key": "client_id", "value": "airport"}', "invalid_filter"),
    ('{"metadata": {"a": {"$gt": 1}}}', "invalid_input"),
    ('{"metadata": {"a": null}}', "invalid_input"),
    ('{"metadata": {"a": {}}}', "invalid_input"),
    ('{"owner": "airport"}', "invalid_input"),
    ('{"type": "like", "key": "tags", "value": "x"}', "invalid_input"),
    ("7", "invalid_input"),
    ("x" * 8001, "invalid_input"),
]


def test_a_filter_that_means_nothing_is_refused(harbour: TestClient) -> None:
    for text, code in NO_FILTERS:
        assert_problem(harbour.get(DOCUMENTS, params={"client_id": "harbour", "filter": text}), 422, code)


def test_passages_and_citations_show_the_labels_of_their_document(harbour: TestClient) -> None:
    body = ask(harbour, "How much does the harbour crane lift?", "harbour", filters={"tags": "old"}).json()
    (source,) = body["sources"]
    assert (source["metadata"], source["tags"]) == (METADATA, ["machine", "old"])
    assert (body["citations"][0]["metadata"], body["citations"][0]["tags"]) == (METADATA, ["machine", "old"])
    search = harbour.post("/api/v1/search", json={"query": "pier", "client_id": "harbour"}).json()["results"]
    assert {found["source"]: found["tags"] for found in search}["pier.md"] == []


def test_a_change_is_seen_by_the_next_question(harbour: TestClient) -> None:
    document = listed(harbour, type="md")["documents"][0]["document_id"]
    assert searched(harbour, {"tags": "new"}) == set()
    harbour.patch(f"{DOCUMENTS}/{document}", json={"tags": ["new"]})
    assert searched(harbour, {"tags": "new"}) == {"pier.md"}
