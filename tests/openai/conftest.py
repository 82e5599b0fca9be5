"""The service without a model and with one, for OpenAI's own package."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from tests.api import AppFactory
from tests.openai.service import ADMIN, ANSWER, OTHER_TEXT, Service, _serving
from tests.standin import StandIn


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Service]:
    """Without a model: answers are quoted."""
    with _serving(tmp_path_factory.mktemp("quoting"), new_stores) as service:
        service.upload("harbour")
        service.upload("airport", OTHER_TEXT, "runway.txt")
        yield service


@pytest.fixture(scope="module")
def shared_standin() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture(scope="module")
def with_model(
    tmp_path_factory: pytest.TempPathFactory, new_stores: Path, shared_standin: StandIn
) -> Iterator[Service]:
    """With the real Groq client on the stand-in."""
    values = {"groq_api_key": SecretStr("gsk-of-the-test"), "groq_api_base": shared_standin.base_url}
    folder = tmp_path_factory.mktemp("model")
    with _serving(folder, new_stores, llm_timeout=5, max_token_limit=200, query_rewrite="off", **values) as service:
        service.upload("harbour")
        yield service


@pytest.fixture
def standin(shared_standin: StandIn) -> StandIn:
    shared_standin.answer, shared_standin.word_delay, shared_standin.behave = ANSWER, 0.0, None
    shared_standin.requests.clear()
    return shared_standin


@pytest.fixture
def locked(make_client: AppFactory) -> TestClient:
    return make_client(admin_api_key=ADMIN)
