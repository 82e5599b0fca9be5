"""Digits of a number format: places before and after the point, groups of thousands, percent, exponents, fractions."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from app.common.readers.numbers.format_tokens import Token

_MOST_PLACES = 30
_CONTEXT = Context(prec=800)  # places for the largest number there is, and for the smallest
_LARGEST_DENOMINATOR = 999
_FILL = {"0": "0", "#": "", "?": " "}


@dataclass(frozen=True, slots=True)
class Digits:
    """A section of a format that shows digits: what stands before them, the places, and what stands after them."""

    whole: tuple[Token, ...]
    decimals: tuple[Token, ...]
    exponent: tuple[Token, ...]
    fraction: tuple[Token, ...]
    percents: int
    thousands: int
    grouped: bool

    def show(self, value: Decimal) -> str:
        """Return a number that is not negative as it is shown."""
        value = value.scaleb(2 * self.percents - 3 * self.thousands, _CONTEXT)
        if self.fraction:
            return self._as_fraction(value).strip()
        if self.exponent:
            return self._as_power(value).strip()
        return self._plain(value).strip()

    def _plain(self, value: Decimal) -> str:
        places = sum(token.kind == "digit" for token in self.decimals)
        rounded = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _CONTEXT):f}"
        whole, _, rest = rounded.partition(".")
        return _before_point(self.whole, whole.lstrip("0"), grouped=self.grouped) + _after_point(self.decimals, rest)

    def _as_power(self, value: Decimal) -> str:
        step = max(1, sum(token.kind == "digit" for token in self.whole))
        power = (value.adjusted() // step * step) if value else 0
        shown = self._plain(value.scaleb(-power, _CONTEXT))
        sign = "-" if power < 0 else "+" if "+" in self.exponent[0].text else ""
        least = sum(token.text == "0" for token in self.exponent[1:])
        return f"{shown}E{sign}{str(abs(power)).rjust(least, '0')}"

    def _as_fraction(self, value: Decimal) -> str:
        has_whole = any(token.kind == "digit" for token in self.whole)
        whole, rest = _CONTEXT.divmod(value, Decimal(1)) if has_whole else (Decimal(0), value)
        fixed = "".join(token.text for token in self.fraction if token.kind != "digit" or token.text == "0").strip()
        below = Fraction(rest)
        if fixed.isdecimal() and 0 < int(fixed) <= _LARGEST_DENOMINATOR:
            over, under = round(below * int(fixed)), int(fixed)
        else:
            places = sum(token.kind == "digit" for token in self.fraction)
            found = below.limit_denominator(min(10 ** max(1, places) - 1, _LARGEST_DENOMINATOR))
            over, under = found.numerator, found.denominator
        carried, over = divmod(over, under) if has_whole else (0, over)
        whole = _CONTEXT.add(whole, Decimal(carried))
        shown = f"{whole:f}" if whole or not over else ""
        return f"{shown} {over}/{under}" if over else shown


def digits_of(tokens: list[Token]) -> Digits | None:
    """Return how the digits of a section are shown; None when it has no place for any."""
    if not any(token.kind == "digit" for token in tokens):
        return None
    exponent_at = next((n for n, token in enumerate(tokens) if token.kind == "exponent"), len(tokens))
    mantissa, exponent = tokens[:exponent_at], tokens[exponent_at:]
    slash = next((n for n, token in enumerate(mantissa) if token.kind == "slash"), None)
    fraction = mantissa[slash + 1 :] if slash is not None else []
    if slash is not None:
        mantissa = _without_numerator(mantissa[:slash])
    point = next((n for n, token in enumerate(mantissa) if token.kind == "point"), len(mantissa))
    whole, decimals = mantissa[:point], mantissa[point:]
    last = max((n for n, token in enumerate(mantissa) if token.kind == "digit"), default=-1)
    thousands = sum(1 for token in mantissa[last + 1 :] if token.kind == "comma")
    grouped = any(token.kind == "comma" for n, token in enumerate(whole) if n < last)
    return Digits(
        tuple(token for token in whole if token.kind != "comma"),
        tuple(token for token in decimals if token.kind != "comma")[: _MOST_PLACES + 1],
        tuple(exponent),
        tuple(fraction),
        sum(token.kind == "percent" for token in tokens),
        thousands,
        grouped,
    )


def _without_numerator(tokens: list[Token]) -> list[Token]:
    """Return what stands before the numerator of a fraction, which is the last run of places."""
    end = len(tokens)
    while end and tokens[end - 1].kind != "digit":
        end -= 1
    while end and tokens[end - 1].kind == "digit":
        end -= 1
    return tokens[:end]


def _before_point(tokens: tuple[Token, ...], digits: str, *, grouped: bool) -> str:
    places = [n for n, token in enumerate(tokens) if token.kind == "digit"]
    if not places:
        return "".join(token.text for token in tokens) + digits
    first, last = places[0], places[-1]
    if grouped or last - first + 1 == len(places):
        least = next((len(places) - n for n, place in enumerate(places) if tokens[place].text == "0"), 0)
        digits = digits.rjust(least, "0")
        shown = _grouped(digits) if grouped else digits
    else:
        shown = _scattered(tokens[first : last + 1], digits)
    return "".join(token.text for token in tokens[:first]) + shown + "".join(token.text for token in tokens[last + 1 :])


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    groups = [digits[:head]] if head else []
    return ",".join(groups + [digits[at : at + 3] for at in range(head, len(digits), 3)])


def _scattered(tokens: tuple[Token, ...], digits: str) -> str:
    """Return digits with text between them, as in telephone numbers; the first place takes all that are left."""
    out: list[str] = []
    left = list(digits)
    for place, token in reversed(list(enumerate(tokens))):
        if token.kind != "digit":
            out.append(token.text)
        elif place == 0 and left:
            out.append("".join(left))
        else:
            out.append(left.pop() if left else _FILL[token.text])
    return "".join(reversed(out))


def _after_point(tokens: tuple[Token, ...], digits: str) -> str:
    """Return the point and what is after it; places that need not be filled end with the last digit that counts."""
    out: list[str] = []
    counts = len(digits.rstrip("0"))
    at = 0
    for token in tokens:
        if token.kind != "digit":
            out.append(token.text)
            continue
        shown = digits[at] if token.text == "0" or at < counts else _FILL[token.text]
        out.append(shown)
        at += 1
    text = "".join(out)
    return text if at and (counts or any(token.text == "0" for token in tokens)) else text.replace(".", "", 1)
