"""Filters in Chroma's language; what it finds with them is in the tests of the vector store."""

from app.common.filters import Comparison, Compound
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
