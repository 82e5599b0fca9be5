"""The parts of a number format: placeholders of digits, letters of dates, and text that stands as it is."""

import re
from typing import Literal, NamedTuple

Kind = Literal[
    "text", "digit", "point", "comma", "percent", "exponent", "slash", "date", "elapsed", "half", "at", "general",
    "condition",
]  # fmt: skip

LONGEST = 255
"""As many characters as Excel allows; longer codes are not read."""

# No part reaches over an opening bracket or beyond its own kind of letter: each character is looked at once.
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|(?P<space>_.)|(?P<fill>\*.)"
    r"|\[\$(?P<currency>[^\[\]-]*)(?:-[^\[\]]*)?\]"
    r"|\[(?P<elapsed>[hH]+|[mM]+|[sS]+)\]"
    r"|\[(?P<condition>[<>=]{1,2}\s*-?[\d.]{1,20})\]"
    r"|(?P<colour>\[[^\[\]]*\])"
    r"|(?P<half>AM/PM|A/P)"
    r"|(?P<general>General)"
    r"|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?)"
    r"|(?P<exponent>E[+-]?(?=[0#?]))"
    r"|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<at>@)"
    r"|(?P<end>;)|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_TEXT = ("quoted", "escaped", "currency", "other")
_UNSEEN = ("fill", "colour")


class Token(NamedTuple):
    """A part of a section."""

    kind: Kind
    text: str


def sections(code: str) -> list[list[Token]]:
    """Return the parts of each section; what has no width or only a colour is left out."""
    found: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(code):
        name, text = match.lastgroup or "other", match[match.lastgroup or 0]
        if name == "end":
            found.append([])
        elif name == "space":
            found[-1].append(Token("text", " "))
        elif name in _TEXT:
            found[-1].append(Token("text", text))
        elif name not in _UNSEEN:
            found[-1].append(Token(name, text))  # type: ignore[arg-type]  # the groups have the names of the kinds
    return found


def literal(tokens: list[Token]) -> str:
    """Return the text of tokens that all stand as they are."""
    return "".join(token.text for token in tokens)
