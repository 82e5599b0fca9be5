"""What callers may filter by, in the fields' own names; the routes' tests say what reaches the caller."""

import pytest

from app.common.errors import InvalidInput
from app.common.filters import (
    MAX_COMPARISONS,
    MAX_DEPTH,
    MAX_NUMBER,
    Comparison,
    Compound,
    PassageFilter,
    checked_document_filter,
    checked_filter,
)


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


@pytest.mark.parametrize(
    ("wanted", "checked"),
    [
        (Comparison("metadata.year", "gte", 2026), Comparison("metadata.year", "gte", 2026)),
        (Comparison("metadata.A\u0308", "eq", "A\u0308"), Comparison("metadata.Ä", "eq", "Ä")),
        (Comparison("metadata.page", "in", [1, "1", True]), Comparison("metadata.page", "in", [1, "1", True])),
        (Comparison("metadata.until", "lt", "2026-05-01"), Comparison("metadata.until", "lt", "2026-05-01")),
        (Comparison("metadata.langs", "contains", "de"), Comparison("metadata.langs", "contains", "de")),
        (Comparison("tags", "eq", "a"), Comparison("tags", "eq", "a")),
        (Comparison("type", "eq", "PDF"), Comparison("type", "eq", "pdf")),
        (Comparison("name", "contains", "2026"), Comparison("source", "contains", "2026")),
        (Comparison("uploaded_at", "gte", "1970-01-02"), Comparison("created_at", "gte", 86_400.0)),
        (Comparison("updated_at", "lt", 1.5), Comparison("updated_at", "lt", 1.5)),
    ],
)
def test_documents_have_fields_too(wanted: Comparison, checked: Comparison) -> None:
    assert checked_document_filter(wanted) == checked


@pytest.mark.parametrize(
    "wanted",
    [
        Comparison("metadata.", "eq", 1),
        Comparison("metadata", "eq", 1),
        Comparison("metadata.nul\0", "eq", 1),
        Comparison("metadata." + "x" * 1001, "eq", 1),
        Comparison("metadata.a", "eq", "half \ud800"),
        Comparison("metadata.a", "gt", "tomorrow"),
        Comparison("metadata.a", "gt", value=True),
        Comparison("metadata.a", "contains", 1),
        Comparison("metadata.a", "contains", ""),
        Comparison("metadata.a", "eq", ["x"]),
        Comparison("metadata.a", "eq", 10**400),
        Comparison("metadata.a", "eq", float("nan")),
        Comparison("tags", "gt", "a"),
        Comparison("tags", "eq", 1),
        Comparison("type", "contains", "pd"),
        Comparison("created_at", "gt", "yesterday"),
        Comparison("created_at", "contains", "2026-05-01"),
        Comparison("created_at", "gt", value=True),
        Comparison("created_at", "gt", float("inf")),
        Comparison("section", "contains", "Rules"),
        Comparison("page", "contains", 1),
    ],
)
def test_values_that_a_field_cannot_have_are_refused(wanted: Comparison) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_filter(wanted)
    assert caught.value.code == "invalid_filter"


def test_filters_may_be_nested_so_deep_and_no_deeper() -> None:
    nested: PassageFilter = Comparison("page", "eq", 1)
    for _ in range(MAX_DEPTH):
        nested = Compound("and", [nested])
    checked_filter(nested)
    with pytest.raises(InvalidInput):
        checked_filter(Compound("and", [nested]))


@pytest.mark.parametrize("field", ["page", "section", "chunk_index"])
def test_documents_are_not_listed_by_what_only_passages_have(field: str) -> None:
    value = "Rules" if field == "section" else 1
    checked_filter(Comparison(field, "eq", value))
    with pytest.raises(InvalidInput):
        checked_document_filter(Compound("or", [Comparison("tags", "eq", "a"), Comparison(field, "eq", value)]))


def test_texts_are_compared_as_they_are_stored() -> None:
    assert checked_filter(Comparison("source", "eq", "A\u0308.txt")) == Comparison("source", "eq", "Ä.txt")
