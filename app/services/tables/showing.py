"""Plans and results in words: the sentence of the answer, and the plan as a person reads it."""

from collections.abc import Mapping, Sequence

from app.services.tables.plan import DEFAULT_LIMIT, Condition, Measure, Plan
from app.services.tables.running import Figure, Result
from app.services.tables.types import ColumnInfo

_MEASURES: Mapping[str, Mapping[Measure, str]] = {
    "en": {"sum": "Sum", "count": "Count", "avg": "Average", "min": "Least", "max": "Greatest"},
    "de": {"sum": "Summe", "count": "Anzahl", "avg": "Durchschnitt", "min": "Kleinster Wert", "max": "Größter Wert"},
    "fr": {"sum": "Somme", "count": "Nombre", "avg": "Moyenne", "min": "Minimum", "max": "Maximum"},
    "es": {"sum": "Suma", "count": "Número", "avg": "Promedio", "min": "Mínimo", "max": "Máximo"},
    "it": {"sum": "Somma", "count": "Numero", "avg": "Media", "min": "Minimo", "max": "Massimo"},
    "zh": {"sum": "总和", "count": "数量", "avg": "平均值", "min": "最小值", "max": "最大值"},
    "ja": {"sum": "合計", "count": "件数", "avg": "平均", "min": "最小", "max": "最大"},
}
_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "contains": "contains", "in": "in"}
_MOST_RANGES = 20
_SHOWN = 80


def label_of(column: ColumnInfo) -> str:
    """Return a column's label, or its letter if it has none, as a spreadsheet has it."""
    return " ".join(column.label.split())[:_SHOWN] or _letters(column.place)


def plan_text(plan: Plan) -> str:
    """Return the plan as a person reads it: `sum of Amount; where Region = North; by month of Day`."""
    parts = [f"{plan.measure} of {label_of(plan.of) if plan.of else 'rows'}"] if plan.measure else []
    if not plan.measure:
        parts.append(f"rows with {', '.join(map(label_of, plan.show))}")
    if plan.where:
        parts.append(f"where {' and '.join(map(_condition, plan.where))}")
    if plan.group_by is not None:
        parts.append(f"for each {f'{plan.period} of ' if plan.period else ''}{label_of(plan.group_by)}")
    if plan.order_by is not None:
        by = plan.order_by if isinstance(plan.order_by, str) else label_of(plan.order_by)
        parts.append(f"{'greatest' if plan.descending else 'least'} {by} first, at most {plan.limit}")
    return "; ".join(parts)


def answer_lines(plan: Plan, result: Result, language: str) -> list[str]:
    """Return the lines of the answer."""
    conditions = f" ({'; '.join(map(_condition, plan.where))})" if plan.where else ""
    if plan.measure is None:
        rows = [", ".join(cell for cell in row.cells if cell) for row in result.rows]
        cut = plan.order_by is None and result.matched > len(rows)  # with an order, so many rows are asked for
        more = [f"… ({len(rows)}/{result.matched})"] if cut else []
        return [f"{', '.join(map(label_of, plan.show))}{conditions}:", *(f"- {row}" for row in rows), *more]
    words = _MEASURES.get(language, _MEASURES["en"])
    title = f"{words[plan.measure]}: {label_of(plan.of)}" if plan.of else words[plan.measure]
    if plan.group_by is None:
        return [f"{title}{conditions}: {', '.join(shown_value(plan, figure) for figure in result.figures) or '0'}"]
    lines = [f"- {figure.group}: {shown_value(plan, figure)}" for figure in result.figures]
    # Who asks for the first three gets three; who asks for all is told when there are more than are shown.
    cut = result.groups > len(lines) and (plan.order_by is None or plan.limit >= DEFAULT_LIMIT)
    return [f"{title}{conditions}:", *lines, *([f"… ({len(lines)}/{result.groups})"] if cut else [])]


def shown_value(plan: Plan, figure: Figure) -> str:
    """Return a figure as it is said: rounded as its column is, with its unit."""
    if plan.measure == "count" or plan.of is None or isinstance(figure.value, str):
        return str(figure.value)
    decimals = plan.of.decimals + (2 if plan.measure == "avg" else 0)
    if figure.unit == "%":
        return f"{_number(figure.value * 100, max(0, decimals - 2))}%"
    number = _number(figure.value, decimals)
    return f"{figure.unit}{number}" if figure.unit == "$" else f"{number} {figure.unit}".rstrip()


def row_ranges(numbers: Sequence[int]) -> str:
    """Return row numbers as ranges, such as `2-5, 9`; the first of them if there are many."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:_MOST_RANGES]]
    return ", ".join(shown) + (", ..." if len(ranges) > _MOST_RANGES else "")


def _condition(condition: Condition) -> str:
    name, values = label_of(condition.column), ", ".join(map(_plain, condition.values))
    if condition.operator in ("empty", "filled"):
        return f"{name} is {condition.operator}"
    return f"{name} {_SIGNS[condition.operator]} {values}"


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else _number(value, 6)


def _number(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals > 2 else text


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
