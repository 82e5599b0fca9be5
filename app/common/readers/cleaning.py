"""Cleaning, once for all kinds: what nobody can see or store goes, what was written stays.

Text is composed (NFC) but not folded (NFKC): folding would turn 10² into 102, ½ into 1⁄2 and ™ into TM. Only letter
*shapes* that PDF and old Word files store in place of letters are resolved: ligatures such as fi, and Arabic and
Hebrew presentation forms. Without that a search for `office` or for an Arabic word would miss them.
"""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# Control characters (PostgreSQL refuses NUL; U+0002 and U+FFFE are PDFium's mark for a hyphen at a line's end, so
# that dropping them joins the word again), soft hyphens, zero-width spaces and byte order marks, lone surrogates
# and noncharacters; overrides of direction and tag characters, which make a text read differently for a person
# and for a model.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACES = re.compile("[\xa0\u2000-\u200a\u202f\u205f]")
_LETTER_SHAPES = re.compile("[\ufb00-\ufb4f\ufb50-\ufdcf\ufdf0-\ufdf9\ufe80-\ufefc]+")
_SYMBOL_BULLETS = re.compile("[\uf0b7\uf0a7]")  # what lists in the fonts Symbol and Wingdings come out as
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")
_LONG_GAP = re.compile("[ \t]{201,}")  # no column of a table is as wide
_MOST_MARKS = 30  # as the standard's stream-safe text has
_MAYBE_MARKS = re.compile(f"[^\x00-\u02ff]{{{_MOST_MARKS + 1},}}")
_BLANK_LINES = re.compile("\n{3,}")

MAX_UNREADABLE = 0.3
"""A text of which more than this share has no readable form is noise, not text."""


def clean(text: str) -> str:
    """Return `text` with plain line ends and spaces (200 in a row at most), without invisible characters, composed
    (NFC)."""
    text = _LINE_ENDS.sub("\n", text)
    text = _DROPPED.sub("", text)
    text = _SPACES.sub(" ", text)
    text = _LONG_GAP.sub(" " * 200, text)
    text = _SYMBOL_BULLETS.sub("•", text)
    text = _LETTER_SHAPES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return composed(text)


def composed(text: str) -> str:
    """Return `text` composed (NFC), at most 30 marks on one letter: putting marks in order takes n² for n of them."""
    if unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _MAYBE_MARKS.sub(lambda run: _thinned(run[0]), text))


def _thinned(run: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in run:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def tidy(text: str) -> str:
    """Return cleaned `text` without spaces at line ends, and with one blank line at most between paragraphs."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))  # an expression would take n² for n spaces
    return _BLANK_LINES.sub("\n\n", lines).strip()


def unreadable_share(text: str) -> float:
    """Share of `text` (not cleaned yet, spaces left out) that is control, private-use or replacement characters."""
    seen = len(text) - text.count(" ") - text.count("\n")
    return len(_UNREADABLE.findall(text)) / seen if seen else 0.0
