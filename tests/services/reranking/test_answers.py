"""What rerankers send: the shapes of all common servers, and nothing that makes no sense."""

import pytest

from app.services.reranking.answers import read_order, read_scores
from app.services.reranking.types import RerankFailed
from tests.rerankers import scored

PAIRS = [(2, 0.75), (0, -3.5), (1, 4)]


@pytest.mark.parametrize(
    ("name", "under"), [("relevance_score", "results"), ("score", ""), ("relevance_score", "data")]
)
def test_each_servers_shape_is_read(name: str, under: str) -> None:
    assert read_scores(scored(PAIRS, name=name, under=under).encode(), 3) == {2: 0.75, 0: -3.5, 1: 4.0}


def test_a_server_may_judge_some_and_say_more_than_it_is_asked() -> None:
    body = b'{"id": "x", "results": [{"index": 1, "relevance_score": 1, "document": {"text": "a"}}], "usage": {}}'
    assert read_scores(body, 3) == {1: 1.0}


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "{}", "[" * 9999,
        '{"results": []}', '{"results": {"index": 0}}', '{"results": [{"index": 0}]}',
        scored([(3, 0.5)]), scored([(-1, 0.5)]), scored([(True, 0.5)]), scored([("0", 0.5)]), scored([(0.5, 0.5)]),
        scored([(0, 0.5), (0, 0.4)]), scored([(0, "0.5")]), scored([(0, None)]), scored([(0, True)]),
        scored([(0, float("nan"))]), scored([(0, float("inf"))]), '[{"index": 0, "score": 1e999}]',
        f'[{{"index": {"9" * 5000}, "score": 1}}]', f'[{{"index": 0, "score": {"9" * 5000}}}]',
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_as_a_whole(body: str) -> None:
    with pytest.raises(RerankFailed, match="bad_answer"):
        read_scores(body.encode(), 3)


@pytest.mark.parametrize("text", ['{"best": [3, 1]}', 'I weigh {"best": [2]} first.\n```json\n{"best": [3, 1]}\n```'])
def test_a_models_order_is_read_from_its_last_object(text: str) -> None:
    assert read_order(text, 4) == {2: 1.0, 0: 0.75}


@pytest.mark.parametrize(
    "text",
    [
        "", "3, 1", "{}", '{"best": []}', '{"best": [0]}', '{"best": [5]}', '{"best": [1, 1]}', '{"best": ["1"]}',
        '{"best": [1.5]}', '{"best": [true]}', '{"best": 1}', '{"best": [1]', f'{{"best": [{"9" * 5000}]}}',
        f'{{"best": {"[" * 9999}}}',
    ],
)  # fmt: skip
def test_a_models_answer_that_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(RerankFailed, match="bad_answer"):
        read_order(text, 4)
