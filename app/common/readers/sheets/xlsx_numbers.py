"""Numbers of a workbook as a person sees them: a style decides whether 45000.5 is a number or noon of a day."""

import math
from collections.abc import Mapping, Sequence

from lxml import etree

from app.common.readers.numbers.number_format import NumberFormat, number_format
from app.common.readers.xml import children, local_name, number

_BUILT_IN: dict[int, str] = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0;-$#,##0", 6: "$#,##0;-$#,##0", 7: "$#,##0.00;-$#,##0.00",
    8: "$#,##0.00;-$#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd",
    15: "yyyy-mm-dd", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 41: '#,##0;(#,##0);"-"', 42: '$#,##0;($#,##0);"-"', 43: '#,##0.00;(#,##0.00);"-"',
    44: '$#,##0.00;($#,##0.00);"-"', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
}  # fmt: skip
_MOST_DIGITS = 400  # of a number's exponent and more


class NumberFormats:
    """Shows the numbers of one workbook."""

    def __init__(self, styles: Sequence[str], codes: Mapping[str, str], *, since_1904: bool) -> None:
        """`styles` are the ids of the formats of each style, `codes` those that the workbook defines itself."""
        self._styles = styles
        self._codes = codes
        self._since_1904 = since_1904
        self._formats: dict[str, NumberFormat | None] = {}

    def show(self, stored: str, style: str) -> str:
        """Return a stored number in the way of its style; what is no number stays as it is."""
        found = _number(stored)
        if found is None:
            return stored
        look = self._format(style)
        shown = look.number(found, since_1904=self._since_1904) if look is not None else None
        if shown is not None:
            return shown
        return f"{found:.15g}".upper() if "e" in stored.lower() or "." in stored else stored

    def worth(self, stored: str, style: str) -> str:
        """Return what a stored number is: `d` and a date, or `n` and the number; empty for a time of day."""
        found, look = _number(stored), self._format(style)
        if found is None:
            return ""
        moment = look.moment(found, since_1904=self._since_1904) if look is not None else None
        return f"n{float(f'{found:.15g}')!r}" if moment is None else f"d{moment}" if moment else ""

    def words(self, text: str, style: str) -> str:
        """Return a text in the way of its style."""
        look = self._format(style)
        return text if look is None else look.words(text)

    def _format(self, style: str) -> NumberFormat | None:
        if style not in self._formats:
            index = number(style, -1)
            identifier = self._styles[index] if 0 <= index < len(self._styles) else "0"
            code = self._codes.get(identifier) or _BUILT_IN.get(number(identifier), "")
            self._formats[style] = number_format(code)
        return self._formats[style]


def _number(stored: str) -> float | None:
    try:
        found = float(stored) if len(stored) <= _MOST_DIGITS else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def read_formats(styles: etree._Element | None, *, since_1904: bool) -> NumberFormats:
    """Return what the styles part of a workbook says; all is a plain number without one."""
    if styles is None:
        return NumberFormats((), {}, since_1904=since_1904)
    codes = {
        entry.get("numFmtId", ""): entry.get("formatCode", "")
        for part in children(styles, "numFmts")
        for entry in children(part, "numFmt")
    }
    cell_formats = next(children(styles, "cellXfs"), ())
    return NumberFormats(
        [entry.get("numFmtId", "0") for entry in cell_formats if local_name(entry) == "xf"],
        codes,
        since_1904=since_1904,
    )
