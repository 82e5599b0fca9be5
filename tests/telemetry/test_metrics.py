"""The figures at /metrics, and those who may read them."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.common.errors import StartupError
from app.edge.metrics_port import served
from tests.api import AppFactory, app_in, ask, assert_problem, upload
from tests.telemetry.figures import samples, value
from tests.waiting import wait_for

ADMIN = {"Authorization": "Bearer admin-key-of-the-metrics"}
CLIENT = "zq7731-client"
KEY = "admin-key-of-the-metrics"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[TestClient]:
    with TestClient(app_in(tmp_path_factory.mktemp("metrics"), new_stores, admin_api_key=KEY)) as api:
        yield api


def read(api: TestClient) -> str:
    answer = api.get("/metrics", headers=ADMIN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


def test_a_chat_and_an_upload_are_counted_with_their_stages(locked: TestClient) -> None:
    before = read(locked)
    assert upload(locked, client_id=CLIENT, headers=ADMIN).status_code == 200
    assert ask(locked, "Who built the crane?", CLIENT, session_id="s", headers=ADMIN).status_code == 200
    after = read(locked)

    def more(name: str, **labels: str) -> float:
        return value(after, name, labels) - value(before, name, labels)

    assert more("rag_requests_total", method="POST", route="/api/v1/chat/", status="200") == 1
    assert more("rag_request_seconds_count", route="/api/v1/chat/") == 1
    assert [more("rag_chat_stage_seconds_count", stage=stage) for stage in ("retrieval", "answer", "store")] == [1] * 3
    assert [more("rag_ingest_stage_seconds_count", stage=stage) for stage in ("read", "embed", "write")] == [1] * 3
    assert more("rag_chat_first_words_seconds_count") == 1
    assert more("rag_ingested_documents_total", status="ready") == 1
    assert more("rag_ingested_chunks_total") >= 1


def test_how_things_stand_is_told_without_naming_a_client(locked: TestClient) -> None:
    upload(locked, client_id=CLIENT, headers=ADMIN)
    text = wait_for(lambda: found if "rag_store_bytes" in (found := read(locked)) else "")
    assert CLIENT not in text
    for work in ("search", "ingest", "write", "embedding"):
        assert ("rag_slots_waiting", (("work", work),)) in samples(text)
    for store in ("catalog", "sessions", "vectors"):
        assert value(text, "rag_store_bytes", {"store": store}) > 0
    assert value(text, "rag_parser_processes") == 3
    assert value(text, "rag_disk_free_bytes", {"store": "data"}) > 0


def test_an_unknown_address_or_method_makes_no_new_series(locked: TestClient) -> None:
    for path in ("/nowhere/zq7731", "/elsewhere"):
        locked.get(path)
    locked.request("BREW", "/health")
    text = read(locked)
    assert "zq7731" not in text
    assert "BREW" not in text
    assert value(text, "rag_requests_total", {"method": "GET", "route": "-", "status": "404"}) >= 2


def test_a_clients_key_does_not_open_the_figures(locked: TestClient) -> None:
    key = locked.post("/api/v1/clients", json={"client_id": "reader"}, headers=ADMIN).json()["api_key"]
    assert_problem(locked.get("/metrics", headers={"X-API-Key": key}), 403, "admin_key_required")


def test_figures_can_be_off(make_client: AppFactory) -> None:
    api = make_client(metrics="off")
    assert_problem(api.get("/metrics"), 404, "not_found")


def test_figures_have_a_port_of_their_own_with_the_same_key(make_app: AppFactory) -> None:
    port = free_port()
    with make_app(metrics_port=port, admin_api_key=KEY) as api, httpx.Client(trust_env=False) as http:
        assert_problem(api.get("/metrics", headers=ADMIN), 404, "not_found")
        address = f"http://127.0.0.1:{port}"
        assert http.get(f"{address}/metrics").status_code == 401
        assert http.get(f"{address}/metrics", headers={"X-API-Key": "wrong"}).status_code == 401
        assert http.get(f"{address}/other", headers=ADMIN).status_code == 404
        answer = http.get(f"{address}/metrics", headers=ADMIN)
        assert value(answer.text, "rag_model_slots") > 0
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: Any = taken.getsockname()[1]
        with (
            pytest.raises(StartupError, match=f"METRICS_PORT {port}"),
            served("127.0.0.1", port, bytes, content_type="text/plain", key=None),
        ):
            pass


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
