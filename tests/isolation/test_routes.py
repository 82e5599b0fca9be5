"""Every route of the OpenAPI document, as two clients and without a key: nothing of one ever reaches the other.

A route that is not in CALLS fails the test: whoever adds one says here how it is called.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.ids import ClientId
from app.config import Settings
from app.main import create_app
from app.openai.stores.batches import Batch
from app.service import Services
from app.services.tenants.rate_limit import RateLimit
from tests.api import AppFactory, ask, assert_problem, upload
from tests.fakes import HashEmbeddings

if TYPE_CHECKING:
    from fastapi import FastAPI

ADMIN = "admin-key-of-the-isolation-test"
OPERATORS = {
    ("get", "/metrics"),
    ("get", "/api/v1/admin/usage"),
    ("post", "/api/v1/admin/backup"),
    ("post", "/api/v1/admin/reembed"),
    ("get", "/api/v1/admin/reembed"),
}
"""Show what is of all clients, and so take the admin key."""
SECRET = "The xylophone vault opens with zq7731."
FILE = "victims-own-file.txt"
SESSION = "victims-own-session"
FEEDBACK = "/api/v1/sessions/{session_id}/messages/{message_id}/feedback"
STORES = "/v1/vector_stores"
STORE = f"{STORES}/{{client_id}}"
STORE_FILE = f"{STORE}/files/{{file_id}}"
BATCH = f"{STORE}/file_batches/{{batch_id}}"


class Call(NamedTuple):
    """How to call a route against another's things; `shared` routes name nobody and answer with the caller's own."""

    path: str
    body: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    shared: bool = False
    project: str | None = None
    """The client that OpenAI's header names."""
    file_field: str = "files"


class Target(NamedTuple):
    """What a call is aimed at: the victim's, or names that nobody has."""

    client_id: str
    session_id: str
    document_id: str
    key_id: str
    job_id: str
    message_id: str

    @property
    def feedback(self) -> str:
        """Where feedback on the answer is."""
        return f"/api/v1/sessions/{self.session_id}/messages/{self.message_id}/feedback"

    @property
    def batch_id(self) -> str:
        """A batch of the document."""
        return Batch(1_780_000_000, [self.document_id]).id


# fmt: off
CALLS: dict[tuple[str, str], Any] = {
    ("post", "/api/v1/ingest/"): lambda t: Call("/api/v1/ingest/", form={"client_id": t.client_id}),
    ("get", "/api/v1/ingest/jobs"): lambda t: Call(f"/api/v1/ingest/jobs?client_id={t.client_id}"),
    ("get", "/api/v1/ingest/jobs/{job_id}"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}"),
    ("get", "/api/v1/ingest/jobs/{job_id}/events"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}/events"),
    ("post", "/api/v1/ingest/jobs/{job_id}/retry"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}/retry"),
    ("delete", "/api/v1/ingest/jobs/{job_id}"): lambda t: Call(f"/api/v1/ingest/jobs/{t.job_id}"),
    ("get", "/api/v1/documents"): lambda t: Call(f"/api/v1/documents?client_id={t.client_id}"),
    ("get", "/api/v1/documents/{document_id}"): lambda t: Call(f"/api/v1/documents/{t.document_id}"),
    ("get", "/api/v1/documents/{document_id}/chunks"): lambda t: Call(f"/api/v1/documents/{t.document_id}/chunks"),
    ("put", "/api/v1/documents/{document_id}"): lambda t: Call(f"/api/v1/documents/{t.document_id}", form={}),
    ("patch", "/api/v1/documents/{document_id}"): lambda t: Call(
        f"/api/v1/documents/{t.document_id}", {"metadata": {"stolen": True}, "tags": ["stolen"]}),
    ("delete", "/api/v1/documents/{document_id}"): lambda t: Call(f"/api/v1/documents/{t.document_id}"),
    ("post", "/api/v1/chat/"): lambda t: Call(
        "/api/v1/chat/", {"message": "What opens the vault?", "client_id": t.client_id, "session_id": t.session_id}),
    ("post", "/api/v1/chat/stream"): lambda t: Call(
        "/api/v1/chat/stream",
        {"message": "What opens the vault?", "client_id": t.client_id, "session_id": t.session_id}),
    ("get", "/api/v1/chat/collections"): lambda _: Call("/api/v1/chat/collections", shared=True),
    ("get", "/api/v1/chat/collections/{client_id}/stats"): lambda t: Call(
        f"/api/v1/chat/collections/{t.client_id}/stats"),
    ("delete", "/api/v1/chat/collections/{client_id}"): lambda t: Call(f"/api/v1/chat/collections/{t.client_id}"),
    ("delete", "/api/v1/chat/{session_id}"): lambda t: Call(f"/api/v1/chat/{t.session_id}"),
    ("post", FEEDBACK): lambda t: Call(t.feedback, {"rating": "down", "comment": "Stolen."}),
    ("get", FEEDBACK): lambda t: Call(t.feedback),
    ("get", "/api/v1/clients/{client_id}/feedback"): lambda t: Call(f"/api/v1/clients/{t.client_id}/feedback"),
    ("get", "/api/v1/clients/{client_id}/feedback/export"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/feedback/export"),
    ("delete", FEEDBACK): lambda t: Call(t.feedback),
    ("get", "/api/v1/sessions/stats"): lambda _: Call("/api/v1/sessions/stats", shared=True),
    ("get", "/api/v1/sessions/list"): lambda _: Call("/api/v1/sessions/list", shared=True),
    ("get", "/api/v1/sessions/{session_id}/info"): lambda t: Call(f"/api/v1/sessions/{t.session_id}/info"),
    ("delete", "/api/v1/sessions/{session_id}"): lambda t: Call(f"/api/v1/sessions/{t.session_id}"),
    ("get", "/api/v1/sessions"): lambda _: Call("/api/v1/sessions", shared=True),
    ("get", "/api/v1/sessions/{session_id}/messages"): lambda t: Call(f"/api/v1/sessions/{t.session_id}/messages"),
    ("get", "/api/v1/sessions/{session_id}/export"): lambda t: Call(
        f"/api/v1/sessions/{t.session_id}/export?format=markdown"),
    ("patch", "/api/v1/sessions/{session_id}"): lambda t: Call(f"/api/v1/sessions/{t.session_id}", {"title": None}),
    ("post", "/api/v1/sessions/cleanup"): lambda _: Call("/api/v1/sessions/cleanup", shared=True),
    ("post", "/api/v1/clients"): lambda t: Call("/api/v1/clients", {"client_id": t.client_id}),
    ("get", "/api/v1/clients"): lambda _: Call("/api/v1/clients", shared=True),
    ("get", "/api/v1/clients/{client_id}"): lambda t: Call(f"/api/v1/clients/{t.client_id}"),
    ("get", "/api/v1/clients/{client_id}/usage"): lambda t: Call(f"/api/v1/clients/{t.client_id}/usage"),
    ("get", "/api/v1/clients/{client_id}/budgets"): lambda t: Call(f"/api/v1/clients/{t.client_id}/budgets"),
    ("put", "/api/v1/clients/{client_id}/budgets"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/budgets", {"tokens_a_day": 0}),
    ("get", "/api/v1/admin/usage"): lambda _: Call("/api/v1/admin/usage", shared=True),
    ("get", "/api/v1/clients/{client_id}/settings"): lambda t: Call(f"/api/v1/clients/{t.client_id}/settings"),
    ("put", "/api/v1/clients/{client_id}/settings"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/settings", {"system_prompt": "Say all you know."}),
    ("delete", "/api/v1/clients/{client_id}"): lambda t: Call(f"/api/v1/clients/{t.client_id}"),
    ("post", "/api/v1/clients/{client_id}/keys"): lambda t: Call(f"/api/v1/clients/{t.client_id}/keys", {}),
    ("get", "/api/v1/clients/{client_id}/keys"): lambda t: Call(f"/api/v1/clients/{t.client_id}/keys"),
    ("delete", "/api/v1/clients/{client_id}/keys/{key_id}"): lambda t: Call(
        f"/api/v1/clients/{t.client_id}/keys/{t.key_id}"),
    ("post", "/api/v1/admin/reembed"): lambda _: Call("/api/v1/admin/reembed", shared=True),
    ("get", "/api/v1/admin/reembed"): lambda _: Call("/api/v1/admin/reembed", shared=True),
    ("post", "/api/v1/search"): lambda t: Call(
        "/api/v1/search", {"query": "What opens the vault?", "client_id": t.client_id}),
    ("post", "/v1/chat/completions"): lambda t: Call(
        "/v1/chat/completions",
        {"model": t.client_id, "messages": [{"role": "user", "content": "What opens the vault?"}]}),
    ("get", "/v1/models"): lambda _: Call("/v1/models", shared=True),
    ("get", "/v1/models/{model}"): lambda t: Call(f"/v1/models/{t.client_id}"),
    ("post", "/v1/vector_stores/{client_id}/search"): lambda t: Call(
        f"/v1/vector_stores/{t.client_id}/search", {"query": "What opens the vault?"}),
    ("post", "/v1/responses"): lambda t: Call(
        "/v1/responses", {"model": t.client_id, "input": "What opens the vault?"}),
    ("post", "/v1/embeddings"): lambda t: Call(
        "/v1/embeddings", {"model": "default", "input": "What opens the vault?"}, project=t.client_id),
    ("post", "/v1/files"): lambda t: Call(
        "/v1/files", form={"purpose": "assistants"}, project=t.client_id, file_field="file"),
    ("get", "/v1/files"): lambda t: Call("/v1/files", project=t.client_id),
    ("get", "/v1/files/{file_id}"): lambda t: Call(f"/v1/files/{t.document_id}"),
    ("get", "/v1/files/{file_id}/content"): lambda t: Call(f"/v1/files/{t.document_id}/content"),
    ("delete", "/v1/files/{file_id}"): lambda t: Call(f"/v1/files/{t.document_id}"),
    ("get", STORES): lambda t: Call(STORES, project=t.client_id),
    ("post", STORES): lambda t: Call(STORES, {"file_ids": [t.document_id]}, project=t.client_id),
    ("get", STORE): lambda t: Call(f"{STORES}/{t.client_id}"),
    ("delete", STORE): lambda t: Call(f"{STORES}/{t.client_id}"),
    ("post", f"{STORE}/files"): lambda t: Call(
        f"{STORES}/{t.client_id}/files", {"file_id": t.document_id, "attributes": {"stolen": True}}),
    ("get", f"{STORE}/files"): lambda t: Call(f"{STORES}/{t.client_id}/files"),
    ("get", STORE_FILE): lambda t: Call(f"{STORES}/{t.client_id}/files/{t.document_id}"),
    ("post", STORE_FILE): lambda t: Call(
        f"{STORES}/{t.client_id}/files/{t.document_id}", {"attributes": {"stolen": True}}),
    ("delete", STORE_FILE): lambda t: Call(f"{STORES}/{t.client_id}/files/{t.document_id}"),
    ("get", f"{STORE_FILE}/content"): lambda t: Call(f"{STORES}/{t.client_id}/files/{t.document_id}/content"),
    ("post", f"{STORE}/file_batches"): lambda t: Call(
        f"{STORES}/{t.client_id}/file_batches", {"file_ids": [t.document_id], "attributes": {"stolen": True}}),
    ("get", BATCH): lambda t: Call(f"{STORES}/{t.client_id}/file_batches/{t.batch_id}"),
    ("post", f"{BATCH}/cancel"): lambda t: Call(f"{STORES}/{t.client_id}/file_batches/{t.batch_id}/cancel"),
    ("get", f"{BATCH}/files"): lambda t: Call(f"{STORES}/{t.client_id}/file_batches/{t.batch_id}/files"),
    ("get", "/metrics"): lambda _: Call("/metrics", shared=True),
    ("post", "/api/v1/admin/backup"): lambda _: Call("/api/v1/admin/backup", shared=True),
}
# fmt: on
COUNTED = {
    ("post", "/api/v1/ingest/"),
    ("put", "/api/v1/documents/{document_id}"),
    ("post", "/api/v1/chat/"),
    ("post", "/api/v1/chat/stream"),
    ("post", "/api/v1/search"),
    ("post", "/v1/chat/completions"),
    ("post", "/v1/vector_stores/{client_id}/search"),
    ("post", "/v1/responses"),
    ("post", "/v1/embeddings"),
    ("post", "/v1/files"),
}
OPEN_TO_ALL = {("get", "/health"), ("get", "/health/live"), ("get", "/health/ready")}
PAGES = ("/docs", "/redoc", "/openapi.json", "/ui")


class World:
    """The app in locked mode with a victim, who has everything one can have, and an attacker with a key."""

    def __init__(self, api: TestClient) -> None:
        self.api = api
        self.admin = {"Authorization": f"Bearer {ADMIN}"}
        self.victim, victim_key_id = self._client("victim-co")
        self.attacker, _ = self._client("attacker-co")
        labels = {"metadata": json.dumps({"owner": "xylophone maker"}), "tags": "zq7731"}
        body = upload(api, (FILE, SECRET.encode()), headers=self.victim, **labels).json()
        asked = ask(api, "What opens the vault?", "victim-co", session_id=SESSION, headers=self.victim)
        upload(api, ("own.txt", b"The attacker's own words about bananas."), headers=self.attacker)
        document_id, job_id = body["documents"][0]["document_id"], self._cancelled_job()
        message_id = asked.json()["message_id"]
        self.target = Target("victim-co", SESSION, document_id, victim_key_id, job_id, message_id)
        api.post(self.target.feedback, json={"rating": "up", "comment": SECRET}, headers=self.victim)
        self.nobody = Target(
            "nobody-co", "nobodys-session", "doc_" + "0" * 24, "0" * 16, "job_" + "0" * 24, f"msg_{'0' * 16}_2"
        )

    def _client(self, client_id: str) -> tuple[dict[str, str], str]:
        body = self.api.post("/api/v1/clients", json={"client_id": client_id}, headers=self.admin).json()
        return {"Authorization": f"Bearer {body['api_key']}"}, body["key_id"]

    def _cancelled_job(self) -> str:
        """Make a job of the victim's that stands still: one can look at it, follow it, retry it and cancel it."""
        services: Services = cast("FastAPI", self.api.app).state.services
        services.jobs.interrupt()
        parts = [("files", ("victims-own-job.txt", SECRET.encode()))]
        job_id: str = self.api.post("/api/v1/ingest/?async=true", files=parts, headers=self.victim).json()["job_id"]
        self.api.delete(f"/api/v1/ingest/jobs/{job_id}", headers=self.victim)
        return job_id

    def call(self, route: tuple[str, str], target: Target, headers: dict[str, str]) -> Any:
        """Call a route aimed at the target."""
        call: Call = CALLS[route](target)
        if call.project is not None:
            headers = {**headers, "OpenAI-Project": call.project}
        if call.form is not None:
            files = [(call.file_field, ("bait.txt", b"Bait."))]
            return self.api.request(route[0], call.path, data=call.form, files=files, headers=headers)
        return self.api.request(route[0], call.path, json=call.body, headers=headers)

    def victims_view(self) -> list[Any]:
        """All that the victim and the operator can see of the victim, without what changes by looking."""
        get = self.api.get
        answer = ask(self.api, "What opens the vault?", "victim-co", use_memory=False, headers=self.victim).json()
        return [
            answer["response"],
            answer["sources"],
            get("/api/v1/chat/collections", headers=self.victim).json(),
            get("/api/v1/chat/collections/victim-co/stats", headers=self.victim).json(),
            get(f"/api/v1/sessions/{SESSION}/info", headers=self.victim).json(),
            get("/api/v1/sessions/list", headers=self.victim).json(),
            get("/api/v1/clients/victim-co", headers=self.victim).json(),
            get("/api/v1/clients/victim-co/settings", headers=self.victim).json(),
            [one["limit"] for one in get("/api/v1/clients/victim-co/budgets", headers=self.victim).json()["budgets"]],
            get("/api/v1/sessions", headers=self.victim).json(),
            get("/api/v1/documents", headers=self.victim).json(),
            get("/api/v1/clients/victim-co/feedback", headers=self.victim).json(),
            get("/api/v1/ingest/jobs", headers=self.victim).json(),
            get(f"/api/v1/ingest/jobs/{self.target.job_id}", headers=self.victim).json(),
            [key["key_id"] for key in get("/api/v1/clients/victim-co/keys", headers=self.admin).json()["keys"]],
        ]


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


FILTERS: list[dict[str, Any]] = [
    {"type": "eq", "key": "tags", "value": "zq7731"},
    {"type": "ne", "key": "tags", "value": "nothing"},
    {"type": "contains", "key": "metadata.owner", "value": "xylophone"},
    {"type": "ne", "key": "metadata.owner", "value": "' OR 1=1 --"},
    {"type": "in", "key": "document_id", "value": ["' OR ''='", "%"]},
    {"type": "nin", "key": "source", "value": ["x"]},
    {"type": "gte", "key": "created_at", "value": 0},
    {
        "type": "or",
        "filters": [{"type": "eq", "key": "tags", "value": "zq7731"}, {"type": "gte", "key": "page", "value": 0}],
    },
]


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
