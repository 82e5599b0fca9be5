"""Filters on passages: what a search may be narrowed to, whichever store it runs on.

Some fields belong to a document as a whole (its id, name, type, dates, tags, metadata), others to a passage of it
(page, section, chunk). A field may have several values, or none: `eq`, `in` and `contains` hold when one of them fits,
`ne` and `nin` are their exact opposites, so they hold for what has no such key too. Values of different types are never
equal.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard

from app.common.dates import moment_of
from app.common.errors import InvalidInput

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "contains"]
Scalar = str | int | float | bool

MAX_COMPARISONS = 64
MAX_DEPTH = 10
MAX_VALUES = 100
MAX_TEXT = 1000
MAX_NUMBER = 2**31 - 1
MAX_METADATA_NUMBER = 2**53

METADATA = "metadata."
"""Stands before a key of metadata, so that one may have the name of a field."""

FIELDS: Mapping[str, str] = {
    "document_id": "document_id",
    "file_id": "document_id",
    "source": "source",
    "filename": "source",
    "name": "source",
    "type": "type",
    "tags": "tags",
    "created_at": "created_at",
    "uploaded_at": "created_at",
    "updated_at": "updated_at",
    "section": "section",
    "page": "page",
    "chunk_index": "chunk_index",
}
"""What callers may call the fields, and what stores call them."""
PASSAGE_FIELDS = frozenset({"section", "page", "chunk_index"})

_ORDER = frozenset({"gt", "gte", "lt", "lte"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a value, or with several for `in` and `nin`."""

    field: str
    operator: Operator
    value: Scalar | Sequence[Scalar]

    @property
    def values(self) -> Sequence[Scalar]:
        """The value or the values, as a sequence."""
        return [self.value] if isinstance(self.value, Scalar) else self.value


@dataclass(frozen=True, slots=True)
class Compound:
    """Filters of which all have to hold, or any one. There is at least one."""

    operator: Literal["and", "or"]
    parts: Sequence["PassageFilter"]


PassageFilter = Comparison | Compound


def within_document(document_id: str, where: PassageFilter | None = None) -> PassageFilter:
    """Return the filter that lets through what `where` does of one document."""
    this = Comparison("document_id", "eq", document_id)
    return this if where is None else Compound("and", (this, where))


def is_about_documents(where: PassageFilter) -> bool:
    """Whether a filter lets through documents as a whole."""
    if isinstance(where, Compound):
        return all(map(is_about_documents, where.parts))
    return where.field not in PASSAGE_FIELDS


def checked_filter(wanted: PassageFilter) -> PassageFilter:
    """Return a caller's filter as stores know it: fields by their own names, values of the type their field has.

    The fields are then those that FIELDS leads to, and `metadata.` with a key; created_at and updated_at are compared
    with seconds since the epoch. Raises InvalidInput for others, for values of the wrong type, and for too many of
    them or too deep a nesting: nothing else of a caller's may reach a store.
    """
    if _size(wanted, MAX_DEPTH) > MAX_COMPARISONS:
        raise _wrong(f"A filter may hold at most {MAX_COMPARISONS} comparisons.")
    return _checked(wanted)


def checked_document_filter(wanted: PassageFilter) -> PassageFilter:
    """Return the same for a list of documents. Raises InvalidInput also for fields that only passages have."""
    checked = checked_filter(wanted)
    if not is_about_documents(checked):
        raise _wrong("Documents are not listed by page, section or chunk_index: search for passages by them.")
    return checked


def _checked(wanted: PassageFilter) -> PassageFilter:
    if isinstance(wanted, Comparison):
        return _comparison(wanted)
    if not wanted.parts:
        raise _wrong("A compound filter needs at least one filter in it.")
    return Compound(wanted.operator, [_checked(part) for part in wanted.parts])


def _comparison(wanted: Comparison) -> Comparison:
    field = _field(wanted.field)
    check = _CHECKS.get(field, _metadata)
    if wanted.operator not in ("in", "nin"):
        return Comparison(field, wanted.operator, check(wanted, wanted.value))
    if not isinstance(wanted.value, list | tuple) or not 1 <= len(wanted.value) <= MAX_VALUES:
        raise _wrong(f"The operators 'in' and 'nin' take a list of 1 to {MAX_VALUES} values.")
    return Comparison(field, wanted.operator, [check(wanted, value) for value in wanted.value])


def _field(name: str) -> str:
    if name in FIELDS:
        return FIELDS[name]
    key = unicodedata.normalize("NFC", name.removeprefix(METADATA))
    if not name.startswith(METADATA) or not key or len(key) > MAX_TEXT or not _is_unicode(key):
        raise _wrong(f"Filters know the fields {', '.join(FIELDS)}, and keys of metadata as {METADATA}KEY.")
    return METADATA + key


def _identity(wanted: Comparison, value: object) -> str:
    if wanted.operator == "contains":
        raise _wrong(f"{wanted.field} is compared as a whole: with eq, ne, in or nin.")
    return _whole_text(wanted, value)


def _type(wanted: Comparison, value: object) -> str:
    return _identity(wanted, value).lower()


def _whole_text(wanted: Comparison, value: object) -> str:
    if wanted.operator in _ORDER:
        raise _wrong(f"{wanted.field} is text: compare it with eq, ne, in or nin.")
    return _text(wanted, value)


def _text(wanted: Comparison, value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _is_unicode(value):
        raise _wrong(f"{wanted.field} is compared with a text of at most {MAX_TEXT} characters.")
    if wanted.operator == "contains" and not value:
        raise _wrong("The operator 'contains' takes a text that is not empty.")
    return unicodedata.normalize("NFC", value)  # as names, headings and labels are stored


def _number(wanted: Comparison, value: object) -> int:
    # 3.0 is a whole number too: some languages know no other kind. True is not, though Python says so.
    if wanted.operator != "contains" and _is_number(value) and 0 <= value <= MAX_NUMBER and float(value).is_integer():
        return int(value)
    raise _wrong(f"{wanted.field} is compared with whole numbers from 0 to {MAX_NUMBER}.")


def _moment(wanted: Comparison, value: object) -> float:
    moment = moment_of(value) if isinstance(value, str) else value
    if wanted.operator != "contains" and _is_number(moment) and _is_in_range(moment):
        return float(moment)
    raise _wrong(f"{wanted.field} is compared with a date, such as 2026-05-01, or seconds since 1970.")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_in_range(number: float) -> bool:
    return abs(number) <= MAX_METADATA_NUMBER and math.isfinite(number)  # in this order: no float holds 10**400


def _metadata(wanted: Comparison, value: object) -> Scalar:
    """Return what a key of metadata is compared with: its type decides which values of documents it can fit."""
    if wanted.operator == "contains":
        return _text(wanted, value)
    if isinstance(value, bool):
        if wanted.operator in _ORDER:
            raise _wrong("true and false are compared with eq, ne, in or nin.")
        return value
    if _is_number(value):
        if not _is_in_range(value):
            raise _wrong(f"Numbers in filters lie between -{MAX_METADATA_NUMBER} and {MAX_METADATA_NUMBER}.")
        return value
    text = _text(wanted, value)
    if wanted.operator in _ORDER and moment_of(text) is None:
        raise _wrong(f"The operator '{wanted.operator}' takes a number or a date, such as 2026-05-01.")
    return text


_CHECKS: Mapping[str, Callable[[Comparison, object], Scalar]] = {
    "document_id": _identity,
    "source": _whole_text,
    "type": _type,
    "tags": _whole_text,
    "created_at": _moment,
    "updated_at": _moment,
    "section": _identity,
    "page": _number,
    "chunk_index": _number,
}


def _size(wanted: PassageFilter, depth: int) -> int:
    """Count comparisons and compounds. Raises InvalidInput for what is nested deeper than `depth`."""
    if isinstance(wanted, Comparison):
        return 1
    if not depth:
        raise _wrong(f"Filters may be nested {MAX_DEPTH} deep.")
    return 1 + sum(_size(part, depth - 1) for part in wanted.parts)


def _is_unicode(text: str) -> bool:
    """Whether a store can hold the text: no NUL, no half of a surrogate pair."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code="invalid_filter")
