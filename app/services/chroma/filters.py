"""Filters on passages in Chroma's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.common.filters import Comparison, Operator, PassageFilter, Scalar

Where = Mapping[str, Any]
"""Chroma's filter on the metadata of chunks."""

_KEYS = {"chunk_index": "index"}
"""Fields that have another name in a chunk's metadata."""


def to_where(wanted: PassageFilter) -> Where:
    """Translate a filter that `checked_filter` has passed, or that is the service's own."""
    if isinstance(wanted, Comparison):
        return _comparison(wanted)
    parts = [to_where(part) for part in wanted.parts]
    return parts[0] if len(parts) == 1 else {f"${wanted.operator}": parts}  # Chroma wants two or more


def _comparison(wanted: Comparison) -> Where:
    found = {_KEYS.get(wanted.field, wanted.field): {f"${wanted.operator}": wanted.value}}
    if wanted.field != "section":
        return found
    value = wanted.value
    return _any_section(found, wanted.operator, [value] if isinstance(value, Scalar) else value)


def _any_section(found: Where, operator: Operator, sections: Sequence[Scalar]) -> Where:
    """Widen a filter on the section to passages that reach into several: each of them counts."""
    without = operator in ("ne", "nin")
    among = [{"sections": {"$not_contains" if without else "$contains": section}} for section in sections]
    return {"$and" if without else "$or": [found, *among]}
