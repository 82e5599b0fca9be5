"""From ranked parts to the passages that are returned: best first into a budget, and what touches is one passage.

A short document's parts come together. In a document of several pages a further part of a page that has given one
already counts a little less, so that the budget reaches more places.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.services.retrieval.ranking import Found, Ranked
from app.services.words.postings import PAGED, WHOLE, Facts

SAME_PAGE = 0.01
"""What a further part of a page has to be better by, for each part of it that is chosen already."""

Rank = tuple[int, bool]
"""When a part was chosen, from 0, and whether it only came along with a better one."""


@dataclass(frozen=True, slots=True)
class Span:
    """A passage: the parts numbered `first` to `last`; `best` is the best of them."""

    first: int
    last: int
    best: int


def assemble(
    ranked: Ranked,
    found: Found,
    *,
    budget: int,
    most: int | None = None,
    longest: int | None = None,
    is_new: Callable[[Sequence[int]], bool] = lambda _: True,
) -> list[Span]:
    """Return the passages, best first: parts of about `budget` characters (the last may reach over), joined.

    At most `most` passages are returned, none of more than `longest` characters except for short documents. Parts that
    are chosen together are left out when `is_new` says that they repeat what it was asked about before.
    """
    chosen: dict[int, Rank] = {}
    facts, left = found.facts, budget
    for rank, number in enumerate(_in_turn(ranked.numbers.tolist(), ranked.values.tolist(), facts)):
        if number not in chosen:
            together = [part for part in _together(number, facts) if found.allowed is None or found.allowed[part]]
            if not is_new(together):
                continue
            chosen.update((part, (rank, part != number)) for part in together)
            left -= int(facts["end"][together[-1]]) - int(facts["start"][together[0]])
            if left <= 0:
                break
    return _joined(chosen, facts, longest)[:most]


def _in_turn(numbers: Sequence[int], values: Sequence[float], facts: Facts) -> Iterator[int]:
    """Yield the parts in the order of their values, less SAME_PAGE for each part of their page that came before."""
    given: Counter[int] = Counter()
    queue = [(-float(value), int(number), 0) for number, value in zip(numbers, values, strict=True)]
    heapq.heapify(queue)
    while queue:
        cost, number, before = heapq.heappop(queue)
        page = int(facts["leaf"][number])
        later = given[page] - before
        if later and facts["kind"][number] & PAGED:
            heapq.heappush(queue, (cost + SAME_PAGE * later, number, given[page]))
            continue
        given[page] += 1
        yield number


def _together(number: int, facts: Facts) -> range:
    if not facts["kind"][number] & WHOLE:
        return range(number, number + 1)
    first = int(facts["group"][number])
    return range(first, first + int(facts["size"][number]))


def _joined(chosen: Mapping[int, Rank], facts: Facts, longest: int | None) -> list[Span]:
    """Join chosen parts that follow each other in a page, up to a length, or in a short document."""
    spans: list[Span] = []
    for number in sorted(chosen):
        if spans and spans[-1].last == number - 1 and _touch(spans[-1].first, number, facts, longest):
            last = spans.pop()
            spans.append(Span(last.first, number, min(last.best, number, key=chosen.__getitem__)))
        else:
            spans.append(Span(number, number, number))
    return sorted(spans, key=lambda span: chosen[span.best])


def _touch(first: int, number: int, facts: Facts, longest: int | None) -> bool:
    """Say whether a part belongs to the passage that begins with `first` and ends right before it."""
    if facts["kind"][number - 1] & WHOLE:
        return bool(facts["group"][number - 1] == facts["group"][number])
    fits = longest is None or int(facts["end"][number]) - int(facts["start"][first]) <= longest
    return fits and bool(facts["leaf"][number - 1] == facts["leaf"][number])
