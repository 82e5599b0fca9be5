"""Equations as one line of text: fractions, powers, roots and sums of Office documents and web pages.

`a/b`, `x²`, `x_i`, `√(x + 1)`, `∑_(i = 1)^n i`: brackets stand where a line needs them and the drawing does not.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from app.common.readers.scripts import lowered, raised
from app.common.readers.xml import child, children, local_name, value

_DEEPEST = 60
_PIECE = re.compile(r"[\w.,⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ]+")
_NUMBER_OR_SIGN = re.compile(r"\d+(?:[.,]\d+)?|\w[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ₀₁₂₃₄₅₆₇₈₉]*|\S")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\|[^|]*\|")
_RELATION = re.compile(r" ?([=<>≤≥≠≈≡±∓×÷+→⇒⇔∝∈]) ?")
_LEAVES = frozenset(("t", "mi", "mn", "mo", "mtext", "ms"))
_UNSEEN = frozenset(("ctrlPr", "rPr", "annotation", "annotation-xml", "mphantom", "phant", "none", "mprescripts"))
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064")


def math_text(root: etree._Element) -> str:
    """Return an equation (`oMath`, or `math` of a web page) as one line."""
    text = _Equation().read(root)
    return " ".join(_RELATION.sub(r" \1 ", text).split()).replace("( ", "(").replace(" )", ")")


class _Equation:
    def __init__(self) -> None:
        self._depth = 0

    def read(self, element: etree._Element) -> str:
        """Return one element with all in it."""
        name = local_name(element).rpartition(":")[2]
        if name in _UNSEEN or name.endswith("Pr"):
            return ""
        if name in _LEAVES:
            return "".join(map(str, element.itertext())).translate(_INVISIBLE)
        if self._depth >= _DEEPEST:
            return "".join(map(str, element.itertext()))
        self._depth += 1
        try:
            shape = _SHAPES.get(name)
            return shape(self, element) if shape is not None else self.all(element)
        finally:
            self._depth -= 1

    def all(self, element: etree._Element) -> str:
        """Return the children one after the other."""
        return "".join(map(self.read, element))

    def part(self, element: etree._Element, name: str) -> str:
        """Return a child by its name."""
        found = child(element, name)
        return "" if found is None else self.all(found).strip()

    def parts(self, element: etree._Element) -> list[str]:
        """Return all children that are shown."""
        shown = (found for found in element if local_name(found) not in _UNSEEN)
        return [self.read(found).strip() for found in shown if not local_name(found).endswith("Pr")]


def _grouped(text: str) -> str:
    return text if _PIECE.fullmatch(text) or _BRACKETED.fullmatch(text) else f"({text})"


def _below(text: str) -> str:
    return text if _NUMBER_OR_SIGN.fullmatch(text) or _BRACKETED.fullmatch(text) else f"({text})"


def _over(top: str, bottom: str) -> str:
    return f"{_grouped(top)}/{_below(bottom)}" if top or bottom else ""


def _scripted(base: str, sub: str, sup: str) -> str:
    """Return `base` with what stands below and above on its right."""
    shown = base if len(base) < 2 or _PIECE.fullmatch(base) or _BRACKETED.fullmatch(base) else f"({base})"
    low = lowered(sub, "x")
    high = raised(sup, "x")
    if sup and high == sup:  # an ending of a word elsewhere, a power here
        high = f"^{_grouped(sup)}"
    if sub and low == sub:
        low = f"_{_grouped(sub)}"
    return shown + low + high


def _root(degree: str, inside: str) -> str:
    sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree)
    return f"{sign}{_below(inside)}" if sign else f"root {degree} of ({inside})"


def _limits(sign: str, low: str, high: str) -> str:
    return sign + (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "")


def _matrix(rows: Sequence[Sequence[str]]) -> str:
    return "[" + "; ".join(", ".join(row) for row in rows) + "]"


# Office documents: what stands where has a name.


def _office_fraction(equation: _Equation, element: etree._Element) -> str:
    top, bottom = equation.part(element, "num"), equation.part(element, "den")
    if value(child(child(element, "fPr"), "type")) == "noBar":
        return f"({top}; {bottom})"
    return _over(top, bottom)


def _office_scripts(equation: _Equation, element: etree._Element) -> str:
    base, sub, sup = (equation.part(element, name) for name in ("e", "sub", "sup"))
    return _scripted(base, sub, sup)


def _office_root(equation: _Equation, element: etree._Element) -> str:
    return _root(equation.part(element, "deg"), equation.part(element, "e"))


def _office_sum(equation: _Equation, element: etree._Element) -> str:
    sign = child(child(element, "naryPr"), "chr")
    low, high = equation.part(element, "sub"), equation.part(element, "sup")
    return f"{_limits(value(sign) if sign is not None else '∫', low, high)} {equation.part(element, 'e')}"


def _office_brackets(equation: _Equation, element: etree._Element) -> str:
    properties = child(element, "dPr")
    begin, separator, end = (
        value(found) if (found := child(properties, name)) is not None else default
        for name, default in (("begChr", "("), ("sepChr", "|"), ("endChr", ")"))
    )
    return begin + separator.join(equation.all(found).strip() for found in children(element, "e")) + end


def _office_limit(equation: _Equation, element: etree._Element) -> str:
    low = local_name(element) == "limLow"
    limit = equation.part(element, "lim")
    return _limits(equation.part(element, "e"), limit if low else "", "" if low else limit)


def _office_function(equation: _Equation, element: etree._Element) -> str:
    return f"{equation.part(element, 'fName')} {equation.part(element, 'e')}"


def _office_matrix(equation: _Equation, element: etree._Element) -> str:
    return _matrix([equation.parts(row) for row in children(element, "mr")])


def _office_lines(equation: _Equation, element: etree._Element) -> str:
    return "; ".join(equation.all(found).strip() for found in children(element, "e"))


def _office_accent(equation: _Equation, element: etree._Element) -> str:
    sign = value(child(child(element, "accPr"), "chr")) or "\u0302"
    base = equation.part(element, "e")
    return base + sign if len(base) == 1 and unicodedata.combining(sign[0]) else base


# Web pages: what stands where is a matter of order.


def _web(shape: Callable[..., str], count: int) -> Callable[[_Equation, etree._Element], str]:
    def read(equation: _Equation, element: etree._Element) -> str:
        parts = equation.parts(element)
        return shape(*[*parts, "", "", ""][:count])

    return read


def _web_brackets(equation: _Equation, element: etree._Element) -> str:
    separator = (element.get("separators", ",").strip() or " ")[0]
    inside = f"{separator} ".join(equation.parts(element))
    return element.get("open", "(") + inside + element.get("close", ")")


def _web_matrix(equation: _Equation, element: etree._Element) -> str:
    return _matrix([equation.parts(row) for row in _rows(element)])


def _rows(element: etree._Element) -> Iterator[etree._Element]:
    return (found for found in element if local_name(found).rpartition(":")[2] == "mtr")


_SHAPES: dict[str, Callable[[_Equation, etree._Element], str]] = {
    "f": _office_fraction,
    "sSup": _office_scripts,
    "sSub": _office_scripts,
    "sSubSup": _office_scripts,
    "rad": _office_root,
    "nary": _office_sum,
    "d": _office_brackets,
    "limLow": _office_limit,
    "limUpp": _office_limit,
    "func": _office_function,
    "m": _office_matrix,
    "eqArr": _office_lines,
    "acc": _office_accent,
    "mfrac": _web(_over, 2),
    "msup": _web(lambda base, sup: _scripted(base, "", sup), 2),
    "msub": _web(lambda base, sub: _scripted(base, sub, ""), 2),
    "msubsup": _web(_scripted, 3),
    "msqrt": lambda equation, element: _root("", equation.all(element).strip()),
    "mroot": _web(lambda inside, degree: _root(degree, inside), 2),
    "munder": _web(lambda base, low: _limits(base, low, ""), 2),
    "mover": _web(lambda base, high: _limits(base, "", high), 2),
    "munderover": _web(_limits, 3),
    "mfenced": _web_brackets,
    "mtable": _web_matrix,
    "mspace": lambda _equation, _element: " ",
}
