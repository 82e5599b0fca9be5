"""Filters on documents in SQL. Values of callers are bound, never written into a statement."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from app.common.dates import moment_of
from app.common.filters import Comparison, Compound, PassageFilter, Scalar
from app.common.ids import ClientId
from app.services.catalog.schema import document_values, documents

_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "document_id": documents.c.document_id,
    "source": documents.c.filename,
    "type": documents.c.kind,
    "created_at": documents.c.created_at,
    "updated_at": documents.c.updated_at,
}
_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_VALUES = document_values.c


def condition(client_id: ClientId, where: PassageFilter) -> ColumnElement[bool]:
    """Return the condition on `documents` that a checked filter about documents stands for.

    It holds for documents of the client alone where it looks at labels; the caller's statement names the client too.
    """
    if isinstance(where, Compound):
        combine = and_ if where.operator == "and" else or_
        return combine(*(condition(client_id, part) for part in where.parts))
    column = _COLUMNS.get(where.field)
    held = _any_value(client_id, where) if column is None else _column(column, where)
    return not_(held) if where.operator in ("ne", "nin") else held


def _column(column: ColumnElement[Any], where: Comparison) -> ColumnElement[bool]:
    """Return whether a document's own column fits; for `ne` and `nin`, whether it is one of the values."""
    if where.operator in _ORDER:
        held: ColumnElement[bool] = _ORDER[where.operator](column, where.value)
        return held
    return _contains(column, where) if where.operator == "contains" else column.in_(where.values)


def _any_value(client_id: ClientId, where: Comparison) -> ColumnElement[bool]:
    """Return whether one of a document's labels fits; for `ne` and `nin`, whether one is among the values."""
    if where.operator in _ORDER:
        fits = _ordered(where)
    elif where.operator == "contains":
        listed = and_(_VALUES.listed == 1, _VALUES.text == where.value)
        fits = or_(listed, and_(_VALUES.listed == 0, _contains(_VALUES.text, where)))
    else:
        fits = _among(where.values)
    mine = _VALUES.client_id == client_id, _VALUES.field == where.field
    return documents.c.document_id.in_(select(_VALUES.document_id).where(*mine, fits))


def _ordered(where: Comparison) -> ColumnElement[bool]:
    value = where.values[0]
    kind, number = ("date", moment_of(value)) if isinstance(value, str) else ("number", float(value))
    return and_(_VALUES.kind == kind, _ORDER[where.operator](_VALUES.number, number))


def _among(values: Sequence[Scalar]) -> ColumnElement[bool]:
    """Return whether a label is one of these values: of the same type, and dates at the same moment."""
    texts = [value for value in values if isinstance(value, str)]
    moments = [moment for moment in map(moment_of, texts) if moment is not None]
    flags = [value for value in values if isinstance(value, bool)]
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    kinds = ("date", moments), ("boolean", list(map(int, flags))), ("number", numbers)
    found = [and_(_VALUES.kind == kind, _VALUES.number.in_(wanted)) for kind, wanted in kinds if wanted]
    return or_(false(), *found, *([_VALUES.text.in_(texts)] if texts else []))


def _contains(column: ColumnElement[Any], where: Comparison) -> ColumnElement[bool]:
    """Return whether a text holds another. LIKE would ignore case in one database and not in another."""
    return func.replace(column, where.value, "") != column
