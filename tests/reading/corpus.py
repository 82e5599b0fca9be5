"""Small files with the right values in them, of every format and of all that once came out wrong.

A value is looked for in the text with all white space made single spaces; `|` stands between cells of a row.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reading:
    """A file, what its text has to hold, what it may not hold, and a word that a warning has to hold."""

    title: str
    filename: str
    content: bytes
    holds: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    warns: str = ""
    tables: tuple[tuple[str, ...], ...] = field(default=())
    """The headers of its tables, if they are to be looked at."""


def spaced(text: str) -> str:
    """Return text with single spaces."""
    return " ".join(text.split())
