"""The service with its conversations in PostgreSQL: two of them share one database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api import app_in, ask, upload
from tests.postgres_server import PostgresServer, postgres_server
from tests.waiting import wait_for


@pytest.fixture
def replicas(tmp_path: Path, new_stores: Path, database_url: str) -> Iterator[list[TestClient]]:
    """Two services with one database for conversations, and documents of their own."""
    with ExitStack() as stack:
        apps = [app_in(tmp_path / name, new_stores, database_url=database_url) for name in ("one", "two")]
        clients = [stack.enter_context(TestClient(app)) for app in apps]
        for client in clients:
            assert upload(client, client_id="acme").status_code == 200
        yield clients


def test_a_conversation_goes_on_wherever_the_next_question_arrives(replicas: list[TestClient]) -> None:
    one, two = replicas
    first = ask(one, "What does the crane lift?", "acme", session_id="s1").json()
    second = ask(two, "When was it built?", "acme", session_id="s1").json()
    assert (first["session_id"], second["session_id"]) == ("s1", "s1")
    path = "/api/v1/sessions/s1/messages?client_id=acme"
    messages = [client.get(path).json()["messages"] for client in replicas]
    assert messages[0] == messages[1]
    assert [message["role"] for message in messages[0]] == ["user", "assistant"] * 2
    health = one.get("/health").json()
    assert (health["session_storage"], health["database_path"]) == ("postgres", None)


def test_a_client_erased_by_one_service_is_gone_from_the_other(replicas: list[TestClient]) -> None:
    one, two = replicas
    ask(one, "What does the crane lift?", "acme", session_id="s1")
    ask(two, "What does the crane lift?", "other-1", session_id="s1")
    assert two.delete("/api/v1/clients/acme").status_code == 200
    assert one.get("/api/v1/sessions/s1/info?client_id=acme").status_code == 404
    assert one.get("/api/v1/sessions/stats").json()["total_sessions"] == 0


def test_another_clients_session_is_404_on_every_service(replicas: list[TestClient]) -> None:
    one, two = replicas
    ask(one, "What does the crane lift?", "acme", session_id="s1")
    upload(two, client_id="bakery")
    for client in replicas:
        for method, path in (("GET", "/info"), ("GET", "/messages"), ("GET", "/export"), ("DELETE", "")):
            answer = client.request(method, f"/api/v1/sessions/s1{path}?client_id=bakery")
            assert answer.status_code == 404
            assert "crane" not in answer.text
    assert one.get("/api/v1/sessions/s1/info?client_id=acme").status_code == 200


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with postgres_server(durable=True) as server:
        yield server


def test_while_the_database_is_away_questions_are_503_and_then_all_goes_on(
    tmp_path: Path, new_stores: Path, own_server: PostgresServer
) -> None:
    app = app_in(tmp_path, new_stores, database_url=own_server.new_database())
    with TestClient(app, raise_server_exceptions=False) as api:
        upload(api, client_id="acme")
        assert ask(api, "What does the crane lift?", "acme", session_id="s1").status_code == 200
        own_server.kill()
        refused = ask(api, "When was it built?", "acme", session_id="s1")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert api.get("/health").json()["status"] == "degraded"
        assert api.get("/health/ready").status_code == 503
        own_server.start()
        wait_for(lambda: api.get("/health/ready").status_code == 200)
        assert ask(api, "When was it built?", "acme", session_id="s1").status_code == 200
        messages = api.get("/api/v1/sessions/s1/messages?client_id=acme").json()["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant"] * 2
