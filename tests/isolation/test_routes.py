"""Every route of the OpenAPI document, as two clients and without a key: nothing of one ever reaches the other.

A route that is not in CALLS fails the test: whoever adds one says here how it is called.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.config import Settings
from app.main import create_app
from app.service import Services
from app.services.tenants.rate_limit import RateLimit
from tests.api import AppFactory, ask, assert_problem, upload
from tests.fakes import HashEmbeddings
from tests.isolation.world import (
    ADMIN,
    CALLS,
    COUNTED,
    FILE,
    FILTERS,
    OPEN_TO_ALL,
    OPERATORS,
    PAGES,
    SESSION,
    STORE,
    STORE_FILE,
    World,
)


@pytest.fixture(params=["chroma", pytest.param("pgvector", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, make_client: AppFactory) -> World:
    if request.param == "chroma":
        return World(make_client(admin_api_key=ADMIN))
    shared = {"vector_store_type": "pgvector", "database_url": request.getfixturevalue("database_url")}
    return World(make_client(admin_api_key=ADMIN, **shared))


def _routes(api: TestClient) -> set[tuple[str, str]]:
    paths = api.get("/openapi.json").json()["paths"]
    return {(method, path) for path, operations in paths.items() for method in operations}


def test_the_log_names_whom_each_request_is_about(world: World, caplog: pytest.LogCaptureFixture) -> None:
    # One of two routes that remove the same thing is enough: the other one finds nobody who has it.
    twice = {
        ("delete", "/api/v1/chat/{session_id}"),
        ("delete", "/api/v1/documents/{document_id}"),
        ("delete", "/v1/files/{file_id}"),
        ("delete", STORE_FILE),
    }
    erasing = ("delete", "/api/v1/clients/{client_id}")
    order = ["get", "post", "patch", "put", "delete"]
    # What lies within something is removed before it.
    for route in sorted(
        CALLS.keys() - twice,
        key=lambda route: (order.index(route[0]), route == erasing, -route[1].count("/"), route[1]),
    ):
        if CALLS[route](world.target).shared:
            continue
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="app.request"):
            world.call(route, world.target, world.admin)
        (line,) = [record for record in caplog.records if record.name == "app.request"]
        assert vars(line)["client"] == "victim-co", route


class Counting(RateLimit):
    """No limit, but it says whose requests it counted."""

    def __init__(self) -> None:
        super().__init__(None)
        self.counted: list[ClientId] = []

    def hit(self, client_id: ClientId) -> None:
        """Count a request."""
        self.counted.append(client_id)


def test_what_makes_work_is_counted_and_nothing_else(make_settings: Callable[..., Settings]) -> None:
    counting = Counting()

    def opener(settings: Settings) -> Services:
        return replace(open_services(settings, embedder=HashEmbeddings()), rate_limit=counting)

    with TestClient(create_app(make_settings(admin_api_key=ADMIN), opener=opener)) as api:
        world = World(api)
        for route in CALLS:
            counting.counted.clear()
            world.call(route, world.target, world.victim)
            assert counting.counted == (["victim-co"] if route in COUNTED else []), route


def test_every_route_is_covered(world: World) -> None:
    assert _routes(world.api) == set(CALLS) | OPEN_TO_ALL


def test_pages_about_the_api_are_open_and_the_same_for_everybody(world: World) -> None:
    for page in PAGES:
        shown = [world.api.get(page, headers=headers) for headers in ({}, world.victim, world.attacker, world.admin)]
        assert {answer.status_code for answer in shown} == {200}
        assert len({answer.content for answer in shown}) == 1
        assert "victim-co" not in shown[0].text


@pytest.mark.parametrize("key", [None, "wrong", "crag_0123456789abcdef_wrong", "crag__", "crag_é_ü"])
def test_without_a_good_key_every_route_is_closed(world: World, key: str | None) -> None:
    before = world.victims_view()
    for route in CALLS:
        for headers in (
            ({"Authorization": f"Bearer {key}".encode()}, {"X-API-Key": f"{key}".encode()}) if key else ({},)
        ):
            response = world.call(route, world.target, headers)  # type: ignore[arg-type] # bytes, as some callers send
            if route[1].startswith("/v1/"):
                assert (response.status_code, _told(response)["code"]) == (401, "not_authenticated")
            else:
                assert_problem(response, 401, "not_authenticated")
    assert world.victims_view() == before


def test_nothing_of_the_victim_reaches_the_attacker(world: World) -> None:
    before = world.victims_view()
    assert "zq7731" in str(before)
    for route in CALLS:
        response = world.call(route, world.target, world.attacker)
        for mark in (
            "zq7731",
            "xylophone",
            FILE,
            "victims-own-job",
            SESSION,
            "victim-co",
            world.target.document_id,
            "msg_",
        ):
            assert mark not in response.text or _is_own_answer(route, response), (route, mark)
        assert world.victims_view() == before, route


def test_no_filter_reaches_what_is_anothers(world: World) -> None:
    asked = {"type": "eq", "key": "document_id", "value": world.target.document_id}
    for where in [*FILTERS, asked]:
        listed = {} if "filters" in where else {"filter": json.dumps(where)}
        for response in (
            world.api.post("/api/v1/search", json={"query": "vault", "filters": where}, headers=world.attacker),
            world.api.get("/api/v1/documents", params=listed, headers=world.attacker),
            world.api.post(
                "/api/v1/chat/", json={"message": "What opens the vault?", "filters": where}, headers=world.attacker
            ),
            world.api.post(
                "/v1/vector_stores/default/search", json={"query": "vault", "filters": where}, headers=world.attacker
            ),
        ):
            assert response.status_code == 200, response.text
            for mark in ("xylophone", FILE, "victim-co", world.target.document_id):
                assert mark not in response.text, where
    found = world.api.get("/api/v1/documents", params={"tag": "zq7731"}, headers=world.victim).json()
    assert found["total"] == 1


def _told(response: Any) -> dict[str, Any]:
    """What an error says, in the service's shape or OpenAI's, without what differs from request to request."""
    body = response.json()
    return dict(body["error"]) if "error" in body else {"code": body["code"], "detail": body["detail"]}


def _is_own_answer(route: tuple[str, str], response: Any) -> bool:
    """A chat under a session name that the victim uses too is the attacker's own session of that name."""
    return route == ("post", "/api/v1/chat/") and response.json().get("client_id") == "attacker-co"


def test_what_is_anothers_and_what_does_not_exist_look_the_same(world: World) -> None:
    for route, aim in CALLS.items():
        if aim(world.target).shared:
            continue
        theirs = world.call(route, world.target, world.attacker)
        nobodys = world.call(route, world.nobody, world.attacker)
        assert theirs.status_code == nobodys.status_code in (403, 404), route
        assert _told(theirs) == _told(nobodys), route


def test_shared_views_show_the_callers_own(world: World) -> None:
    for route, aim in CALLS.items():
        if aim(world.target).shared:
            expected = 403 if route in OPERATORS else 200
            assert world.call(route, world.target, world.attacker).status_code == expected, route
    collections = world.api.get("/api/v1/chat/collections", headers=world.attacker).json()
    assert [c["client_id"] for c in collections["collections"]] == ["attacker-co"]
    assert collections["total"] == 1
    clients = world.api.get("/api/v1/clients", headers=world.attacker).json()
    assert [c["client_id"] for c in clients["clients"]] == ["attacker-co"]
    stats = world.api.get("/api/v1/sessions/stats", headers=world.attacker).json()
    assert stats["total_sessions"] == stats["total_messages"] == stats["active_chains"] == 0


def test_a_key_decides_the_client_by_itself(world: World) -> None:
    answer = world.api.post("/api/v1/chat/", json={"message": "What opens the vault?"}, headers=world.victim).json()
    assert answer["client_id"] == "victim-co"
    assert "zq7731" in answer["response"]


def test_a_session_name_of_another_client_is_a_new_session_of_ones_own(world: World) -> None:
    answer = ask(world.api, "What about bananas?", "attacker-co", session_id=SESSION, headers=world.attacker).json()
    assert "zq7731" not in str(answer)
    assert world.api.get(f"/api/v1/sessions/{SESSION}/info", headers=world.attacker).json()["message_count"] == 2


def test_the_victims_own_key_can_do_all_that_is_refused_to_the_attacker(world: World) -> None:
    admin_only = {route for route in CALLS if "/clients" in route[1]} - {
        ("get", "/api/v1/clients"),
        ("get", "/api/v1/clients/{client_id}"),
        ("get", "/api/v1/clients/{client_id}/usage"),
        ("get", "/api/v1/clients/{client_id}/feedback"),
        ("get", "/api/v1/clients/{client_id}/feedback/export"),
        ("get", "/api/v1/clients/{client_id}/budgets"),
        ("get", "/api/v1/clients/{client_id}/settings"),
        ("put", "/api/v1/clients/{client_id}/settings"),
    }
    document = "/api/v1/documents/{document_id}"
    last = [
        ("put", document),
        ("delete", "/api/v1/sessions/{session_id}"),
        ("delete", "/api/v1/chat/collections/{client_id}"),
        ("delete", STORE),
    ]
    # The document is deleted with its collection here, and by itself in the tests of documents.
    deleting = {("delete", path) for path in (document, "/v1/files/{file_id}", STORE_FILE)}
    skipped = {*last, *admin_only, *deleting, *OPERATORS}
    for route in [r for r in CALLS if r not in skipped and r[1] != "/api/v1/chat/{session_id}"]:
        assert world.call(route, world.target, world.victim).is_success, route
    for route in last:
        assert world.call(route, world.target, world.victim).is_success, route


def test_open_mode_serves_everybody(make_client: AppFactory) -> None:
    api = make_client()
    upload(api, client_id="harbour")
    assert ask(api, "Who built the crane?", "harbour").status_code == 200
