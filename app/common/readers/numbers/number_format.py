"""Number formats of spreadsheets, such as `#,##0.00 "kg";[Red]-0%`: what a sheet shows for a number or a text."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from app.common.readers.numbers.date_format import DateFormat
from app.common.readers.numbers.digits import Digits, digits_of
from app.common.readers.numbers.format_tokens import LONGEST, Token, literal, sections

_LANGUAGE = re.compile(r"\[\$[^\[\]-]*-([0-9A-Fa-f]{1,8})[\],]")
_CONDITION = re.compile(r"([<>=]{1,2})\s*(-?\d{1,15}(?:\.\d{1,15})?)")
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda number, limit: number < limit,
    "<=": lambda number, limit: number <= limit,
    ">": lambda number, limit: number > limit,
    ">=": lambda number, limit: number >= limit,
    "=": lambda number, limit: number == limit,
    "<>": lambda number, limit: number != limit,
}


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the up to four parts of a format; `condition` says which numbers it is for, if it says so itself."""

    condition: tuple[str, Decimal] | None
    dates: DateFormat | None
    digits: Digits | None
    text: tuple[str, str] | None
    literal: str
    general: bool

    def matches(self, number: Decimal) -> bool:
        """Whether the condition holds; True without one."""
        return self.condition is None or _COMPARE[self.condition[0]](number, self.condition[1])


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format other than the general one."""

    sections: tuple[_Section, ...]

    def number(self, number: float, *, since_1904: bool) -> str | None:
        """Return a number as it is shown; None where that is the general way."""
        exact = Decimal(f"{number:.15g}")
        section, sign = self._section(exact)
        if section.dates is not None:
            return section.dates.show(number, since_1904=since_1904)
        if section.general:
            return None
        if section.digits is not None:
            shown = section.digits.show(abs(exact))
            return sign + shown if any(digit in shown for digit in "123456789") else shown
        return section.literal.strip()

    def moment(self, number: float, *, since_1904: bool) -> str | None:
        """Return the date, and the time, that a number is shown as; empty for a time alone, None for a number."""
        dates = self._section(Decimal(f"{number:.15g}"))[0].dates
        return None if dates is None else dates.iso(number, since_1904=since_1904)

    def words(self, text: str) -> str:
        """Return a text as it is shown."""
        around = next((section.text for section in reversed(self.sections) if section.text is not None), ("", ""))
        return f"{around[0]}{text}{around[1]}".strip() if any(around) else text

    def _section(self, number: Decimal) -> tuple[_Section, str]:
        """Return the section for a number, and the minus sign when that is not part of it."""
        numeric = self.sections[:3]
        if any(section.condition for section in numeric):
            found = next((section for section in numeric if section.matches(number)), numeric[-1])
            return found, "-" if number < 0 and not (found.condition and found.condition[0][0] == "<") else ""
        if number < 0 and len(numeric) > 1:
            return numeric[1], ""
        if number == 0 and len(numeric) > 2:
            return numeric[2], ""
        return numeric[0], "-" if number < 0 else ""


@lru_cache(maxsize=1000)
def number_format(code: str) -> NumberFormat | None:
    """Return the format of a code; None for the general one, and for one that is longer than any program writes."""
    if len(code) > LONGEST or code.strip().lower() in ("", "general", "@"):
        return None
    language = _LANGUAGE.search(code)
    english = language is None or int(language[1], 16) & 0xFF in (0, 9)
    return NumberFormat(tuple(_section(tokens, english=english) for tokens in sections(code)[:4]))


def _section(tokens: list[Token], *, english: bool) -> _Section:
    condition = next((_condition(token.text) for token in tokens if token.kind == "condition"), None)
    shown = [token for token in tokens if token.kind != "condition"]
    kinds = {token.kind for token in shown}
    at = next((place for place, token in enumerate(shown) if token.kind == "at"), None)
    is_date = bool(kinds & {"date", "elapsed"}) and "general" not in kinds
    return _Section(
        condition,
        DateFormat(tuple(_as_date(shown)), english=english) if is_date else None,
        None if is_date else digits_of(shown),
        None if at is None else (literal(shown[:at]), literal(shown[at + 1 :])),
        literal(shown),
        "general" in kinds or "at" in kinds,
    )


def _as_date(tokens: list[Token]) -> list[Token]:
    """Places of digits, such as those of parts of a second, are text in a date."""
    return [token if token.kind in ("date", "elapsed", "half") else Token("text", token.text) for token in tokens]


def _condition(text: str) -> tuple[str, Decimal] | None:
    found = _CONDITION.fullmatch(text)
    return (found[1], Decimal(found[2])) if found and found[1] in _COMPARE else None
