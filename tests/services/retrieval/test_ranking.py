"""One order of meaning and words: each of them can bring a part to the top, and what stands around it helps."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.services.embedding.description import DEFAULT_SCALE
from app.services.retrieval.assembling import Span, assemble
from app.services.retrieval.ranking import Ranked, rank
from app.services.retrieval.repeats import Repeats
from app.services.words.bm25 import WordScores
from app.services.words.postings import FACTS, PAGED, WHOLE, Facts


@dataclass
class Legs:
    """See `Found`."""

    facts: Facts
    nearest: NDArray[np.int64]
    cosines: NDArray[np.float32]
    words: WordScores
    allowed: NDArray[np.bool_] | None = field(default=None)


def pages(*sizes: int, kind: int = PAGED) -> Facts:
    """Facts of pages of so many parts of 100 characters; each page is a group."""
    facts = np.zeros(sum(sizes), FACTS)
    facts["words"], facts["kind"], facts["norm"] = 10, kind, 100.0
    number = 0
    for page, size in enumerate(sizes, start=1):
        rows = slice(number, number + size)
        facts["group"][rows] = facts["leaf"][rows] = number
        facts["size"][rows], facts["page"][rows], facts["norm"][rows] = size, page, 100.0 * size
        number += size
    facts["start"] = np.arange(number) * 100
    facts["end"] = facts["start"] + 100
    return facts


def legs(facts: Facts, near: dict[int, float], words: dict[int, float], rare: dict[int, float] | None = None) -> Legs:
    values, rares = np.zeros(len(facts), np.float32), np.zeros(len(facts), np.float32)
    for scores, given in ((values, words), (rares, rare or {})):
        for number, score in given.items():
            scores[number] = score
    order = sorted(near, key=lambda number: -near[number])
    cosines = np.array([near[number] for number in order], np.float32)
    return Legs(facts, np.array(order, np.int64), cosines, WordScores(values, rares, np.zeros_like(rares), ()))


def order(found: Legs, unfamiliar: float = 0.0) -> list[int]:
    ranked = rank(found, DEFAULT_SCALE, unfamiliar=unfamiliar)
    assert np.all(np.diff(ranked.values) <= 0)
    return [int(number) for number in ranked.numbers]


def test_the_nearest_come_first_without_words() -> None:
    assert order(legs(pages(1, 1, 1), {0: 0.2, 1: 0.6, 2: 0.4}, {})) == [1, 2, 0]


def test_words_find_what_is_not_among_the_nearest() -> None:
    found = legs(pages(*[1] * 50), dict.fromkeys(range(40), 0.3) | {5: 0.35}, {45: 0.9}, {45: 1.0})
    assert order(found)[0] == 45


def test_words_count_more_where_the_model_does_not_know_those_of_the_question() -> None:
    found = legs(pages(1, 1), {0: 0.5, 1: 0.3}, {1: 0.4})
    assert order(found, unfamiliar=0.0) == [0, 1]
    assert order(found, unfamiliar=0.9) == [1, 0]


def test_a_part_among_near_ones_is_before_one_that_stands_alone() -> None:
    found = legs(pages(3, 3), {0: 0.5, 1: 0.48, 2: 0.47, 3: 0.5, 4: 0.0, 5: 0.0}, {})
    assert order(found)[0] == 0


def test_the_groups_of_what_was_found_are_candidates_as_a_whole() -> None:
    assert sorted(order(legs(pages(3, 3), {0: 0.5}, {}))) == [0, 1, 2]


def test_a_filter_leaves_the_others_out() -> None:
    found = legs(pages(3, 3), {0: 0.5, 4: 0.4}, {})
    found.allowed = np.array([False, True, False, False, True, False])
    assert sorted(order(found)) == [1, 4]


def test_nothing_found_is_no_error() -> None:
    assert order(legs(pages(), {}, {})) == []
    assert order(legs(pages(2), {}, {})) == []


def test_a_score_is_the_sum_of_its_shares() -> None:
    ranked = rank(legs(pages(2), {0: 0.5, 1: 0.3}, {1: 0.8}, {1: 0.5}), DEFAULT_SCALE)
    around = (0.5 + 0.3) / 2
    shares = {number: ranked.shares(place) for place, number in enumerate(ranked.numbers.tolist())}
    assert shares[0] == pytest.approx((0.75 * (0.5 + around) / 2, 0.25 * (0.0 + 0.8) / 2, 0.0, 0.0), abs=1e-6)
    assert shares[1] == pytest.approx((0.75 * (0.3 + around) / 2, 0.25 * 0.8, 0.12 * 0.5, 0.0), abs=1e-6)
    assert [sum(shares[number]) for number in ranked.numbers.tolist()] == pytest.approx(ranked.values.tolist())


def test_of_a_rare_name_and_a_rare_code_the_better_counts() -> None:
    found = legs(pages(1, 1), {0: 0.5, 1: 0.5}, {}, {0: 0.5, 1: 0.5})
    found.words = replace(found.words, codes=np.array([0.4, 0.6], np.float32))
    ranked = rank(found, DEFAULT_SCALE)
    assert ranked.numbers.tolist() == [1, 0]
    assert [ranked.shares(place)[2:] for place in range(2)] == [
        pytest.approx((0.0, 0.12 * 0.6)),
        pytest.approx((0.12 * 0.5, 0.0)),
    ]


# --- from parts to passages


def ranked(*numbers: int, step: float = 0.1) -> Ranked:
    """Parts in this order, each so much worse than the one before."""
    values = np.array([1.0 - step * place for place in range(len(numbers))], np.float32)
    return Ranked(np.array(numbers, np.int64), values, values, values, values, values, values)


def spans(facts: Facts, best: Ranked, budget: int, most: int | None = None) -> list[tuple[int, int]]:
    made = assemble(best, legs(facts, {}, {}), budget=budget, most=most)
    return [(span.first, span.last) for span in made]


def test_passages_fill_the_budget_best_first() -> None:
    assert spans(pages(*[1] * 6), ranked(4, 2, 0, 5), 250) == [(4, 4), (2, 2), (0, 0)]


def test_parts_that_touch_are_one_passage_of_the_best_ones_rank() -> None:
    assert spans(pages(6), ranked(3, 0, 4), 300) == [(3, 4), (0, 0)]
    assert spans(pages(2, 2), ranked(1, 2), 300) == [(1, 1), (2, 2)], "not over the end of a page"


def test_a_short_document_comes_whole() -> None:
    assert spans(pages(4, kind=WHOLE), ranked(2), 100) == [(0, 3)]


def test_a_count_is_an_upper_bound() -> None:
    assert spans(pages(*[1] * 6), ranked(4, 2, 0, 5), 1000, most=2) == [(4, 4), (2, 2)]


def test_a_budget_reaches_other_pages_before_more_of_the_same() -> None:
    found = spans(pages(4, 4), ranked(0, 2, 5, step=0.005), 200)
    assert found == [(0, 0), (5, 5)]


def test_what_repeats_is_left_out() -> None:
    texts = ["the frame has ten years of cover", "the frame has ten years of cover", "the battery has two years"]
    repeats = Repeats()
    made = assemble(
        ranked(0, 1, 2),
        legs(pages(1, 1, 1), {}, {}),
        budget=1000,
        is_new=lambda numbers: repeats.take(" ".join(texts[number] for number in numbers)),
    )
    assert made == [Span(0, 0, 0), Span(2, 2, 2)]


def test_a_number_more_is_no_repeat() -> None:
    repeats = Repeats()
    assert repeats.take("revenue of the year 2021 was large")
    assert not repeats.take("Revenue of the year 2021 was large.")
    assert repeats.take("revenue of the year 2022 was large")


def test_a_short_document_is_as_good_as_its_best_part() -> None:
    found = legs(pages(4, kind=WHOLE), {0: 0.05, 1: 0.1, 2: 0.6, 3: 0.2}, {})
    assert assemble(rank(found, DEFAULT_SCALE), found, budget=1000) == [Span(0, 3, best=2)]
