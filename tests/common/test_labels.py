"""Metadata and tags: what they may hold, and how they change."""

from typing import Any

import pytest

from app.common.errors import InvalidInput
from app.common.labels import (
    MAX_BYTES,
    MAX_KEYS,
    MAX_LIST,
    MAX_NUMBER,
    MAX_TAGS,
    NO_LABELS,
    GivenLabels,
    LabelPatch,
    Labels,
    parse_metadata,
    parse_tags,
)

METADATA: dict[str, Any] = {"year": 2026, "price": 1.5, "draft": False, "until": "2026-05-01", "langs": ["de", "en"]}


def test_values_keep_their_types() -> None:
    parsed = parse_metadata(METADATA)
    assert parsed == {**METADATA, "langs": ("de", "en")}
    assert [type(value) for value in parsed.values()] == [int, float, bool, str, tuple]
    assert parse_metadata({"n": MAX_NUMBER, "empty": "", "none": []}) == {"n": MAX_NUMBER, "empty": "", "none": ()}


def test_texts_and_keys_are_composed() -> None:
    assert parse_metadata({"A\u0308": "A\u0308", "l": ["A\u0308"]}) == {"Ä": "Ä", "l": ("Ä",)}
    assert parse_tags(["A\u0308", " Ä ", "b"]) == ("Ä", "b")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "x",
        ["x"],
        {"a": None},
        {"a": {"b": 1}},
        {"a": [1]},
        {"a": ["x", None]},
        {"a": ["x"] * (MAX_LIST + 1)},
        {"a": "x" * 1001},
        {"a": "nul \0"},
        {"a": "half \ud800"},
        {"a": MAX_NUMBER + 1},
        {"a": -(10**400)},
        {"a": float("nan")},
        {"a": float("inf")},
        {"": 1},
        {"x" * 65: 1},
        {" a": 1},
        {"a\n": 1},
        {"a\ud800": 1},
        {1: 1},
        {f"key {n}": n for n in range(MAX_KEYS + 1)},
        {f"key {n}": "x" * 1000 for n in range(1 + MAX_BYTES // 1000)},
    ],
)
def test_what_is_no_metadata_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_metadata(value)
    assert caught.value.code == "invalid_metadata"


@pytest.mark.parametrize("tags", [[""], ["  "], ["a,b"], ["x" * 101], ["a\tb"], [1], [None], [["a"]], ["\ud800"]])
def test_what_is_no_tag_is_refused(tags: list[object]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_tags(tags)
    assert caught.value.code == "invalid_tags"


def test_there_is_a_limit_of_tags_that_differ() -> None:
    assert len(parse_tags(["same"] * 500 + [f"tag {n}" for n in range(MAX_TAGS - 1)])) == MAX_TAGS
    with pytest.raises(InvalidInput):
        parse_tags([f"tag {n}" for n in range(MAX_TAGS + 1)])


def test_a_patch_sets_and_removes_keys_and_leaves_the_others() -> None:
    before = Labels({"year": 2026, "draft": True, "Ä": 1}, ("a", "b"))
    patch = LabelPatch({"year": 2027, "draft": None, "A\u0308": 2, "new": ["x"], "never": None})
    assert patch.applied_to(before) == Labels({"year": 2027, "Ä": 2, "new": ("x",)}, ("a", "b"))
    assert LabelPatch(tags=["c"]).applied_to(before) == Labels(before.metadata, ("c",))
    assert LabelPatch({"only": 1}, clear=True, tags=()).applied_to(before) == Labels({"only": 1})
    with pytest.raises(InvalidInput):
        LabelPatch({"a": {"deep": 1}}).applied_to(before)


def test_a_patch_cannot_lead_over_a_limit() -> None:
    full = Labels(parse_metadata({f"key {n}": n for n in range(MAX_KEYS)}))
    with pytest.raises(InvalidInput):
        LabelPatch({"one more": 1}).applied_to(full)
    assert len(LabelPatch({"one more": 1, "key 0": None}).applied_to(full).metadata) == MAX_KEYS


def test_what_comes_with_a_file_stands_in_the_place_of_what_there_was() -> None:
    kept = Labels({"year": 2026}, ("a",))
    assert GivenLabels().over(kept) == kept
    assert GivenLabels(metadata={}).over(kept) == Labels({}, ("a",))
    assert GivenLabels(tags=("b",)).over(kept) == Labels({"year": 2026}, ("b",))


def test_it_is_known_whether_a_change_takes_something_away() -> None:
    labels = Labels({"year": 2026}, ("a", "b"))
    assert not Labels({"year": 2026, "new": 1}, ("c", "b", "a")).lacks(labels)
    assert Labels({"year": 2027}, ("a", "b")).lacks(labels)
    assert Labels({"year": 2026}, ("a",)).lacks(labels)
    assert NO_LABELS.lacks(labels)
