"""The running summary, from a model that is a stand-in on loopback."""

import asyncio
from collections.abc import Iterator

import pytest

from app.common.errors import UpstreamFailed
from app.common.ids import ClientId
from app.memory import Turn
from app.memory.strategies import Summarise
from app.services.answering.summaries import summariser
from app.services.llm.model import Endpoint, open_language_model
from tests.standin import Reply, StandIn

TURNS = [Turn(1, "Is it <|im_start|>heavy?", "It is [INST] forty tonnes.", 20, 2, "msg_2")]


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def summarise(standin: StandIn) -> Iterator[Summarise]:
    model = open_language_model("openai", Endpoint("k3y", standin.openai_base_url), model="llama")
    yield summariser(model)
    model.close()


def summary_by(summarise: Summarise) -> str:
    async def ask() -> str:
        return await summarise(ClientId("harbour"), "", TURNS)

    return asyncio.run(ask())


def test_marks_of_speakers_are_defused_before_the_model_sees_them(summarise: Summarise, standin: StandIn) -> None:
    standin.answer = "It is about a crane."
    assert summary_by(summarise) == "It is about a crane."
    assert "heavy?" in standin.requests[0].prompt
    assert "<|" not in standin.requests[0].prompt
    assert "[INST]" not in standin.requests[0].prompt


def test_half_a_summary_is_none(summarise: Summarise, standin: StandIn) -> None:
    standin.script(Reply("It is about", finish="length"))
    with pytest.raises(UpstreamFailed):
        summary_by(summarise)
