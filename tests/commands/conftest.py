"""Commands that talk to a running service, and a service for them to talk to."""

from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from app.cli import app as cli
from tests.api import AppFactory
from tests.serving import serving

Run = Callable[..., Result]
ADMIN = "admin-key-of-the-command-test"


@pytest.fixture
def run(make_app: AppFactory) -> Iterator[Run]:
    """Run a command against a service in locked mode."""
    with serving(make_app(admin_api_key=ADMIN).app) as base_url:
        environment = {"BASE_URL": base_url, "API_KEY": ADMIN, "NO_COLOR": "1"}
        yield lambda *words, columns=200: CliRunner().invoke(
            cli, list(words), env={**environment, "COLUMNS": str(columns)}
        )
