"""What stands at the top of a page that looks like a heading, for documents that mark none, such as most PDFs."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_HEAD_LENGTH, _HEAD_LINES, _LINE_LENGTH = 100, 3, 80
_TOP_LINES, _TOP_LENGTH = 6, 600
_RUNNING_LINES, _RUNNING_SHARE, _RUNNING_LEAST = 4, 0.1, 2
_FIGURES = 0.2
_WORD = re.compile(r"[^\W\d_]{3}")
_NUMBER = re.compile(r"\d+")


def page_heads(text: str, pages: Sequence[int]) -> list[str]:
    """Return the lines at the top of each page that look like headings; `pages` are the offsets at which they begin.

    Lines that stand at the top of many pages are running headers and are passed over; the first line that is prose
    ends it.
    """
    tops = [_top(text[start : min(end, start + _TOP_LENGTH)]) for start, end in pairwise([*pages, len(text)])]
    times = Counter(line for top in tops for line in {_alike(line) for line in top[:_RUNNING_LINES]})
    running = {line for line, count in times.items() if count > max(_RUNNING_LEAST, _RUNNING_SHARE * len(tops))}
    return [_head(top, running) for top in tops]


def begins_with(text: str, head: str) -> bool:
    """Whether a text begins with a page's head, which then need not be put before it."""
    return text.lstrip().startswith(head.split(" ", 1)[0])


def _top(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()][:_TOP_LINES]


def _head(top: Sequence[str], running: set[str]) -> str:
    head: list[str] = []
    for line in top:
        if not _WORD.search(line):
            if head:
                break
        elif _alike(line) not in running:
            full = len(head) == _HEAD_LINES or sum(map(len, head)) + len(head) + len(line) > _HEAD_LENGTH + 1
            if full or not _like_title(line):
                break
            head.append(line)
    return " ".join(head)


def _alike(line: str) -> str:
    return _NUMBER.sub("#", line.casefold())


def _like_title(line: str) -> bool:
    figures = sum(map(str.isdigit, line))
    return (
        len(line) <= _LINE_LENGTH and not line[0].islower() and line[-1] not in ",;" and figures <= _FIGURES * len(line)
    )
