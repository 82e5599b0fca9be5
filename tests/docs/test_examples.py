"""The programs in examples/ run against the real service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.config import Settings
from examples.langchain_retriever import ServiceRetriever
from tests.api import TEXT, quick_app
from tests.serving import serving

ADMIN = "the-admin-key-of-the-examples"


@pytest.fixture
def address(make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The service in locked mode, with a document of the client acme."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(quick_app(make_settings(admin_api_key=ADMIN))) as url:
        files = [("files", ("crane.txt", TEXT.encode()))]
        headers = {"Authorization": f"Bearer {ADMIN}"}
        httpx.post(f"{url}/api/v1/ingest/", files=files, data={"client_id": "acme"}, headers=headers).raise_for_status()
        yield url


def test_the_langchain_retriever_finds_passages_and_where_they_are_from(address: str) -> None:
    retriever = ServiceRetriever(base_url=address, client_id="acme", api_key=SecretStr(ADMIN), top_k=1)
    (found,) = retriever.invoke("How much does the harbour crane lift?")
    assert "forty tonnes" in found.page_content
    assert found.metadata["source"] == "crane.txt"
    assert found.metadata["page"] == 1
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        ServiceRetriever(base_url=address, client_id="acme").invoke("How much does the harbour crane lift?")


def test_examples_know_nothing_of_the_service_inside() -> None:
    for program in Path(__file__).parents[2].joinpath("examples").glob("*.py"):
        assert "app." not in program.read_text(encoding="utf-8"), program.name
