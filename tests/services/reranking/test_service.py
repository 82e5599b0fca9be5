"""From scores to the passages that are returned."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from typing_extensions import override

from app.common.errors import AppError, UpstreamBusy
from app.common.ids import ClientId
from app.common.passages import Chunk, Found, Passage, Pool
from app.services.reranking.service import MOST_PASSAGES, Reranking, reordered
from app.services.reranking.types import Reranker, RerankFailed
from tests.telemetry.figures import counted

ALICE = ClientId("alice")


def passages(count: int, size: int = 100) -> list[Passage]:
    return [Passage(Chunk("doc", n, f"part {n}", 1, "", "a.txt", n * size, (n + 1) * size), 0.5) for n in range(count)]


def places(found: Sequence[Passage]) -> list[int]:
    return [passage.chunk.index for passage in found]


class Judge(Reranker):
    """Says what it is told to, and remembers what it saw."""

    def __init__(self, said: Mapping[int, float] | Exception) -> None:
        self._said = said
        self.seen: list[int] = []

    @override
    async def scores(self, client_id: ClientId, question: str, passages: Sequence[Passage]) -> Mapping[int, float]:
        self.seen.append(len(passages))
        if isinstance(self._said, Exception):
            raise self._said
        return self._said

    @override
    def close(self) -> None:
        raise AssertionError("whoever opened it closes it")


def best(judge: Judge | None, found: Found) -> list[int]:
    return places(asyncio.run(Reranking(judge).best(ALICE, "Which?", found)))


def test_what_has_a_score_comes_first_and_the_rest_as_it_was() -> None:
    pool = Pool(passages(4), 1000)
    found = reordered(pool, {3: 0.1, 1: -7.5})
    assert places(found) == [3, 1, 0, 2]
    assert [passage.rerank for passage in found] == [0.1, -7.5, None, None]


def test_equal_scores_keep_their_order() -> None:
    assert places(reordered(Pool(passages(4), 1000), {2: 0.5, 0: 0.5, 3: 0.5, 1: 0.6})) == [1, 0, 2, 3]


def test_the_budget_and_the_upper_count_hold() -> None:
    assert places(reordered(Pool(passages(4), 150), {3: 1, 2: 2})) == [2, 3], "the last one may reach over"
    assert places(reordered(Pool(passages(4), 1000, 1), {3: 1})) == [3]


def test_only_the_best_are_asked_about() -> None:
    judge = Judge({MOST_PASSAGES - 1: 1.0})
    order = best(judge, Found(passages(3), Pool(passages(30), 10_000)))
    assert judge.seen == [MOST_PASSAGES]
    assert order[:2] == [MOST_PASSAGES - 1, 0]
    assert len(order) == 30


@pytest.mark.parametrize("failure", [RerankFailed("timeout"), UpstreamBusy("Busy.", code="model_busy", retry_after=5)])
def test_without_an_answer_all_is_as_it_was_found(
    failure: RerankFailed | AppError, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("rag_reranks_total", {"outcome": failure.code})
    assert best(Judge(failure), Found(passages(3), Pool(passages(9), 10_000))) == [0, 1, 2]
    (line,) = caplog.records
    assert (line.getMessage(), vars(line)["client"], vars(line)["code"]) == (
        "passages not reranked", "alice", failure.code,
    )  # fmt: skip
    assert counted("rag_reranks_total", {"outcome": failure.code}) == before + 1


def test_nobody_is_asked_about_one_passage_or_none() -> None:
    judge = Judge({})
    assert best(judge, Found(passages(1), Pool(passages(1), 1000))) == [0]
    assert best(judge, Found([])) == []
    assert judge.seen == []
    assert best(None, Found(passages(2), Pool(passages(2), 1000))) == [0, 1]
