"""Moments and durations of spreadsheets. Whole dates are shown as ISO dates, which say the same in every country."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from app.common.readers.numbers.format_tokens import Token

_LAST_DAY = 2_958_466  # of the year 9999
_SECONDS = 86_400
_FALSE_LEAP_DAY = 60  # spreadsheets count a 29 February 1900 that never was
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = 3  # letters from which on a month or a day is written with its name
_NOON = 12


class _Moment(NamedTuple):
    """A stored number taken apart; `milliseconds` are those of the day, `days` the whole number of days."""

    day: date
    days: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class DateFormat:
    """The tokens of a section that shows a moment or a duration."""

    tokens: tuple[Token, ...]
    english: bool

    def show(self, number: float, *, since_1904: bool) -> str | None:
        """Return the moment as it is shown; None for a number that is none."""
        if not 0 <= number < _LAST_DAY and not self._is_duration:
            return None
        moment = _moment(abs(number), since_1904=since_1904, exact=self._shows_fractions)
        letters = self._letters()
        if moment is None:
            return None
        if {"y", "m", "d"} <= letters or (not self.english and self._named):
            return _iso(moment, letters)
        sign = "-" if number < 0 else ""
        return sign + "".join(self._token(place, token, moment) for place, token in enumerate(self.tokens)).strip()

    def iso(self, number: float, *, since_1904: bool) -> str:
        """Return the moment as an ISO date, with the time of day if that is shown; empty if it is not a date."""
        letters = self._letters()
        moment = _moment(number, since_1904=since_1904, exact=False) if 0 <= number < _LAST_DAY else None
        return _iso(moment, letters) if moment and letters & {"y", "m", "d"} and not self._is_duration else ""

    @property
    def _is_duration(self) -> bool:
        return any(token.kind == "elapsed" for token in self.tokens)

    @property
    def _shows_fractions(self) -> bool:
        return any(token.kind == "date" and "." in token.text for token in self.tokens)

    @property
    def _named(self) -> bool:
        return any(
            token.kind == "date" and token.text[0] in "md" and len(token.text) >= _NAMED for token in self.tokens
        )

    def _letters(self) -> set[str]:
        """Return which parts of a moment are shown: y, m, d, h, s, and `minute`."""
        found = {token.text[0].lower() for token in self.tokens if token.kind in ("date", "elapsed")} - {"m"}
        for place, token in enumerate(self.tokens):
            if token.kind == "date" and token.text[0] in "mM":
                found.add("minute" if self._is_minute(place) else "m")
        return found

    def _is_minute(self, place: int) -> bool:
        """Whether an `m` beside hours or seconds means minutes."""
        if len(self.tokens[place].text) > 2:
            return False
        units = [(n, token.text[0].lower()) for n, token in enumerate(self.tokens) if token.kind in ("date", "elapsed")]
        at = next(index for index, (n, _) in enumerate(units) if n == place)
        return (at > 0 and units[at - 1][1] == "h") or (at + 1 < len(units) and units[at + 1][1] == "s")

    def _token(self, place: int, token: Token, moment: _Moment) -> str:
        if token.kind == "elapsed":
            return _elapsed(token.text.lower(), moment)
        if token.kind == "half":
            half = "PM" if moment.milliseconds >= _NOON * 3_600_000 else "AM"
            return half if len(token.text) > 3 else half[0]
        if token.kind != "date":
            return token.text
        text = token.text.lower()
        if text[0] == "m" and self._is_minute(place):
            return str(moment.milliseconds // 60_000 % 60).rjust(len(text), "0")
        return self._clock(text, moment) if text[0] in "hs" else _calendar(text, moment.day)

    def _clock(self, text: str, moment: _Moment) -> str:
        if text[0] == "h":
            hour = moment.milliseconds // 3_600_000
            if any(token.kind == "half" for token in self.tokens):
                hour = (hour - 1) % _NOON + 1
            return str(hour).rjust(len(text), "0")
        places = len(text.partition(".")[2])
        seconds = str(moment.milliseconds // 1000 % 60).rjust(len(text.partition(".")[0]), "0")
        return f"{seconds}.{moment.milliseconds % 1000:03}"[: len(seconds) + 1 + places] if places else seconds


def _calendar(text: str, day: date) -> str:
    if text[0] == "y":
        return f"{day.year % 100:02}" if len(text) <= 2 else str(day.year)
    number, names = (day.month, _MONTHS) if text[0] == "m" else (day.day, _DAYS)
    if len(text) < _NAMED:
        return str(number).rjust(len(text), "0")
    name = names[day.month - 1] if text[0] == "m" else names[day.weekday()]
    if len(text) == _NAMED:
        return name[:3]
    return name[0] if text[0] == "m" and len(text) > 4 else name


def _elapsed(text: str, moment: _Moment) -> str:
    whole = moment.days * _SECONDS * 1000 + moment.milliseconds
    unit = {"h": 3_600_000, "m": 60_000, "s": 1000}[text[0]]
    return str(whole // unit).rjust(len(text), "0")


def _iso(moment: _Moment, letters: set[str]) -> str:
    day = moment.day.isoformat() if "d" in letters or "m" not in letters else moment.day.isoformat()[:7]
    seconds = moment.milliseconds // 1000
    if not letters & {"h", "minute", "s"} or (moment.milliseconds == 0 and "h" in letters):
        return day
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}" + (f":{seconds % 60:02}" if seconds % 60 else "")
    return f"{day} {clock}"


def _moment(number: float, *, since_1904: bool, exact: bool) -> _Moment | None:
    milliseconds = round(number * _SECONDS * 1000)
    if not exact:
        milliseconds = round(milliseconds / 1000) * 1000
    days, rest = divmod(milliseconds, _SECONDS * 1000)
    if days > 100 * _LAST_DAY:
        return None
    epoch = datetime(1904, 1, 1, tzinfo=UTC) if since_1904 else datetime(1899, 12, 30, tzinfo=UTC)
    early = not since_1904 and days < _FALSE_LEAP_DAY
    shown = min(days + early, _LAST_DAY - 1500)
    return _Moment((epoch + timedelta(days=shown)).date(), days, rest)
