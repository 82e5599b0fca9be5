"""Whose turn it is."""

from hypothesis import given
from hypothesis import strategies as st

from app.common.fair_turns import Turns


def served(turns: Turns[str]) -> str | None:
    found = turns.next()
    return None if found is None else found[1]


def test_a_free_place_goes_to_who_holds_the_fewest() -> None:
    turns: Turns[str] = Turns(places=3)
    for item in ("a1", "a2", "b1", "a3"):
        turns.add(item[0], item)
    assert [served(turns) for _ in range(3)] == ["a1", "b1", "a2"]
    turns.add("c", "c1")
    assert served(turns) is None
    turns.end("b")
    assert served(turns) == "c1"


def test_nobody_holds_more_than_its_share_though_places_are_free() -> None:
    turns: Turns[str] = Turns(places=3, each=2)
    for item in ("a1", "a2", "a3"):
        turns.add("a", item)
    assert [served(turns) for _ in range(3)] == ["a1", "a2", None]
    turns.add("b", "b1")
    assert served(turns) == "b1"


def test_what_is_discarded_is_not_served_and_what_is_cleared_is_returned() -> None:
    turns: Turns[str] = Turns()
    for item in ("a1", "a2", "b1"):
        turns.add(item[0], item)
    assert turns.discard("a", lambda item: item == "a1") == 1
    assert turns.discard("c", lambda _: True) == 0
    assert turns.clear() == ["a2", "b1"]
    assert served(turns) is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60), st.integers(1, 4), st.integers(1, 3))
def test_everybody_is_served_in_its_own_order_and_within_the_bounds(
    steps: list[tuple[str, bool]], places: int, each: int
) -> None:
    turns: Turns[int] = Turns(places=places, each=each)
    held: list[str] = []
    order: dict[str, list[int]] = {owner: [] for owner in "abcd"}
    for number, (owner, ends) in enumerate(steps):
        turns.add(owner, number)
        if ends and held:
            turns.end(held.pop(0))
        while (found := turns.next()) is not None:
            held.append(str(found[0]))
            order[str(found[0])].append(found[1])
        assert turns.at_work == len(held) <= places
        assert max((held.count(each_owner) for each_owner in held), default=0) <= each
    while held:
        turns.end(held.pop(0))
        while (found := turns.next()) is not None:
            held.append(str(found[0]))
            order[str(found[0])].append(found[1])
    assert turns.waiting() == 0
    for owner, numbers in order.items():
        assert numbers == [number for number, (of, _) in enumerate(steps) if of == owner]
