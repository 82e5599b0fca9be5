"""Search without a model, and its filters."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api import TEXT, AppFactory, assert_problem, upload, upload_each

GUIDE = (
    "# Rules\n\nThe crane stands still when the wind is strong.\n\n"
    "# Breaks\n\nThe crane driver rests for an hour at noon.\n"
)


@pytest.fixture
def harbour(api: TestClient) -> TestClient:
    upload(api, ("crane.txt", TEXT.encode()), ("guide.md", GUIDE.encode()), client_id="harbour", chunk_size="100")
    upload(api, ("runway.txt", b"The airport's crane is yellow."), client_id="airport")
    return api


def _search(api: TestClient, query: str = "crane driver", **more: Any) -> Any:
    return api.post("/api/v1/search", json={"query": query, "client_id": "harbour", **more})


def _found(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_passages_come_with_their_place_and_score(harbour: TestClient) -> None:
    body = _search(harbour, "When does the driver rest at noon?", top_k=1).json()
    assert body["client_id"] == "harbour"
    (best,) = body["results"]
    assert "an hour at noon" in best["content"]
    assert (best["source"], best["section"], best["page"]) == ("guide.md", "Rules", 1)
    assert "Breaks" in best["sections"], "a short document comes whole"
    assert best["start"] < best["end"]
    assert 0 < best["score"] <= 1


def test_top_k_is_the_services_own_unless_given(make_client: AppFactory) -> None:
    api = make_client(top_k=2)
    upload_each(api, "harbour", [f"The crane driver number {number} rests." for number in range(10)])
    assert len(_found(_search(api))) == 2
    assert len(_found(_search(api, top_k=7))) == 7
    for top_k in (0, 51, "many"):
        assert_problem(_search(api, top_k=top_k), 422, "invalid_input")


def test_the_clients_own_top_k_comes_before_the_services(harbour: TestClient) -> None:
    assert len(_found(_search(harbour))) > 1
    harbour.put("/api/v1/clients/harbour/settings", json={"top_k": 1})
    assert len(_found(_search(harbour))) == 1


@pytest.mark.parametrize(
    ("filters", "sources"),
    [
        ({"source": "guide.md"}, {"guide.md"}),
        ({"source": ["guide.md", "crane.txt", "nothing.md"]}, {"guide.md", "crane.txt"}),
        ({"section": "Breaks"}, {"guide.md"}),
        ({"section": ["Rules", "Breaks"], "source": "guide.md"}, {"guide.md"}),
        ({"page": 1, "source": "crane.txt"}, {"crane.txt"}),
        ({"page": [2, 3]}, set()),
        ({"chunk_index": 0}, {"guide.md", "crane.txt"}),
        ({"source": "runway.txt"}, set()),
        ({"section": "Breaks", "source": "crane.txt"}, set()),
        ({}, {"guide.md", "crane.txt"}),
    ],
)
def test_filters_narrow_the_search(harbour: TestClient, filters: dict[str, Any], sources: set[str]) -> None:
    assert {found["source"] for found in _found(_search(harbour, filters=filters, top_k=50))} == sources


def test_a_document_is_searched_by_itself(harbour: TestClient) -> None:
    all_found = _found(_search(harbour, top_k=50))
    for document_id in {found["document_id"] for found in all_found}:
        mine = [found for found in all_found if found["document_id"] == document_id]
        assert len(_found(_search(harbour, filters={"document_id": document_id}, top_k=50))) == len(mine)


def test_filters_find_what_is_not_among_the_nearest(api: TestClient) -> None:
    many = [(f"crane-{number}.txt", f"Crane number {number} is a crane.".encode()) for number in range(60)]
    for start in range(0, 60, 20):
        upload(api, *many[start : start + 20], client_id="harbour")
    upload(api, ("far.txt", b"Bananas ripen in warm rooms."), client_id="harbour")
    (found,) = _found(_search(api, "crane", filters={"source": "far.txt"}))
    assert found["source"] == "far.txt"


@pytest.mark.parametrize(
    "filters",
    [
        {"client_id": "airport"},
        {"$or": [{"source": "runway.txt"}]},
        {"source": {"$ne": "x"}},
        {"source": ["guide.md", {"$ne": "x"}]},
        {"page": "1"},
        {"page": True},
        {"page": 1.5},
        {"page": [1, "2"]},
        {"page": -1},
        {"page": 2**63},
        {"source": 7},
        {"source": []},
        {"source": ["x"] * 101},
        {"source": "x" * 1001},
        {"document_id": ["a", 1]},
        ["source"],
    ],
)
def test_only_known_fields_with_values_of_their_type_are_filters(harbour: TestClient, filters: Any) -> None:
    response = _search(harbour, filters=filters)
    assert response.status_code == 422
    assert_problem(response, 422, response.json()["code"])
    assert response.json()["code"] in {"invalid_input", "invalid_filter"}


def test_the_stores_language_in_a_value_is_only_text(harbour: TestClient) -> None:
    for text in ("$ne", "' OR 1=1 --", '{"$ne": ""}', "*", "%"):
        assert _found(_search(harbour, filters={"source": text})) == []


def test_a_score_is_explained_when_that_is_asked_for(api: TestClient) -> None:
    rows = ["The crane stands on the quay and waits for ships." + " It waits." * 35] * 200
    rows[60] += " Its motor is a KX-4471."
    rows[120] += " Its driver is Oddvar."
    upload(api, ("cranes.txt", "\n\n".join(rows).encode()), client_id="harbour", chunk_size="400", chunk_overlap="0")
    plain = _search(api, "Which crane has the KX-4471?").json()
    assert plain["explain"] is None
    assert plain["results"][0]["explain"] is None
    for query, given, other in (("Which crane has the KX-4471?", "code", "name"), ("And Oddvar?", "name", "code")):
        body = _search(api, query, explain=True).json()
        assert body["explain"] == {"gate": 0.3, "passed": True}
        best, *others = [found["explain"] for found in body["results"]]
        assert others
        assert list(best) == ["vector", "words", "name", "code", "final", "gate", "rerank"]
        assert best[given] > best[other] == 0
        assert all(each[given] == 0 and each["final"] < best["final"] for each in others)
        for parts in (best, *others):
            together = sum(parts[name] for name in ("vector", "words", "name", "code"))
            assert parts["final"] == pytest.approx(together, abs=4e-4)


def test_an_explanation_tells_that_nothing_has_to_do_with_the_question(make_client: AppFactory) -> None:
    api = make_client(min_relevance=1.2)
    upload(api, client_id="harbour")
    body = _search(api, "Who won the chess championship?", explain=True).json()
    assert body["explain"] == {"gate": 1.2, "passed": False}
    assert max(found["explain"]["gate"] for found in body["results"]) < 1.2


def test_searching_is_refused_as_asking_is(make_client: AppFactory) -> None:
    api = make_client(max_message_chars=20, rate_limit_per_minute=5)
    upload(api, client_id="harbour")
    assert_problem(_search(api, client_id="nobody-here"), 404, "collection_not_found")
    assert_problem(_search(api, client_id=None), 422, "client_required")
    assert_problem(_search(api, "   "), 422, "invalid_input")
    assert_problem(_search(api, "x" * 21), 422, "message_too_long")
    for _ in range(3):
        assert _search(api).status_code == 200
    limited = _search(api)
    assert_problem(limited, 429, "rate_limited")
    assert int(limited.headers["retry-after"]) > 0
