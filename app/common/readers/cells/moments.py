"""Dates as people write them: `2024-03-01`, `1.3.2024 14:30`, `March 1, 2024`. All together say which is the day."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

Order = Literal["day", "month"]

_CLOCK = r"(?:[T, ]{1,2}(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_FORMS = tuple(
    re.compile(form + _CLOCK)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<year>\d{4}) ?年 ?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?日",
        r"(?P<first>\d{1,2})(?P<sign>[./-])(?P<second_number>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ -](?:de |of )?(?P<name>[^\W\d_]{3,10})\.?,?[ -](?:del? )?"
        r"(?P<year>\d{4})",
        r"(?P<name>[^\W\d_]{3,10})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
    )
)
_MONTH = re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{2})|(?P<name>[^\W\d_]{3,10})\.?[ -](?P<named_year>\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(?:\d{4}|\d{2})\b.*")
_LONGEST = 40
_CENTURY = 70
_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio gen",
    "february feb februar février févr febrero febbraio",
    "march mar märz mrz mars marzo",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag",
    "june jun juni juin junio giugno giu",
    "july jul juli juillet juil julio luglio lug",
    "august aug août aout agosto ago",
    "september sep sept septembre septiembre settembre set",
    "october oct oktober okt octobre octubre ottobre ott",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic dicembre",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}


def order_of(texts: Iterable[str]) -> Order | None:
    """Return what stands first in dates such as `13/2/2024`; None if none of these tells."""
    orders = {order for text in texts if len(text) <= _LONGEST and (order := _order(text))}
    return orders.pop() if len(orders) == 1 else None


def _order(text: str) -> Order | None:
    found = _SLASHED.fullmatch(text)
    if found is None:
        return None
    return "day" if int(found[1]) > 12 else "month" if int(found[2]) > 12 else None


def read_moment(text: str, order: Order | None = None) -> str | None:
    """Return a date as `2024-03-01`, with the time of day if it has one, a month as `2024-03`; None for all else.

    Without an `order`, `1/2/2024` is none; dates with dots or dashes begin with the day.
    """
    if len(text) > _LONGEST:
        return None
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _moment(found.groupdict(), order)
    found = _MONTH.fullmatch(text)
    month = _month(found.groupdict()) if found else 0
    return f"{found['year'] or found['named_year']}-{month:02}" if found and 1 <= month <= 12 else None


def _moment(parts: dict[str, str | None], order: Order | None) -> str | None:
    year = int(parts["year"] or 0)
    if len(parts["year"] or "") == 2:
        year += 2000 if year < _CENTURY else 1900
    if first := parts.get("first"):
        order = "day" if parts["sign"] in (".", "-") else order
        if order is None:
            return None
        numbers = int(first), int(parts["second_number"] or 0)
        day, month = numbers if order == "day" else numbers[::-1]
    else:
        day, month = int(parts["day"] or 0), _month(parts)
    try:
        return date(year, month, day).isoformat() + _clock(parts)
    except ValueError:
        return None


def _month(parts: dict[str, str | None]) -> int:
    name = parts.get("name")
    return _MONTHS.get(name.lower(), 0) if name else int(parts.get("month") or 0)


def _clock(parts: dict[str, str | None]) -> str:
    if parts["hour"] is None:
        return ""
    second = f":{parts['second']}" if parts["second"] and parts["second"] != "00" else ""
    return f" {int(parts['hour']):02}:{parts['minute']}{second}"
