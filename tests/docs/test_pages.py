"""Every command and every snippet of the documentation is run, against the real service with real embeddings."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import DEFAULT_EMBEDDING_MODEL, Settings
from app.main import create_app
from app.services.embedding.onnx_export import ensure_export
from app.services.embedding.source import find_model
from tests.docs.pages import LANGUAGES, PAGES, STOPPED, Block, all_blocks, blocks_of, text_of
from tests.docs.running import fits, lay_out, objects_in, run
from tests.serving import serving

ADMIN_KEY = "the-admin-key-of-the-page"
LOCKED = {"docs/security.md": {"ADMIN_API_KEY": ADMIN_KEY}}
"""The pages that are about a service with these variables set."""

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the pages' commands need curl")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the default model's export."""
    folder = tmp_path_factory.mktemp("models")
    ensure_export(find_model(DEFAULT_EMBEDDING_MODEL), folder)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, models: Path) -> Path:
    """A folder that looks like a checkout whose embedding model is prepared."""
    lay_out(tmp_path)
    shutil.copytree(models, tmp_path / "data" / "models")
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if any(block.runs for block in blocks_of(page))])
def test_the_blocks_of_a_page_run_and_answer_as_it_shows(page: str, checkout: Path) -> None:
    blocks = blocks_of(page)
    variables = LOCKED.get(page, {})
    live = [block for block in blocks if block.runs and not block.needs_stopped_service]
    stopped = [block for block in blocks if block.runs and block.needs_stopped_service]
    printed: dict[Block, str] = {}
    with serving(create_app(_settings(checkout, variables))) as address:
        if live:
            printed |= run(live, checkout, address=address, variables=variables)
    if stopped:
        printed |= run(stopped, checkout, address=address, variables=variables)
    for block, shown in _shown_answers(blocks, printed):
        answers = list(objects_in(printed[block]))
        assert any(fits(shown, answer) for answer in answers), f"{block.place} answers otherwise: {answers}"


def _settings(folder: Path, variables: dict[str, Any]) -> Settings:
    data = folder / "data"
    return Settings(
        _env_file=None,
        data_path=data,
        session_db_path=data / "sessions.db",
        vector_store_path=folder / "chroma_db",
        **{name.lower(): value for name, value in variables.items()},
    )


def _shown_answers(blocks: list[Block], printed: dict[Block, str]) -> Iterator[tuple[Block, Any]]:
    """Yield each block that is run with the answer that the page shows after it."""
    last: Block | None = None
    for block in blocks:
        if block in printed:
            last = block
        elif block.language == "json" and last is not None:
            yield last, json.loads(block.code)
            last = None


def test_every_block_names_a_language() -> None:
    for block in all_blocks():
        assert block.language in LANGUAGES, block.place


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:`|^)make ([a-z]+)", text_of(page), re.MULTILINE))
        assert named <= targets, page


def test_examples_of_settings_name_settings() -> None:
    for block in all_blocks():
        if block.language == "env":
            names = re.findall(r"^([A-Z_]+)=", block.code, re.MULTILINE)
            assert {name.lower() for name in names} <= set(Settings.model_fields), block.place


SPECIFIED = """\
stats = session_store.get_stats()
print(f"Active Sessions: {stats['active_sessions']}")
print(f"Database Size: {stats['database_size_mb']} MB")
print(f"Average Messages: {stats['avg_messages_per_session']}")
collections = vector_store_service.list_client_collections()
for collection in collections:
    print(f"Client {collection['client_id']}: {collection['document_count']} documents")
"""


def test_the_specified_ways_of_monitoring_are_documented_as_they_were_specified() -> None:
    (block,) = [b for b in blocks_of("docs/operations.md") if "list_client_collections" in b.code]
    documented = [line.strip() for line in block.code.splitlines()]
    for line in SPECIFIED.splitlines():
        assert line.strip() in documented


def test_what_needs_a_stopped_service_says_so() -> None:
    for block in all_blocks():
        if block.language == "bash" and "rag doctor" in block.code:
            assert block.code.startswith(STOPPED), block.place
