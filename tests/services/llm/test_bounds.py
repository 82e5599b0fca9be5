"""The vendor as an attacker: whatever it sends, little is read, and what is passed on is text."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from app.common.errors import UpstreamFailed
from app.common.ids import ClientId
from app.services.llm.bounds import AnswerBounds, AnswerText
from app.services.llm.model import CallLimits, Completion, Endpoint, VendorModel, open_language_model
from app.services.llm.vendors import Provider
from tests.services.llm.asking import QUESTION, complete
from tests.standin import Compressed, Cut, Endless, Reply, StandIn

ALICE = ClientId("alice")
TOKENS = 50
LIMITS = CallLimits(timeout=20, attempts=3, backoff=0.01, answer_tokens=TOKENS)
BOTH_PROVIDERS = pytest.mark.parametrize("provider", ["groq", "openai"])
BOTH_WAYS = pytest.mark.parametrize("how", ["complete", "stream"])

Open = Callable[[Provider], VendorModel]


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def opened(standin: StandIn) -> Iterator[Open]:
    models: list[VendorModel] = []

    def open_at_standin(provider: Provider) -> VendorModel:
        base_url = standin.base_url if provider == "groq" else standin.openai_base_url
        model = open_language_model(provider, Endpoint("k3y", base_url), model="llama", limits=LIMITS)
        models.append(model)
        return model

    yield open_at_standin
    for model in models:
        model.close()


def _ask(model: VendorModel, how: str) -> Completion:
    if how == "complete":
        return complete(model)

    async def read() -> list[str | Completion]:
        return [piece async for piece in model.stream(ALICE, QUESTION)]

    *words, whole = asyncio.run(read())
    assert isinstance(whole, Completion)
    assert "".join(map(str, words)) == whole.text
    return whole


@BOTH_PROVIDERS
@BOTH_WAYS
def test_the_vendor_is_told_how_long_an_answer_may_be(
    opened: Open, standin: StandIn, provider: Provider, how: str
) -> None:
    _ask(opened(provider), how)
    assert standin.requests[0].body["max_tokens"] == TOKENS
    assert standin.requests[0].headers["accept-encoding"] == "identity"


def test_openai_itself_is_told_in_its_newer_words() -> None:
    from app.services.llm.vendors import _tokens_field

    assert _tokens_field("https://api.openai.com/v1") == "max_completion_tokens"
    assert _tokens_field("https://eu.api.openai.com/v1") == "max_completion_tokens"
    assert _tokens_field("http://notopenai.com/v1") == "max_tokens"


@BOTH_PROVIDERS
def test_a_streamed_answer_without_end_is_cut_and_its_call_ended(
    opened: Open, standin: StandIn, provider: Provider
) -> None:
    standin.script(Endless())
    answer = _ask(opened(provider), "stream")
    assert answer.finish == "length"
    assert len(answer.text) == AnswerBounds(TOKENS).characters
    standin.wait_until(lambda it: it.cancelled_calls == 1)


@BOTH_PROVIDERS
@pytest.mark.parametrize(("how", "line"), [("complete", False), ("complete", True), ("stream", True)])
def test_any_other_response_without_end_is_refused_once_and_its_call_ended(
    opened: Open, standin: StandIn, provider: Provider, *, how: str, line: bool
) -> None:
    standin.script(Endless(line=line))
    with pytest.raises(UpstreamFailed) as caught:
        _ask(opened(provider), how)
    assert caught.value.code == "model_answer_too_long"
    standin.wait_until(lambda it: it.cancelled_calls == 1)
    assert len(standin.requests) == 1


@BOTH_PROVIDERS
@BOTH_WAYS
def test_a_compressed_response_is_never_unpacked(opened: Open, standin: StandIn, provider: Provider, how: str) -> None:
    standin.script(*[Compressed()] * LIMITS.attempts)
    with pytest.raises(UpstreamFailed) as caught:
        _ask(opened(provider), how)
    assert caught.value.code == "model_bad_answer"


@BOTH_PROVIDERS
@BOTH_WAYS
def test_a_long_answer_is_cut(opened: Open, standin: StandIn, provider: Provider, how: str) -> None:
    standin.script(Reply("word " * 2000))
    answer = _ask(opened(provider), how)
    assert (len(answer.text), answer.finish) == (AnswerBounds(TOKENS).characters, "length")


@BOTH_PROVIDERS
@BOTH_WAYS
@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), ("eos", "stop")],
)
def test_how_the_answer_ended_is_passed_on(
    opened: Open, standin: StandIn, *, provider: Provider, how: str, reason: str, finish: str
) -> None:
    standin.script(Reply("So far", finish=reason))
    assert _ask(opened(provider), how).finish == finish


@BOTH_WAYS
@pytest.mark.parametrize(("reason", "code"), [("length", "model_out_of_tokens"), ("content_filter", "model_filtered")])
def test_an_answer_of_nothing_says_why_and_is_not_asked_for_again(
    opened: Open, standin: StandIn, how: str, reason: str, code: str
) -> None:
    standin.script(Reply("", finish=reason))
    with pytest.raises(UpstreamFailed) as caught:
        _ask(opened("openai"), how)
    assert caught.value.code == code
    assert len(standin.requests) == 1


@BOTH_PROVIDERS
@BOTH_WAYS
def test_half_a_character_is_no_text(opened: Open, standin: StandIn, provider: Provider, how: str) -> None:
    standin.script(*[Reply("A \ud83d half")] * LIMITS.attempts)
    with pytest.raises(UpstreamFailed) as caught:
        _ask(opened(provider), how)
    assert caught.value.code == "model_bad_answer"


def test_a_stream_that_breaks_off_is_no_answer(opened: Open, standin: StandIn) -> None:
    standin.script(Cut(after_words=1))
    standin.answer = "one two"
    with pytest.raises(Exception, match="cannot be reached"):
        _ask(opened("openai"), "stream")


def test_two_halves_become_the_character_that_they_are() -> None:
    text = AnswerText(100)
    assert [text.add(piece) for piece in ("a\ud83d", "\ude00b", "\ud83d\ude00")] == ["a", "\U0001f600b", "\U0001f600"]
    text.end()
    assert text.text == "a\U0001f600b\U0001f600"


@pytest.mark.parametrize("pieces", [["\ude00"], ["\ud83d", "x"], ["x\ud83d"], ["\ud83d", "\ud83d\ude00"]])
def test_a_half_that_stays_alone_is_an_error(pieces: list[str]) -> None:
    text = AnswerText(100)

    def read() -> None:
        for piece in pieces:
            text.add(piece)
        text.end()

    with pytest.raises(UpstreamFailed):
        read()


def test_no_half_is_left_at_the_cut() -> None:
    cut = AnswerText(3)
    assert cut.add("ab\ud83d\ude00") == "ab"
    assert cut.full
    cut.end()
