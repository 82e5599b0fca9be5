"""A reranker's server over real HTTP, good, failing and hostile."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from app.common.ids import ClientId
from app.common.passages import Chunk, Passage
from app.services.reranking.endpoint import FAILURES, EndpointReranker, RerankServer
from app.services.reranking.types import RerankFailed
from tests.rerankers import scored, texts_of
from tests.standin import Behaviour, Compressed, Drop, Endless, Hang, Malformed, Request, StandIn, Status

ALICE = ClientId("alice")
KEY = "rk-the-rerankers-key"
GOOD = Malformed(scored([(1, 0.9), (0, 0.1)]))


def passage(text: str, place: int = 0) -> Passage:
    return Passage(Chunk("doc", place, text, 1, "Rules > Breaks", "crane_guide.md", 0, len(text)), 0.5)


TWO = [passage("The crane lifts."), passage("The driver rests.", 1)]


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(path="/rerank") as standin:
        standin.behave = lambda _: GOOD
        yield standin


def reranker(standin: StandIn, *, timeout: float = 20.0, **server: Any) -> "closing[EndpointReranker]":
    chosen = {"model": "bge", "api_key": KEY, **server}
    return closing(EndpointReranker(RerankServer(standin.base_url, **chosen), timeout=timeout))


def ask(asked: EndpointReranker, passages: Sequence[Passage] = TWO) -> dict[int, float]:
    return dict(asyncio.run(asked.scores(ALICE, "When does the driver rest?", passages)))


def failure(asked: EndpointReranker) -> str:
    with pytest.raises(RerankFailed) as caught:
        ask(asked)
    return caught.value.code


def test_question_and_passages_are_sent_with_their_headings(standin: StandIn) -> None:
    with reranker(standin) as asked:
        assert ask(asked) == {1: 0.9, 0: 0.1}
    (sent,) = standin.requests
    assert sent.path == "/rerank"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body == {
        "model": "bge",
        "query": "When does the driver rest?",
        "documents": [
            "crane guide\nRules > Breaks\nThe crane lifts.",
            "crane guide\nRules > Breaks\nThe driver rests.",
        ],
        "top_n": 2,
    }


def test_without_a_key_or_a_model_none_is_sent_and_long_passages_are_cut(standin: StandIn) -> None:
    with reranker(standin, model=None, api_key="") as asked:
        ask(asked, [passage("x" * 9000), TWO[1]])
    (sent,) = standin.requests
    assert "authorization" not in sent.headers
    assert "model" not in sent.body
    assert max(map(len, texts_of(sent))) == 2000


def test_half_a_character_is_sent_as_an_escape(standin: StandIn) -> None:
    with reranker(standin) as asked:
        ask(asked, [passage("half \ud83d"), TWO[1]])
    assert texts_of(standin.requests[0])[0].endswith("half \ud83d")


def _inference_server(request: Request) -> Behaviour:
    """Text Embeddings Inference: it misses `texts`, and answers with a list."""
    if "texts" not in request.body:
        return Status(422)
    assert request.body["truncate"] is True
    return Malformed(scored([(0, 0.2), (1, 0.8)], name="score", under=""))


def test_the_other_shape_is_tried_and_remembered(standin: StandIn) -> None:
    standin.behave = _inference_server
    with reranker(standin) as asked:
        assert ask(asked) == ask(asked) == {0: 0.2, 1: 0.8}
    assert ["texts" in request.body for request in standin.requests] == [False, True, True]


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Status(401), "refused"),
        (Status(404), "refused"),
        (Status(422), "refused"),
        (Status(302), "refused"),
        (Status(429), "busy"),
        (Status(503), "failed"),
        (Drop(), "unreachable"),
        (Malformed(), "bad_answer"),
        (Malformed(scored([(2, 0.9)])), "bad_answer"),
        (Malformed(scored([(0, float("nan"))])), "bad_answer"),
        (Malformed(scored([(0, 1)]) + " " * 2_000_000), "bad_answer"),
        (Endless(), "bad_answer"),
        (Compressed(), "bad_answer"),
    ],
)
def test_a_server_that_fails_is_told_apart(standin: StandIn, behaviour: Behaviour, code: str) -> None:
    standin.behave = lambda _: behaviour
    with reranker(standin) as asked:
        assert failure(asked) == code


def test_a_server_that_hangs_is_left(standin: StandIn) -> None:
    standin.behave = lambda _: Hang()
    with reranker(standin, timeout=0.1) as asked:
        assert failure(asked) == "timeout"
        standin.wait_until(lambda server: server.cancelled_calls == 1)


def test_a_redirect_is_not_followed(standin: StandIn) -> None:
    with StandIn(path="/rerank") as elsewhere:
        standin.behave = lambda _: Status(307, retry_after=f"1\r\nlocation: {elsewhere.base_url}/rerank")
        with reranker(standin) as asked:
            assert failure(asked) == "refused"
        assert elsewhere.requests == []


def test_a_server_that_is_not_there_is_left_alone_after_some_failures(standin: StandIn) -> None:
    standin.behave = lambda _: Drop()
    with reranker(standin) as asked:
        codes = [failure(asked) for _ in range(FAILURES + 2)]
    assert codes == ["unreachable"] * FAILURES + ["paused"] * 2
    assert len(standin.requests) == FAILURES


def test_what_may_be_one_questions_fault_pauses_nothing(standin: StandIn) -> None:
    standin.behave = lambda _: Status(400)
    with reranker(standin) as asked:
        assert {failure(asked) for _ in range(FAILURES + 2)} == {"refused"}
        standin.behave = None
        standin.script(GOOD)
        assert ask(asked) == {1: 0.9, 0: 0.1}


def test_a_closed_reranker_says_so_and_cookies_are_not_kept(standin: StandIn) -> None:
    standin.script(Status(500, retry_after="1\r\nset-cookie: a=1"))
    with reranker(standin) as asked:
        assert failure(asked) == "failed"
        ask(asked)
    assert "cookie" not in standin.requests[1].headers
