"""The services with embeddings that wait at a gate."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.bootstrap import open_services
from app.config import Settings
from app.service import Services
from tests.services.jobs.gated import GatedEmbeddings, Opener


@pytest.fixture
def embedder() -> GatedEmbeddings:
    return GatedEmbeddings()


@pytest.fixture
def open_again(make_settings: Callable[..., Settings], embedder: GatedEmbeddings) -> Iterator[Opener]:
    """Open the services on the test's folder; the gate opens at the end so that all threads come to theirs."""
    with ExitStack() as stack:

        def opened(**values: Any) -> Services:
            clock = values.pop("clock", time.time)
            settings = make_settings(**{"ingest_workers": 1, **values})
            return stack.enter_context(open_services(settings, embedder=embedder, clock=clock))

        yield opened
        embedder.gate.set()


@pytest.fixture
def services(open_again: Opener) -> Services:
    return open_again()
