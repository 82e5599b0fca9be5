"""What a request leaves open is as the client has set it, and what that leaves open as the service has it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.common.errors import InvalidInput
from app.common.ids import ClientId
from app.services.answering.prompts import MAX_INSTRUCTIONS
from app.services.answering.types import AnswerOptions
from app.services.catalog.store import Catalog
from app.services.tenants.settings import ClientSettings, ClientSettingsStore

HARBOUR, AIRPORT = ClientId("harbour"), ClientId("airport")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ClientSettingsStore]:
    with closing(Catalog.open(tmp_path / "catalog.db")) as catalog:
        store = ClientSettingsStore(catalog.database, models=["small"], defaults=AnswerOptions(top_k=4))
        catalog.register_client(HARBOUR)
        wishes = ClientSettings(system_prompt="Be kind.", language="German", top_k=7, temperature=0.0, model="small")
        store.put(HARBOUR, wishes, any_model=False)
        yield store


def test_the_service_decides_for_a_client_that_has_set_nothing(store: ClientSettingsStore) -> None:
    assert store.options(AIRPORT) == AnswerOptions(top_k=4)


def test_the_client_decides_before_the_service(store: ClientSettingsStore) -> None:
    options = store.options(HARBOUR)
    assert (options.top_k, options.temperature, options.model) == (7, 0.0, "small")
    assert options.instructions.startswith("Be kind.\n\nAnswer in German")


def test_the_request_decides_first(store: ClientSettingsStore) -> None:
    options = store.options(HARBOUR, top_k=2, temperature=1.5, instructions="Be brief.")
    assert (options.top_k, options.temperature, options.model) == (2, 1.5, "small")
    assert options.instructions.startswith("Be kind.")
    assert options.instructions.endswith("\n\nBe brief.")
    assert store.options(HARBOUR, temperature=0.0).temperature == 0.0


def test_instructions_of_both_have_one_limit(store: ClientSettingsStore) -> None:
    assert len(store.options(AIRPORT, instructions="x" * MAX_INSTRUCTIONS).instructions) == MAX_INSTRUCTIONS
    with pytest.raises(InvalidInput) as caught:
        store.options(HARBOUR, instructions="x" * MAX_INSTRUCTIONS)
    assert caught.value.code == "instructions_too_long"
