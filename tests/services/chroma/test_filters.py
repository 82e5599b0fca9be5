"""Filters in Chroma's language; what it finds with them is in the tests of the vector store."""

import pytest

from app.common.filters import Comparison, Compound, Operator
from app.services.chroma.filters import to_where


def test_a_comparison_names_the_metadata_of_a_chunk() -> None:
    assert to_where(Comparison("source", "in", ["a.txt"])) == {"source": {"$in": ["a.txt"]}}
    assert to_where(Comparison("chunk_index", "gte", 2)) == {"index": {"$gte": 2}}


def test_a_compound_of_one_is_that_one() -> None:
    page = Comparison("page", "eq", 1)
    assert to_where(Compound("or", [page])) == to_where(page)


def test_compounds_nest() -> None:
    page, source = Comparison("page", "eq", 1), Comparison("source", "ne", "a.txt")
    wanted = Compound("and", [source, Compound("or", [page, source])])
    assert to_where(wanted) == {
        "$and": [{"source": {"$ne": "a.txt"}}, {"$or": [{"page": {"$eq": 1}}, {"source": {"$ne": "a.txt"}}]}]
    }


@pytest.mark.parametrize(
    ("operator", "value", "where"),
    [
        ("eq", "A", {"$or": [{"section": {"$eq": "A"}}, {"sections": {"$contains": "A"}}]}),
        ("ne", "A", {"$and": [{"section": {"$ne": "A"}}, {"sections": {"$not_contains": "A"}}]}),
        ("in", ["A"], {"$or": [{"section": {"$in": ["A"]}}, {"sections": {"$contains": "A"}}]}),
        ("nin", ["A"], {"$and": [{"section": {"$nin": ["A"]}}, {"sections": {"$not_contains": "A"}}]}),
    ],
)
def test_a_section_is_looked_for_among_all_of_a_passage(operator: Operator, value: str, where: object) -> None:
    assert to_where(Comparison("section", operator, value)) == where


def test_a_section_can_be_combined_with_others() -> None:
    where = to_where(Compound("and", [Comparison("section", "eq", "A"), Comparison("page", "eq", 2)]))

    assert where["$and"][1] == {"page": {"$eq": 2}}
