"""Asking from Python, without HTTP: what is remembered, and what is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bootstrap import open_services
from app.common.errors import NotFound
from app.common.ids import DEFAULT_CLIENT, ClientId
from app.config import Settings
from app.service import Services
from tests.api import TEXT
from tests.fakes import HashEmbeddings

HARBOUR = ClientId("harbour")
QUESTION = "How much does the harbour crane lift?"


@pytest.fixture
def services(make_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Services]:
    file = tmp_path / "crane.txt"
    file.write_text(TEXT)
    with open_services(make_settings(), embedder=HashEmbeddings()) as services:
        services.ingest_file(file, HARBOUR)
        yield services


def test_an_answer_comes_with_its_passages_and_times(services: Services) -> None:
    answer = services.ask(QUESTION, HARBOUR)
    assert "forty tonnes" in answer.text
    (passage,) = answer.sources
    assert passage.chunk.source == "crane.txt"
    assert answer.completion.model == "extractive"
    assert 0 <= answer.retrieval_ms <= answer.total_ms
    assert 0 <= answer.generation_ms <= answer.total_ms


def test_a_question_without_a_session_is_not_remembered(services: Services) -> None:
    answer = services.ask(QUESTION, HARBOUR)
    assert answer.memory_used is False
    assert services.session_store.get_stats()["total_sessions"] == 0


def test_a_question_in_a_session_is_remembered_with_what_it_rests_on(services: Services) -> None:
    services.ask(QUESTION, HARBOUR, session_id="talk")
    (turn,) = services.session_store.history(HARBOUR, "talk", max_turns=10)
    assert turn.question == QUESTION
    assert "forty tonnes" in turn.answer
    assert services.session_store.get_stats(HARBOUR)["total_messages"] == 2


def test_a_failed_question_is_not_remembered(services: Services) -> None:
    with pytest.raises(NotFound) as caught:
        services.ask(QUESTION, ClientId("nobody"), session_id="talk")
    assert caught.value.code == "collection_not_found"
    assert services.session_store.get_stats()["total_sessions"] == 0
    assert not services.vector_store_service.exists(ClientId("nobody"))


def test_who_names_no_client_gets_the_default_one(services: Services, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        services.ask(QUESTION)
    services.ingest_file(tmp_path / "crane.txt")
    assert "forty tonnes" in services.ask(QUESTION).text
    assert services.vector_store_service.exists(DEFAULT_CLIENT)
