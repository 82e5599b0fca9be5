"""Filters from the wire as the stores know them."""

from collections.abc import Callable
from typing import Any, cast

from app.common.filters import METADATA, Comparison, Compound, Operator, PassageFilter, checked_filter
from app.schemas.filters import AnyFilter, ComparisonFilter, FieldFilters, Filter


def passage_filter(wanted: AnyFilter | None) -> PassageFilter | None:
    """Return a filter of the service's own API, checked; None for one that lets everything through.

    Raises InvalidInput.
    """
    found = unchecked_filter(wanted)
    return None if found is None else checked_filter(found)


def unchecked_filter(wanted: AnyFilter | None) -> PassageFilter | None:
    """Return the same, to be checked for what it is used for."""
    if not isinstance(wanted, FieldFilters):
        return None if wanted is None else combined(wanted)
    fields = wanted.model_dump(exclude_none=True)
    fields |= {f"{METADATA}{key}": value for key, value in fields.pop("metadata", {}).items()}
    parts = [_compared(field, value) for field, value in fields.items()]
    return Compound("and", parts) if parts else None


def combined(wanted: Filter, key: Callable[[str], str] = str) -> PassageFilter:
    """Return combined comparisons; `key` says what a key is called."""
    if isinstance(wanted, ComparisonFilter):
        return Comparison(key(wanted.key), wanted.type, wanted.value)
    return Compound(wanted.type, [combined(part, key) for part in wanted.filters])


def _compared(field: str, value: Any) -> PassageFilter:
    if isinstance(value, dict):
        return Compound("and", [Comparison(field, cast("Operator", name), one) for name, one in value.items()])
    return Comparison(field, "in" if isinstance(value, list) else "eq", value)
