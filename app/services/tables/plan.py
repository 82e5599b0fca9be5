"""Query plans: what a model may ask of a table. Closed sets of operators, columns by their ids, nothing of SQL."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.common.errors import InvalidInput
from app.services.tables.types import ColumnInfo, TableInfo

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "contains", "in", "empty", "filled"]
Measure = Literal["sum", "count", "avg", "min", "max"]
Period = Literal["month", "quarter", "year"]

MOST_SHOWN = 50
"""Rows, or groups, of a result."""
DEFAULT_LIMIT = 20
"""How many of them where a plan does not say."""

_ORDERED = frozenset(("lt", "le", "gt", "ge"))
_NUMBERS = frozenset(("number", "currency"))
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?: \d\d:\d\d)?)?)?")
_ColumnId = Annotated[str, StringConstraints(pattern=r"^c[1-9]\d{0,2}$")]
_Scalar = bool | float | Annotated[str, StringConstraints(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Condition(_Strict):
    column: _ColumnId
    op: Operator
    value: _Scalar | Annotated[list[_Scalar], Field(max_length=20)] | None = None


class _Written(_Strict):
    """A plan as a model writes it."""

    table: Annotated[int, Field(ge=1)]
    where: Annotated[list[_Condition], Field(max_length=8)] = []
    measure: Measure | None = None
    of: _ColumnId | None = None
    group_by: _ColumnId | None = None
    period: Period | None = None
    show: Annotated[list[_ColumnId], Field(max_length=8)] = []
    order_by: _ColumnId | Literal["measure"] | None = None
    descending: bool = True
    limit: Annotated[int, Field(ge=1, le=MOST_SHOWN)] = DEFAULT_LIMIT


class PlanRefused(InvalidInput):
    """A plan that cannot be run; the sentence says why. No caller sees it: a search answers then."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a column; `values` fit its kind: several for `in`, none for `empty` and `filled`."""

    column: ColumnInfo
    operator: Operator
    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that was checked against its table: all columns are there, and of a kind that fits.

    With a `measure` it is one value, or one for each group; without, the rows themselves, with the columns `show`.
    """

    table: TableInfo
    where: tuple[Condition, ...] = ()
    measure: Measure | None = None
    of: ColumnInfo | None = None
    group_by: ColumnInfo | None = None
    period: Period | None = None
    show: tuple[ColumnInfo, ...] = ()
    order_by: ColumnInfo | Literal["measure"] | None = None
    descending: bool = True
    limit: int = DEFAULT_LIMIT


def read_plan(text: str, tables: Sequence[TableInfo]) -> Plan:
    """Return the plan that a model wrote for one of these tables, numbered from 1. Raises PlanRefused."""
    found = _OBJECT.search(text)
    try:
        written = _Written.model_validate(json.loads(found[0]) if found else None)
    except (ValueError, ValidationError, RecursionError) as exc:
        raise PlanRefused("The plan is not of the form that was asked for.") from exc
    if written.table > len(tables):
        raise PlanRefused("The plan names a table that was not offered.")
    return _checked(written, tables[written.table - 1])


def _checked(written: _Written, table: TableInfo) -> Plan:
    of = _column(table, written.of)
    group = _column(table, written.group_by)
    order: ColumnInfo | Literal["measure"] | None = "measure"
    if written.order_by != "measure":
        order = _column(table, written.order_by)
    if written.measure in ("sum", "avg") and (of is None or of.kind not in _NUMBERS):
        raise PlanRefused("Only columns of numbers have a sum or an average.")
    if written.measure in ("min", "max") and (of is None or of.kind not in {*_NUMBERS, "date"}):
        raise PlanRefused("Only columns of numbers and dates have a least and a greatest value.")
    if (written.measure is None and group is not None) or (order == "measure" and group is None):
        raise PlanRefused("A group needs a measure, and an order by the measure needs groups.")
    if written.period and (group is None or group.kind != "date"):
        raise PlanRefused("Only dates are grouped by a period.")
    show = tuple(column for name in written.show if (column := _column(table, name)))
    if written.measure is None and not show:
        show = table.columns[:8]
    return Plan(
        table,
        tuple(_condition(table, condition) for condition in written.where),
        written.measure,
        of,
        group,
        written.period,
        show,
        order,
        written.descending,
        written.limit,
    )


def _column(table: TableInfo, name: str | None) -> ColumnInfo | None:
    if name is None:
        return None
    place = int(name[1:]) - 1
    if place >= len(table.columns):
        raise PlanRefused("The plan names a column that the table does not have.")
    return table.columns[place]


def _condition(table: TableInfo, written: _Condition) -> Condition:
    column = _column(table, written.column)
    assert column is not None
    if written.op in ("empty", "filled"):
        return Condition(column, written.op, ())
    given = written.value if isinstance(written.value, list) else [written.value]
    if not given or (written.op != "in" and len(given) != 1):
        raise PlanRefused("A condition has one value, and `in` a list of them.")
    if written.op in _ORDERED and column.kind in ("text", "boolean"):
        raise PlanRefused("Only numbers and dates are more or less than others.")
    if written.op == "contains" and column.kind != "text":
        raise PlanRefused("Only text contains something.")
    return Condition(column, written.op, tuple(_value(column, value) for value in given))


def _value(column: ColumnInfo, value: object) -> str | float:
    if column.kind == "boolean" and isinstance(value, bool):
        return int(value)
    if column.kind in _NUMBERS and isinstance(value, float | int) and not isinstance(value, bool):
        return float(value)
    if column.kind == "date" and isinstance(value, str) and _DATE.fullmatch(value):
        return value
    if column.kind == "text" and isinstance(value, str | float | int) and not isinstance(value, bool):
        return f"{value:.15g}" if isinstance(value, float | int) else value
    raise PlanRefused("The value of a condition does not fit its column.")
