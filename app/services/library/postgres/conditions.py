"""Filters on parts in SQL. Values of callers are bound, never written into a statement."""

from collections.abc import Callable, Mapping
from itertools import count

from app.common.filters import Comparison, Compound, PassageFilter

_COLUMNS: Mapping[str, str] = {
    "document_id": "document_id",
    "source": "source",
    "page": "page",
    "chunk_index": "coalesce(number, place)",
}
_ORDER: Mapping[str, str] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def condition(where: PassageFilter) -> tuple[str, dict[str, object]]:
    """Return the condition on `passages` that a checked filter stands for, with its parameters.

    It may look at sections, pages and chunks, and at a document's id and name.
    """
    parameters: dict[str, object] = {}
    names = (f"value_{number}" for number in count())

    def bound(value: object) -> str:
        name = next(names)
        parameters[name] = value
        return f":{name}"

    return _condition(where, bound), parameters


def _condition(where: PassageFilter, bound: Callable[[object], str]) -> str:
    if isinstance(where, Compound):
        return "(" + f" {where.operator} ".join(_condition(part, bound) for part in where.parts) + ")"
    if where.operator in _ORDER:
        return f"{_COLUMNS[where.field]} {_ORDER[where.operator]} {bound(where.value)}"
    held = _among(where, bound)
    return f"NOT ({held})" if where.operator in ("ne", "nin") else held


def _among(where: Comparison, bound: Callable[[object], str]) -> str:
    values = bound(list(where.values))
    if where.field == "section":
        # A part may reach into several: each of them counts.
        return f"section = ANY({values}) OR sections && CAST({values} AS text[])"
    return f"{_COLUMNS[where.field]} = ANY({values})"
