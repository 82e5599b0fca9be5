"""A stand-in for the vendor, and models opened at it."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.services.llm.model import (
    CallLimits,
    Endpoint,
    VendorModel,
    open_language_model,
)
from app.services.llm.vendors import Provider
from tests.services.llm.asking import RETRYING, Open
from tests.standin import StandIn


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def opened(standin: StandIn) -> Iterator[Open]:
    """Opens models at the stand-in and closes them at the end."""
    models: list[VendorModel] = []

    def open_at_standin(provider: Provider = "groq", limits: CallLimits = RETRYING, **options: Any) -> VendorModel:
        base_url = standin.base_url if provider == "groq" else standin.openai_base_url
        model = open_language_model(provider, Endpoint("k3y", base_url), model="llama", limits=limits, **options)
        models.append(model)
        return model

    yield open_at_standin
    for model in models:
        model.close()
