"""Numbers as people write them: `1.234,56 €`, `(1,200)`, `12 kg`, `5%`. All of a column say which sign is the point."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

Point = Literal[".", ","]

_SPACED = re.compile(r"\d{1,3}(?: \d{3})+")
_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<sign>[-+−])? ?(?P<before>[A-Z]{3}|[A-Z]{0,3}[^\w\s.,'’()+−%-])? ?(?P<after_sign>[-−])?"
    r"(?P<digits>\d[\d.,'’]*|\d{1,3}(?: \d{3})+(?:[.,]\d+)?)"
    r" ?(?P<unit>%|[^\d\s.,()+−-][^\d\s()]{0,9})?(?P<trailing>-)?(?P<close>\))?"
)
_LONGEST = 40
_MOST_DIGITS = 15
_GROUPED = re.compile(r"\d{1,3}(?:[,.'’ ]\d{2,3})*[,.'’ ]\d{3}|\d+")
_ONE_POINT = re.compile(r"^[^.,]{0,5}\b[1-9]\d{0,2}\.\d{3}\b")
_SMALL = re.compile(r"\D{0,3}[1-9]\d{0,2}\D{0,5}")
_LARGE = re.compile(r"^\D{0,3}\d{4}")
_CODE = re.compile(r"0\d")
_CURRENCIES = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "￥": "CNY", "元": "CNY", "円": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB",
    "₺": "TRY", "₪": "ILS", "₫": "VND", "₱": "PHP", "฿": "THB", "₴": "UAH", "zł": "PLN", "Kč": "CZK", "Fr.": "CHF",
    "US$": "USD", "Euro": "EUR", "euro": "EUR", "euros": "EUR", "Euros": "EUR",
}  # fmt: skip
_CODES = frozenset(
    re.findall(
        "[A-Z]{3}",
        """
        EUR USD GBP JPY CNY CHF SEK NOK DKK PLN CZK HUF RON BGN TRY RUB UAH INR KRW BRL MXN ARS CLP COP CAD AUD NZD HKD
        SGD TWD THB VND PHP IDR MYR ZAR ILS AED SAR EGP
        """,
    )
)
_DOLLAR = "$"


class Amount(NamedTuple):
    """A number with its unit, a currency among them, and how many decimals it was written with.

    A percentage is the share: 0.15 with the unit `%`.
    """

    number: float
    unit: str
    decimals: int


def point_in(text: str) -> Point | None:
    """Return which sign divides the decimals of a number; None if the number does not say, or is none."""
    found = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    digits = found["digits"]
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        return "," if digits.rfind(",") > digits.rfind(".") else "."
    if commas + points != 1:
        return None if commas == points else "." if commas else ","
    sign: Point = "," if commas else "."
    head, _, tail = digits.partition(sign)
    if len(tail) != 3 or len(head) > 3 or head == "0" or " " in head or "'" in head:
        return sign
    return None


def point_of(texts: Sequence[str]) -> Point | None:
    """Return the sign that most of these numbers show to divide their decimals; None if none shows it."""
    votes = Counter(point for text in texts if (point := point_in(text)))
    if votes:
        return votes.most_common(1)[0][0]
    # 1.234 beside 999 is more than a thousand: with decimals, the 999 would have them too.
    thousands = any(_ONE_POINT.search(text) for text in texts)
    small = any(_SMALL.fullmatch(text) for text in texts) and not any(_LARGE.search(text) for text in texts)
    return "," if thousands and small else None


def read_amount(text: str, point: Point = ".") -> Amount | None:
    """Return the number that a cell shows; None for anything else, such as `007`, which is a code."""
    found = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["before"] and found["unit"]):
        return None
    whole, _, decimals = found["digits"].partition(point)
    plain = re.sub(r"[,.'’ ]", "", whole)
    if _CODE.match(plain) or not _GROUPED.fullmatch(whole) or not (decimals.isdigit() or not decimals):
        return None
    if len(plain) + len(decimals) > _MOST_DIGITS:
        return None
    number = float(f"{plain}.{decimals or 0}")
    minus = (
        found["open"] or found["trailing"] or "-" in (sign := f"{found['sign']}{found['after_sign']}") or "−" in sign
    )
    unit = unit_name(found["before"] or found["unit"] or "")
    share = unit == "%"
    return Amount((-1 if minus else 1) * (number / 100 if share else number), unit, len(decimals) + 2 * share)


def unit_name(written: str) -> str:
    """Return a unit under the one name it has here: `EUR` for `€`."""
    return _CURRENCIES.get(written, written)


def is_currency(unit: str) -> bool:
    """Whether a unit is one of money."""
    return unit in _CODES or unit.endswith(_DOLLAR) or unit in _CURRENCIES.values()


def currency_in(label: str) -> str:
    """Return the currency that a column's label names, such as `Price (EUR)`; empty if it names none, or several."""
    words = re.findall(r"[A-Z]{0,3}\$|[A-Z]{3}|[^\w\s]|\b(?:euros?|Euros?)\b", label)
    found = {unit for word in words if is_currency(unit := unit_name(word))}
    return found.pop() if len(found) == 1 else ""
