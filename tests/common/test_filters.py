"""What callers may filter by, in the fields' own names; the routes' tests say what reaches the caller."""

import pytest

from app.common.errors import InvalidInput
from app.common.filters import MAX_COMPARISONS, MAX_NUMBER, Comparison, Compound, PassageFilter, checked_filter


def test_fields_get_their_own_names_and_numbers_are_whole() -> None:
    wanted = Compound("or", [Comparison("file_id", "eq", "doc_1"), Comparison("filename", "in", ["a.txt", "b.txt"])])
    assert checked_filter(wanted) == Compound(
        "or", [Comparison("document_id", "eq", "doc_1"), Comparison("source", "in", ["a.txt", "b.txt"])]
    )
    page = checked_filter(Comparison("page", "lte", 3.0))
    assert page == Comparison("page", "lte", 3)
    assert isinstance(page, Comparison)
    assert isinstance(page.value, int)


@pytest.mark.parametrize(
    "wanted",
    [
        Comparison("client_id", "eq", "airport"),
        Comparison("index", "eq", 1),
        Comparison("$or", "eq", "x"),
        Comparison("page", "eq", "1"),
        Comparison("page", "eq", value=True),
        Comparison("page", "eq", [1]),
        Comparison("page", "eq", 1.5),
        Comparison("page", "eq", -1),
        Comparison("page", "eq", MAX_NUMBER + 1),
        Comparison("page", "in", 1),
        Comparison("page", "in", []),
        Comparison("page", "in", [1] * 101),
        Comparison("source", "gt", "a"),
        Comparison("source", "eq", 1),
        Comparison("source", "eq", "x" * 1001),
        Compound("and", []),
        Compound("and", [Compound("or", [])]),
        Compound("or", [Comparison("page", "eq", 1)] * MAX_COMPARISONS),
    ],
)
def test_what_no_field_can_have_is_refused(wanted: PassageFilter) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_filter(wanted)
    assert caught.value.code == "invalid_filter"


def test_texts_are_compared_as_they_are_stored() -> None:
    assert checked_filter(Comparison("source", "eq", "A\u0308.txt")) == Comparison("source", "eq", "Ä.txt")
