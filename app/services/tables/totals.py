"""Rows of a table that sum up others: counted with them, everything would count twice."""

import re
from collections.abc import Sequence

_TOTALS = frozenset(
    re.split(
        r"[|\n] *",
        """total|totals|grand total|sum|overall|in total|summe|gesamt|gesamtsumme|insgesamt|total général|total general
        ensemble|suma|suma total|totale|totale generale|somma|totaal|合计|总计|總計|合計|总和|計""",
    )
)
_SUBTOTALS = frozenset(
    (
        "subtotal",
        "sub-total",
        "sub total",
        "zwischensumme",
        "sous-total",
        "totale parziale",
        "subtotale",
        "小计",
        "小計",
    )
)
_AT_THE_END = 3


def total_rows(rows: Sequence[Sequence[str]], texts: Sequence[int]) -> set[int]:
    """Return the places of the rows that are totals of others: their first label says so.

    `texts` are the columns of text. A total stands among the last rows; a subtotal anywhere.
    """
    found = set()
    for place, row in enumerate(rows):
        labels = [row[column].strip(" :.").casefold() for column in texts if column < len(row) and row[column]]
        if labels[:1] and (labels[0] in _SUBTOTALS or (labels[0] in _TOTALS and place >= len(rows) - _AT_THE_END)):
            found.add(place)
    return found
