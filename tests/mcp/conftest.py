"""One service for all tests of what tools do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api import app_in
from tests.mcp.agents import Harbour
from tests.serving import serving


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[Harbour]:
    with serving(app_in(tmp_path_factory.mktemp("harbour"), new_stores, max_message_chars=200)) as url:
        yield Harbour(url)
