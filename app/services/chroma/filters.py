"""Filters on passages: what callers may ask for, translated into the vector store's language.

Nothing of a caller's reaches the store but values of the type their field has: neither names of other fields nor the
store's own operators.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.common.errors import InvalidInput
from app.services.chroma.collections import Where

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
Scalar = str | int | float | bool

MAX_COMPARISONS = 64
MAX_VALUES = 100
MAX_TEXT = 1000
MAX_NUMBER = 2**31 - 1

TEXT_FIELDS: Mapping[str, str] = {
    "document_id": "document_id",
    "file_id": "document_id",
    "source": "source",
    "filename": "source",
    "section": "section",
}
NUMBER_FIELDS: Mapping[str, str] = {"page": "page", "chunk_index": "index"}
_FIELDS = {**TEXT_FIELDS, **NUMBER_FIELDS}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a value, or with several for `in` and `nin`."""

    field: str
    operator: Operator
    value: Scalar | Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class Compound:
    """Filters of which all have to hold, or any one."""

    operator: Literal["and", "or"]
    parts: Sequence["PassageFilter"]


PassageFilter = Comparison | Compound


def to_where(wanted: PassageFilter) -> Where:
    """Translate a filter; raises InvalidInput for unknown fields, values of the wrong type, or too many of them."""
    if _size(wanted) > MAX_COMPARISONS:
        raise _wrong(f"A filter may hold at most {MAX_COMPARISONS} comparisons.")
    return _where(wanted)


def _where(wanted: PassageFilter) -> Where:
    if isinstance(wanted, Comparison):
        return _comparison(wanted)
    parts = [_where(part) for part in wanted.parts]
    if not parts:
        raise _wrong("A compound filter needs at least one filter in it.")
    return parts[0] if len(parts) == 1 else {f"${wanted.operator}": parts}  # the store wants two or more


def _comparison(wanted: Comparison) -> Where:
    if wanted.field not in _FIELDS:
        raise _wrong(f"Filters know the fields {', '.join(_FIELDS)}.")
    value = _values(wanted) if wanted.operator in ("in", "nin") else _value(wanted, wanted.value)
    found: Where = {_FIELDS[wanted.field]: {f"${wanted.operator}": value}}
    if wanted.field != "section":
        return found
    return _any_section(found, wanted.operator, value if isinstance(value, list) else [value])


def _any_section(found: Where, operator: Operator, sections: Sequence[str | int]) -> Where:
    """Widen a filter on the section to passages that reach into several: each of them counts."""
    without = operator in ("ne", "nin")
    among = [{"sections": {"$not_contains" if without else "$contains": section}} for section in sections]
    return {"$and" if without else "$or": [found, *among]}


def _values(wanted: Comparison) -> list[str | int]:
    if not isinstance(wanted.value, list | tuple) or not 1 <= len(wanted.value) <= MAX_VALUES:
        raise _wrong(f"The operators 'in' and 'nin' take a list of 1 to {MAX_VALUES} values.")
    return [_value(wanted, value) for value in wanted.value]


def _value(wanted: Comparison, value: object) -> str | int:
    if wanted.field in NUMBER_FIELDS:
        return _number(wanted.field, value)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _wrong(f"{wanted.field} is compared with a text of at most {MAX_TEXT} characters.")
    if wanted.operator in ("gt", "gte", "lt", "lte"):
        raise _wrong(f"{wanted.field} is text: compare it with eq, ne, in or nin.")
    return unicodedata.normalize("NFC", value)  # as names and headings are stored


def _number(field: str, value: object) -> int:
    # 3.0 is a whole number too: some languages know no other kind. True is not, though Python says so.
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if 0 <= number <= MAX_NUMBER and number.is_integer():
            return int(number)
    raise _wrong(f"{field} is compared with whole numbers from 0 to {MAX_NUMBER}.")


def _size(wanted: PassageFilter) -> int:
    return 1 if isinstance(wanted, Comparison) else 1 + sum(map(_size, wanted.parts))


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code="invalid_filter")
