"""Filters on passages: what a search may be narrowed to, whichever store it runs on."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.common.errors import InvalidInput

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
Scalar = str | int | float | bool

MAX_COMPARISONS = 64
MAX_VALUES = 100
MAX_TEXT = 1000
MAX_NUMBER = 2**31 - 1

_TEXT_FIELDS: Mapping[str, str] = {
    "document_id": "document_id",
    "file_id": "document_id",
    "source": "source",
    "filename": "source",
    "section": "section",
}
_NUMBER_FIELDS: Mapping[str, str] = {"page": "page", "chunk_index": "chunk_index"}
_FIELDS = {**_TEXT_FIELDS, **_NUMBER_FIELDS}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a value, or with several for `in` and `nin`."""

    field: str
    operator: Operator
    value: Scalar | Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class Compound:
    """Filters of which all have to hold, or any one. There is at least one."""

    operator: Literal["and", "or"]
    parts: Sequence["PassageFilter"]


PassageFilter = Comparison | Compound


def checked_filter(wanted: PassageFilter) -> PassageFilter:
    """Return a caller's filter as stores know it: fields by their own names, values of the type their field has.

    The fields are then document_id, source, section, page and chunk_index. Raises InvalidInput for others, for values
    of the wrong type, and for too many of them: nothing else of a caller's may reach a store.
    """
    if _size(wanted) > MAX_COMPARISONS:
        raise _wrong(f"A filter may hold at most {MAX_COMPARISONS} comparisons.")
    return _checked(wanted)


def _checked(wanted: PassageFilter) -> PassageFilter:
    if isinstance(wanted, Comparison):
        return _comparison(wanted)
    if not wanted.parts:
        raise _wrong("A compound filter needs at least one filter in it.")
    return Compound(wanted.operator, [_checked(part) for part in wanted.parts])


def _comparison(wanted: Comparison) -> Comparison:
    if wanted.field not in _FIELDS:
        raise _wrong(f"Filters know the fields {', '.join(_FIELDS)}.")
    value = _values(wanted) if wanted.operator in ("in", "nin") else _value(wanted, wanted.value)
    return Comparison(_FIELDS[wanted.field], wanted.operator, value)


def _values(wanted: Comparison) -> list[str | int]:
    if not isinstance(wanted.value, list | tuple) or not 1 <= len(wanted.value) <= MAX_VALUES:
        raise _wrong(f"The operators 'in' and 'nin' take a list of 1 to {MAX_VALUES} values.")
    return [_value(wanted, value) for value in wanted.value]


def _value(wanted: Comparison, value: object) -> str | int:
    if wanted.field in _NUMBER_FIELDS:
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
