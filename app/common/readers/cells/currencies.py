"""Amounts whose currency stands in a column of its own."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

from app.common.readers.cells.amounts import is_currency, unit_name
from app.common.readers.raw import Column, Table

_MOSTLY = 0.5
_CENTS = 2
_MONEY = re.compile(
    r"amount|price|\bcosts?\b|\bnet\b|gross|\bfees?\b|revenue|sales|budget|betrag|preis|kosten|netto|brutto|umsatz|montant"
    r"|\bprix\b|co[uû]t|importe|precio|costo|importo|prezzo|金额|价格|金額|価格",
    re.IGNORECASE,
)


def with_currencies(table: Table) -> Table:
    """Return a table with kinds, the currency that a column names for each row being the unit of the row's amounts.

    So amounts of two currencies are not added up. A table with several such columns stays as it is.
    """
    found = _currency_columns(table)
    amounts = _amounts(table, found[0]) if len(found) == 1 else []
    if not amounts:
        return table
    columns = tuple(Column("currency", c.decimals) if n in amounts else c for n, c in enumerate(table.columns))
    units = [unit_name(cell) for cell in _cells(table, found[0])]
    values = tuple(_with_unit(row, amounts, unit) for row, unit in zip(table.values, units, strict=True))
    return replace(table, columns=columns, values=values)


def _with_unit(row: Sequence[str], amounts: Sequence[int], unit: str) -> tuple[str, ...]:
    return tuple(f"{cell} {unit}".rstrip() if n in amounts and cell else cell for n, cell in enumerate(row))


def _cells(table: Table, place: int) -> list[str]:
    return [row[place] if place < len(row) else "" for row in table.rows]


def _currency_columns(table: Table) -> list[int]:
    """Return the columns in which nothing but currencies stands; rows of totals may have none."""
    able = {place for place, column in enumerate(table.columns) if column.kind == "text"}
    filled = Counter[int]()
    for row in table.rows:
        # Only the filled cells are gone over: a sheet may be wide and nearly empty.
        for place in compress(range(len(row)), row):
            if place in able:
                filled[place] += 1
                if not is_currency(unit_name(row[place])):
                    able.remove(place)
    return [place for place in sorted(able) if filled[place] >= max(1, _MOSTLY * len(table.rows))]


def _amounts(table: Table, currency: int) -> list[int]:
    """Return the columns of money: named so, with two decimals, or beside the currency. None has a unit of its own."""
    plain = [
        place
        for place, column in enumerate(table.columns)
        if column.kind == "number" and not any(" " in row[place] for row in table.values)
    ]
    beside = [place for place in (currency - 1, currency + 1) if place in plain]
    precise = [place for place in plain if table.columns[place].decimals == _CENTS]
    nearest = [place for place in beside if place in precise] or beside
    named = [place for place in plain if place < len(table.header) and _MONEY.search(table.header[place])]
    return sorted({*nearest[:1], *precise, *named})
