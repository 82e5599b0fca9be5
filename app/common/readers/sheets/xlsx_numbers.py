"""Numbers of spreadsheets as a person sees them: a format decides whether 45000.5 is a number or noon of a day."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Literal

from lxml import etree

from app.common.readers.word.docx_styles import local_name

_Look = Literal["number", "percent", "date"]

_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_BUILT_IN_PERCENT = {9: 0, 10: 2}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_PERCENT_DIGITS = re.compile(r"\.(0+)%")
_LAST_DAY = 2_958_466  # of the year 9999
_SECONDS = 86_400
_FALSE_LEAP_DAY = 60  # spreadsheets count a 29 February 1900 that never was


class NumberFormats:
    """Shows the numbers of one workbook."""

    def __init__(self, looks: list[tuple[_Look, int]], *, since_1904: bool) -> None:
        self._looks = looks
        self._since_1904 = since_1904

    def show(self, value: str, style: str) -> str:
        """Return a stored number in the way of its style; what is no number stays as it is."""
        try:
            number = float(value)
        except ValueError:
            return value
        index = int(style) if style.isdecimal() else 0
        look, digits = self._looks[index] if index < len(self._looks) else ("number", 0)
        if not math.isfinite(number):
            return value
        if look == "percent":
            return f"{number * 100:.{digits}f}%"
        if look == "date" and 0 <= number < _LAST_DAY:
            return self._moment(number)
        return f"{number:.15g}" if "e" in value.lower() or "." in value else value

    def _moment(self, number: float) -> str:
        seconds = round(number * _SECONDS)
        days, rest = divmod(seconds, _SECONDS)
        clock = f"{rest // 3600:02}:{rest // 60 % 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
        if days == 0:
            return clock
        epoch = datetime(1904, 1, 1, tzinfo=UTC) if self._since_1904 else datetime(1899, 12, 30, tzinfo=UTC)
        early = not self._since_1904 and days < _FALSE_LEAP_DAY
        day = (epoch + timedelta(days=days + early)).date().isoformat()
        return f"{day} {clock}" if rest else day


def read_formats(styles: etree._Element | None, *, since_1904: bool) -> NumberFormats:
    """Return what the styles part of a workbook says; all is a plain number without one."""
    if styles is None:
        return NumberFormats([], since_1904=since_1904)
    codes = {
        entry.get("numFmtId", ""): entry.get("formatCode", "")
        for entry in styles.iter()
        if local_name(entry) == "numFmt"
    }
    cell_formats = next((element for element in styles if local_name(element) == "cellXfs"), ())
    return NumberFormats([_look(entry.get("numFmtId", "0"), codes) for entry in cell_formats], since_1904=since_1904)


def _look(identifier: str, codes: dict[str, str]) -> tuple[_Look, int]:
    if identifier not in codes:
        number = int(identifier) if identifier.isdecimal() else 0
        if number in _BUILT_IN_PERCENT:
            return "percent", _BUILT_IN_PERCENT[number]
        return ("date", 0) if number in _BUILT_IN_DATES else ("number", 0)
    code = _QUOTED.sub("", codes[identifier].partition(";")[0])
    if "%" in code:
        digits = _PERCENT_DIGITS.search(code)
        return "percent", len(digits[1]) if digits else 0
    plain = code.strip().lower() != "general" and _DATE_LETTERS.search(code)
    return ("date", 0) if plain else ("number", 0)
