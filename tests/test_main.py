"""The application around the routes: start, health, documentation, errors, logs."""

import gc
import gzip
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import open_services
from app.common.errors import StartupError
from app.config import Settings
from tests.api import AppFactory, ask, assert_problem, quick_app, upload
from tests.fakes import HashEmbeddings

ROOT = Path(__file__).parent.parent


def test_health_names_the_parts(api: TestClient) -> None:
    body = api.get("/health").json()
    assert body["status"] == "healthy"
    assert body["model"] == "extractive"
    assert body["vector_store"] == "chroma"
    assert body["session_storage"] == "sqlite"
    assert body["database_path"].endswith("sessions.db")
    assert isinstance(body["timestamp"], float)


def test_health_shows_no_path_in_locked_mode(make_client: AppFactory) -> None:
    api = make_client(admin_api_key="a key of sixteen and more")
    body = api.get("/health").json()
    assert body["database_path"] is None
    assert body["status"] == "healthy"


def test_monitors_may_ask_with_head(api: TestClient) -> None:
    for path in ("/health", "/health/live", "/health/ready"):
        asked, got = api.head(path), api.get(path)
        assert asked.status_code == got.status_code == 200
        assert asked.headers["content-type"] == got.headers["content-type"]
    assert set(api.get("/openapi.json").json()["paths"]["/health"]) == {"get"}


def test_live_and_ready(api: TestClient) -> None:
    assert api.get("/health/live").json() == {"status": "alive"}
    assert api.get("/health/ready").json() == {"status": "ready", "outdated_clients": 0}


def test_every_route_is_documented_for_swagger(api: TestClient) -> None:
    assert api.get("/docs").status_code == 200
    document = api.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert operation["tags"], (method, path)
            if operation.get("parameters") or "requestBody" in operation:
                assert operation["responses"].keys() & {"400", "422"}, (method, path)
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    kind = "application/json" if path.startswith("/v1/") else "application/problem+json"
                    assert list(response["content"]) == [kind], (method, path, status)
    assert "Problem" in document["components"]["schemas"]


def test_an_unknown_address_is_a_problem(api: TestClient) -> None:
    assert_problem(api.get("/nothing/here"), 404, "not_found")
    assert_problem(api.put("/api/v1/chat/"), 405, "method_not_allowed")


def test_what_is_missing_is_named_once(api: TestClient) -> None:
    for path in ("/api/v1/chat/", "/api/v1/chat/stream", "/api/v1/search"):
        body = api.post(path, json={"client_id": "harbour"}).json()
        assert len(body["errors"]) == 1
        assert body["detail"].endswith(": Field required.")
        assert body["detail"].count("required") == 1


@pytest.mark.parametrize("body", ['{"message": "Größe?"}'.encode("latin-1"), gzip.compress(b'{"message": "Size?"}')])
def test_a_body_that_is_no_text_gets_a_sentence_that_helps(api: TestClient, body: bytes) -> None:
    answer = api.post("/api/v1/chat/", content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, 400, "bad_request")
    assert "JSON in UTF-8" in answer.json()["detail"]


def test_an_unexpected_error_shows_nothing(
    make_settings: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    app = quick_app(make_settings())

    @app.get("/explode")
    def explode() -> None:
        raise RuntimeError("the customer's secret sentence")

    with TestClient(app, raise_server_exceptions=False) as client:
        assert_problem(client.get("/explode"), 500, "internal_error")
    assert "secret sentence" not in caplog.text
    assert "RuntimeError" in str([vars(record) for record in caplog.records])


def test_a_request_id_is_made_or_taken_over(api: TestClient) -> None:
    assert len(api.get("/health/live").headers["x-request-id"]) == 16
    assert api.get("/health/live", headers={"X-Request-ID": "my-1"}).headers["x-request-id"] == "my-1"
    odd = api.get("/health/live", headers={"X-Request-ID": "line\tbreak" + "x" * 99})
    assert len(odd.headers["x-request-id"]) == 16


def test_one_log_line_a_request_without_contents(api: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="app")
    upload(api, ("zebra.txt", b"The zebra has stripes."), client_id="harbour")
    ask(api, "What has the zebra?", "harbour", session_id="talk")
    lines = [vars(record) for record in caplog.records if record.name == "app.request"]
    assert [(line["method"], line["route"], line["status"], line["client"]) for line in lines] == [
        ("POST", "/api/v1/ingest/", 200, "harbour"),
        ("POST", "/api/v1/chat/", 200, "harbour"),
    ]
    everything = str([vars(record) for record in caplog.records]).lower()
    assert "zebra" not in everything
    assert "stripes" not in everything
    assert "retrieval_ms" in everything


def test_cors_is_for_the_named_origins(make_client: AppFactory) -> None:
    api = make_client(cors_origins="https://app.example")
    assert (
        api.get("/health", headers={"Origin": "https://app.example"}).headers["access-control-allow-origin"]
        == "https://app.example"
    )
    assert "access-control-allow-origin" not in api.get("/health", headers={"Origin": "https://x.example"}).headers


def test_a_second_process_on_the_same_folder_is_refused(
    make_client: AppFactory, make_settings: Callable[..., Settings]
) -> None:
    make_client()
    with pytest.raises(StartupError, match="in use by another process"):
        open_services(make_settings(), embedder=HashEmbeddings())


def test_a_failed_start_releases_everything(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    settings = make_settings(embedding_model=str(tmp_path / "no such model"))
    with pytest.raises(StartupError):
        open_services(settings)
    open_services(make_settings(), embedder=HashEmbeddings()).close()


def _start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_while_it_serves_garbage_is_looked_for_rarely(make_app: AppFactory) -> None:
    before = gc.get_threshold()
    with make_app():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count()
    assert gc.get_threshold() == before


def test_a_wrong_setting_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    ended = _start(tmp_path, TEMPERATURE="hot")
    assert ended.returncode != 0
    assert "TEMPERATURE" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_in_use_ends_the_start_with_one_sentence(make_client: AppFactory, tmp_path: Path) -> None:
    make_client()
    ended = _start(tmp_path, DATA_PATH="data", VECTOR_STORE_PATH="chroma")
    assert ended.returncode != 0
    assert "in use by another process" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_importing_the_application_opens_nothing(tmp_path: Path) -> None:
    code = "import app.main, app.bootstrap, sys, os; print(os.listdir('.'), {'torch', 'mcp'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEMPERATURE": "hot"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[] set()"
