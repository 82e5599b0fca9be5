"""Documents' labels in the catalog, and which documents a filter lets through."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.common.dates import moment_of
from app.common.errors import Conflict, InvalidInput, NotFound
from app.common.filters import Comparison, Compound, PassageFilter, checked_document_filter
from app.common.labels import NO_LABELS, LabelPatch, Labels
from app.services.catalog.schema import document_values
from app.services.catalog.store import Catalog
from tests.services.records import AIRPORT, HARBOUR, RECORD


def _add(catalog: Catalog, name: str, labels: Labels = NO_LABELS, **more: Any) -> None:
    record = replace(RECORD, document_id=name, sha256=name, labels=labels, **more)
    catalog.begin_document(record)
    catalog.finish_document(record.client_id, name)


def _chosen(catalog: Catalog, wanted: PassageFilter) -> set[str]:
    where = checked_document_filter(wanted)
    listed = {record.document_id for record in catalog.list_documents(HARBOUR, where=where)}
    assert catalog.count_documents(HARBOUR, where=where) == len(listed)
    assert catalog.labels.select(HARBOUR, where).keys() == listed
    return listed


def test_labels_come_back_as_they_went_in(catalog: Catalog) -> None:
    labels = Labels({"Ä": "ö", "n": 1, "x": 1.0, "b": True, "l": ("de", "en"), "none": ()}, ("b", "a"))
    _add(catalog, "one", labels)
    record = catalog.document(HARBOUR, "one")
    assert record is not None
    assert record.labels == labels
    assert [type(value) for value in record.labels.metadata.values()] == [str, int, float, bool, tuple, tuple]
    assert catalog.labels.of(HARBOUR, ["one", "two"]) == {"one": labels}
    assert catalog.labels.of(AIRPORT, ["one"]) == {}


def test_a_change_is_seen_by_lists_and_filters_at_once(catalog: Catalog) -> None:
    _add(catalog, "one", Labels({"year": 2026}, ("a",)))
    catalog.labels.change(HARBOUR, "one", LabelPatch({"year": 2027}, tags=["b"]).applied_to)
    record = catalog.document(HARBOUR, "one")
    assert record is not None
    assert (record.labels, record.updated_at) == (Labels({"year": 2027}, ("b",)), 10.0)
    assert _chosen(catalog, Comparison("metadata.year", "eq", 2027)) == {"one"}
    assert _chosen(catalog, Comparison("metadata.year", "eq", 2026)) == set()
    assert _chosen(catalog, Comparison("tags", "eq", "a")) == set()


def test_a_change_of_nothing_but_the_type_is_a_change(catalog: Catalog) -> None:
    _add(catalog, "one", Labels({"on": 1}))
    catalog.labels.change(HARBOUR, "one", LabelPatch({"on": True}).applied_to)
    assert catalog.labels.of(HARBOUR, ["one"])["one"].metadata["on"] is True
    assert _chosen(catalog, Comparison("metadata.on", "eq", value=True)) == {"one"}


def test_a_change_that_fails_changes_nothing(catalog: Catalog) -> None:
    labels = Labels({"year": 2026}, ("a",))
    _add(catalog, "one", labels)
    with pytest.raises(InvalidInput):
        catalog.labels.change(HARBOUR, "one", LabelPatch({"deep": {"er": 1}}).applied_to)
    with pytest.raises(NotFound):
        catalog.labels.change(AIRPORT, "one", LabelPatch({"year": 1}).applied_to)
    assert catalog.labels.of(HARBOUR, ["one"]) == {"one": labels}
    catalog.begin_delete(HARBOUR, "one")
    with pytest.raises(Conflict):
        catalog.labels.change(HARBOUR, "one", LabelPatch({"year": 1}).applied_to)


def test_values_go_with_their_document(catalog: Catalog) -> None:
    _add(catalog, "one", Labels({"year": 2026}, ("a",)))
    _add(catalog, "two", Labels({"year": 2026}), client_id=AIRPORT)
    catalog.begin_delete(HARBOUR, "one")
    catalog.drop_document(HARBOUR, "one")
    assert catalog.forget_client(AIRPORT)
    assert catalog.database.rows(select(document_values.c.field), {}) == []


def test_another_clients_labels_are_never_looked_at(catalog: Catalog) -> None:
    _add(catalog, "one", Labels({"year": 2026}, ("a",)))
    _add(catalog, "two", Labels({"year": 2026}, ("a",)), client_id=AIRPORT)
    for wanted in (
        Comparison("tags", "eq", "a"),
        Comparison("metadata.year", "ne", 1),
        Comparison("type", "eq", "txt"),
    ):
        assert _chosen(catalog, wanted) == {"one"}


def test_documents_are_chosen_by_what_they_are(catalog: Catalog) -> None:
    _add(catalog, "one", filename="Übersicht 100%.pdf", kind="pdf", created_at=86_400.0)
    _add(catalog, "two", filename="notes_1.txt", created_at=2 * 86_400.0)
    for wanted, expected in (
        (Comparison("document_id", "in", ["one", "x"]), {"one"}),
        (Comparison("document_id", "ne", "one"), {"two"}),
        (Comparison("name", "eq", "notes_1.txt"), {"two"}),
        (Comparison("name", "contains", "100%"), {"one"}),
        (Comparison("name", "contains", "s_1"), {"two"}),
        (Comparison("name", "contains", "_"), {"two"}),
        (Comparison("type", "eq", "PDF"), {"one"}),
        (Comparison("type", "nin", ["pdf"]), {"two"}),
        (Comparison("created_at", "gte", "1970-01-03"), {"two"}),
        (Comparison("created_at", "lt", "1970-01-03"), {"one"}),
        (Compound("or", [Comparison("type", "eq", "pdf"), Comparison("name", "contains", "notes")]), {"one", "two"}),
        (Compound("and", [Comparison("type", "eq", "pdf"), Comparison("name", "contains", "notes")]), set()),
    ):
        assert _chosen(catalog, wanted) == expected, wanted


_TEXTS = [
    "",
    "a",
    "A",
    "ab",
    "de",
    "%",
    "_",
    "'",
    '"',
    "1",
    "1.0",
    "true",
    "2026-05-01",
    "2026-05-01T00:00Z",
    "Ä",
    "' OR 1=1 --",
]
_SCALARS = st.one_of(st.sampled_from(_TEXTS), st.sampled_from([0, 1, 1.0, -1, 1.5, 2**53, True, False]))
_KEYS = st.sampled_from(["a", "tags", "client_id", "ключ", "a.b", "' --"])
_METADATA = st.dictionaries(
    _KEYS, st.one_of(_SCALARS, st.lists(st.sampled_from(_TEXTS), max_size=3).map(tuple)), max_size=4
)
_TAGS = st.lists(st.sampled_from(["a", "ab", "%", "1"]), max_size=3, unique=True).map(tuple)
_FIELDS = st.one_of(_KEYS.map("metadata.{}".format), st.just("tags"))
_COMPARISONS = st.one_of(
    st.builds(Comparison, _FIELDS, st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte", "contains"]), _SCALARS),
    st.builds(Comparison, _FIELDS, st.sampled_from(["in", "nin"]), st.lists(_SCALARS, min_size=1, max_size=3)),
)
_FILTERS = st.recursive(
    _COMPARISONS,
    lambda parts: st.builds(Compound, st.sampled_from(["and", "or"]), st.lists(parts, min_size=1, max_size=3)),
    max_leaves=4,
)


def _kind_of(value: Any) -> tuple[str, Any]:
    """What values are equal by: their type, and dates by their moments."""
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, str):
        return ("text", value) if moment_of(value) is None else ("date", moment_of(value))
    return "number", value


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def _fits(labels: Labels, where: PassageFilter) -> bool:
    """Say the same as the database, in the plainest way."""
    if isinstance(where, Compound):
        return (all if where.operator == "and" else any)(_fits(labels, part) for part in where.parts)
    held: Any = labels.tags if where.field == "tags" else labels.metadata.get(where.field.removeprefix("metadata."), ())
    values = held if isinstance(held, tuple) else (held,)
    if where.operator in _ORDER:
        kind, wanted = _kind_of(where.value)
        return any(_kind_of(one)[0] == kind and _ORDER[where.operator](_kind_of(one)[1], wanted) for one in values)
    if where.operator == "contains":
        return any(
            where.value == one if values is held else isinstance(one, str) and str(where.value) in one for one in values
        )
    found = any(_kind_of(one) == _kind_of(wanted) for one in values for wanted in where.values)
    return found != (where.operator in ("ne", "nin"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(st.builds(Labels, _METADATA, _TAGS), min_size=1, max_size=4), wanted=_FILTERS)
def test_filters_mean_what_they_say(catalog: Catalog, held: list[Labels], wanted: PassageFilter) -> None:
    try:
        where = checked_document_filter(wanted)
    except InvalidInput:
        return
    catalog.forget_client(HARBOUR)
    for number, labels in enumerate(held):
        _add(catalog, str(number), labels)
    assert _chosen(catalog, where) == {str(number) for number, labels in enumerate(held) if _fits(labels, where)}
