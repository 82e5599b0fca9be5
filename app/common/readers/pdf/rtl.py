"""Hebrew and Arabic that a PDF stores as it is drawn, from left to right, are put into reading order.

No PDF engine gets both ways of storing right. The letters themselves tell: some are written only at the end of a
word, so that a line on which words *begin* with them stands in the order of drawing.
"""

import re

from app.common.readers.cleaning import clean

_RTL_LETTERS = "\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\ufb1d-\ufb4f\ufb50-\ufdf9\ufe80-\ufefc"
_MARKS = "\u0591-\u05c7\u064b-\u065f\u0670"
_WORD = re.compile(f"[{_RTL_LETTERS}{_MARKS}]+")
_RUN = re.compile(f"[{_RTL_LETTERS}{_MARKS}](?:.*[{_RTL_LETTERS}{_MARKS}])?")
_LTR = r"[0-9A-Za-z\u00c0-\u024f\u0660-\u0669]+"
_LEFT_TO_RIGHT = re.compile(f"{_LTR}(?:[.,:/@_%-]+{_LTR})*")
_MARKED = re.compile(f"([{_MARKS}]{{1,8}})([{_RTL_LETTERS}])")
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")

_HEBREW_FINAL = "\u05da\u05dd\u05df\u05e3\u05e5"
_ARABIC_FINAL = "\u0629\u0649"  # teh marbuta, alef maksura
_ARTICLE = "\u0627\u0644"
_ENDS_ONLY = frozenset(_HEBREW_FINAL + _ARABIC_FINAL)


def to_reading_order(text: str) -> str:
    """Return the text of a page with its right-to-left lines in reading order, if they were in drawing order."""
    if not _WORD.search(text) or _drawn(clean(text)) <= 0:
        return text
    return "\n".join(_turn(line) for line in text.split("\n"))


def _drawn(text: str) -> int:
    """Positive when more words speak for the order of drawing than for that of reading."""
    score = 0
    for match in _WORD.finditer(text):
        word = match[0]
        if len(word) > 1:
            score += _at_begin(word) - _at_end(word)
    return score


def _at_begin(word: str) -> int:
    return (word[0] in _ENDS_ONLY) + (len(word) > 3 and word.endswith(_ARTICLE[::-1]))


def _at_end(word: str) -> int:
    return (word[-1] in _ENDS_ONLY) + (len(word) > 3 and word.startswith(_ARTICLE))


def _turn(line: str) -> str:
    """Turn what stands from the first to the last right-to-left letter; numbers and Latin words in it stay."""
    return _RUN.sub(lambda run: _turn_run(run[0]), line)


def _turn_run(run: str) -> str:
    turned = run[::-1].translate(_MIRRORED)
    turned = _LEFT_TO_RIGHT.sub(lambda piece: piece[0][::-1], turned)
    return _MARKED.sub(r"\2\1", turned)
