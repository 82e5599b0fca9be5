"""Words and codes that were divided at a line's end: `infor-` `mation` is one word, `BX-` `7250` keeps its hyphen."""

import re
from collections.abc import Sequence
from itertools import pairwise

MARK = "\ufffe"
"""PDFium's mark for a hyphen at the end of a line, after which the next line follows directly."""

_LINE_END = re.compile("-\r?\n")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CODE = re.compile(r"(?=.*[^\W\d_])[^\W_]{2,}")
_REACH = 40


def mark_line_ends(text: str) -> str:
    """Return `text` with a mark for each hyphen at a line's end that divides a word, as far as the letters tell.

    For engines that tell no places: a dash after a space, and one after a number alone, end their lines.
    """
    out, done = [], 0
    for match in _LINE_END.finditer(text):
        before = text[max(done, match.start() - _REACH) : match.start()]
        token = before.split()[-1] if before and not before[-1].isspace() else ""
        if _CODE.fullmatch(token) and text[match.end() : match.end() + 1].isalnum():
            out += [text[done : match.start()], MARK]
            done = match.end()
    return "".join((*out, text[done:])) if out else text


def join_words(pages: Sequence[str]) -> list[str]:
    """Return the pages with all words that a mark divides whole.

    Between small letters the hyphen goes, unless the text has the word elsewhere with it and never without. Before a
    digit or a capital, and after anything but a small letter, it belongs to a name or a code and stays.
    """
    if not any(MARK in page for page in pages):
        return list(pages)
    known = {word.lower() for page in pages for word in _WORD.findall(page)}
    return [_join(page, known) for page in pages]


def _join(page: str, known: set[str]) -> str:
    pieces = page.split(MARK)
    out = [pieces[0]]
    for before, after in pairwise(pieces):
        out += [_hyphen(before[-_REACH:], after[:_REACH], known), after]
    return "".join(out)


def _hyphen(before: str, after: str, known: set[str]) -> str:
    if not (before[-1:].islower() and after[:1].islower()):
        return "-"
    left, right = _letters(before[::-1])[::-1], _letters(after)
    return "-" if f"{left}{right}" not in known and f"{left}-{right}" in known else ""


def _letters(text: str) -> str:
    """Return the letters at the beginning, small."""
    size = next((n for n, char in enumerate(text) if not char.isalpha()), len(text))
    return text[:size].lower()
