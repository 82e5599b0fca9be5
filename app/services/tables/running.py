"""Running a checked plan on its table: read only, for a bounded time, and for a bounded number of rows."""

import sqlite3
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.tables.plan import Condition, Plan, PlanRefused
from app.services.tables.reading import TableReader

SECONDS = 2.0
MOST_ROWS_TOLD = 1000
"""Rows of which number and place are told."""

_STEPS = 10_000
_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_AGGREGATE = {"sum": "total(v)", "avg": "avg(v)", "min": "min(v)", "max": "max(v)", "count": "count(*)"}
_PERIOD = {
    "year": "substr({v}, 1, 4)",
    "month": "substr({v}, 1, 7)",
    "quarter": "substr({v}, 1, 4) || '-Q' || ((CAST(substr({v}, 6, 2) AS INTEGER) + 2) / 3)",
}
_FUNCTIONS = frozenset(
    ("total", "avg", "min", "max", "count", "substr", "folded", "instr", "coalesce", "like", "length")
)
_ALLOWED = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ))


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a measure: of a group, if there are groups, and in a unit, if its numbers have one."""

    group: str
    value: float | str
    unit: str


@dataclass(frozen=True, slots=True)
class UsedRow:
    """A row that a result rests on: its number in the file, and the place of its line in the document's text."""

    number: int
    start: int
    end: int
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a plan gives: `figures` with a measure, else the cells of `rows`.

    `matched` counts all rows it rests on, `groups` all groups with a figure, of which the plan's limit are told.
    """

    figures: tuple[Figure, ...]
    rows: tuple[UsedRow, ...]
    matched: int
    groups: int = 0


def run_plan(reader: TableReader, plan: Plan) -> Result:
    """Run the plan. Raises PlanRefused when it takes too long."""
    database = reader.database
    database.create_function("folded", 1, folded, deterministic=True)
    ends = time.monotonic() + SECONDS
    database.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    database.set_authorizer(_authorise)
    try:
        return _run(database, plan)
    except sqlite3.Error as exc:
        raise PlanRefused("The plan cannot be run on its table, or takes too long.") from exc


def folded(value: str | None) -> str | None:
    """Return text as it is compared: small letters, accents kept, white space as one space."""
    return None if value is None else " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _authorise(action: int, _name: str | None, function: str | None, *_: str | None) -> int:
    named = action == sqlite3.SQLITE_FUNCTION and function in _FUNCTIONS
    return sqlite3.SQLITE_OK if action in _ALLOWED or named else sqlite3.SQLITE_DENY


def _run(database: sqlite3.Connection, plan: Plan) -> Result:
    where, values = _where(plan)
    source = f"FROM rows_{plan.table.number} WHERE {where}"
    matched = database.execute(f"SELECT count(*) {source}", values).fetchone()[0]
    cells = ", ".join(["number", "start", "stop", *(f"s{column.place}" for column in plan.show)])
    most = MOST_ROWS_TOLD if plan.measure else plan.limit
    found = database.execute(f"SELECT {cells} {source} {_row_order(plan)} LIMIT {most}", values).fetchall()
    rows = tuple(UsedRow(number, start, stop, tuple(c or "" for c in shown)) for number, start, stop, *shown in found)
    if plan.measure is None:
        return Result((), rows, matched)
    figures, groups = _figures(database, plan, source, values)
    return Result(tuple(figures), rows, matched, groups)


def _where(plan: Plan) -> tuple[str, list[str | float]]:
    parts, values = ["total = 0"], list[str | float]()
    for condition in plan.where:
        part, given = _condition(condition)
        parts.append(part)
        values += given
    if plan.of is not None:
        parts.append(f"{_worth(plan.of.kind, plan.of.place)} IS NOT NULL")
    if plan.order_by not in (None, "measure") and plan.measure is None:
        assert not isinstance(plan.order_by, str)
        assert plan.order_by is not None
        parts.append(f"{_worth(plan.order_by.kind, plan.order_by.place)} IS NOT NULL")
    return " AND ".join(parts), values


def _worth(kind: str, place: int) -> str:
    return f"s{place}" if kind == "text" else f"v{place}"


def _condition(condition: Condition) -> tuple[str, Sequence[str | float]]:
    column, operator, values = condition.column, condition.operator, condition.values
    worth = _worth(column.kind, column.place)
    if operator in ("empty", "filled"):
        return f"{worth} IS {'NOT ' if operator == 'filled' else ''}NULL", ()
    if operator == "contains":
        return f"instr(folded({worth}), folded(?)) > 0", values
    if operator == "in":
        each = [_compared(column.kind, worth, "eq", value) for value in values]
        return f"({' OR '.join(each)})", values
    negated = f" OR {worth} IS NULL" if operator == "ne" else ""
    return f"({_compared(column.kind, worth, operator, values[0])}{negated})", values


def _compared(kind: str, worth: str, operator: str, value: str | float) -> str:
    sign = _COMPARE[operator]
    if kind == "text":
        return f"folded({worth}) {sign} folded(?)"
    # 2024-03 stands for all of that month.
    return f"substr({worth}, 1, {len(str(value))}) {sign} ?" if kind == "date" else f"{worth} {sign} ?"


def _row_order(plan: Plan) -> str:
    if plan.measure is not None or plan.order_by is None or isinstance(plan.order_by, str):
        return "ORDER BY row"
    direction = "DESC" if plan.descending else "ASC"
    return f"ORDER BY {_worth(plan.order_by.kind, plan.order_by.place)} {direction}, row"


def _figures(
    database: sqlite3.Connection, plan: Plan, source: str, values: Sequence[str | float]
) -> tuple[list[Figure], int]:
    """Return one figure for each group and unit, and how many there are.

    Amounts of different units are never added up.
    """
    of, group = plan.of, plan.group_by
    numeric = of is not None and of.kind in ("number", "currency") and plan.measure != "count"
    unit = f"u{of.place}" if numeric and of else "''"
    key = "''" if group is None else _worth(group.kind, group.place)
    if plan.period and group is not None:
        key = _PERIOD[plan.period].format(v=key)
    elif group is not None:
        key = f"s{group.place}"
    measure = _AGGREGATE[plan.measure or "count"].replace("(v)", f"(v{of.place})" if of and of.kind != "text" else "")
    by_measure = plan.order_by == "measure"
    order = f"3 {'DESC' if plan.descending else 'ASC'}" if by_measure else "1"
    grouped = f"SELECT coalesce({key}, ''), {unit}, {measure} {source} GROUP BY 1, 2"
    found = database.execute(f"{grouped} ORDER BY {order} LIMIT {plan.limit}", values)
    figures = [Figure(str(name), value, shown or "") for name, shown, value in found]
    return figures, database.execute(f"SELECT count(*) FROM ({grouped})", values).fetchone()[0]
