"""Filters on passages in Chroma's language."""

from collections.abc import Mapping
from typing import Any

from app.common.filters import Comparison, PassageFilter

Where = Mapping[str, Any]
"""Chroma's filter on the metadata of chunks."""

_KEYS = {"chunk_index": "index"}
"""Fields that have another name in a chunk's metadata."""


def to_where(wanted: PassageFilter) -> Where:
    """Translate a filter that `checked_filter` has passed, or that is the service's own."""
    if isinstance(wanted, Comparison):
        return {_KEYS.get(wanted.field, wanted.field): {f"${wanted.operator}": wanted.value}}
    parts = [to_where(part) for part in wanted.parts]
    return parts[0] if len(parts) == 1 else {f"${wanted.operator}": parts}  # Chroma wants two or more
