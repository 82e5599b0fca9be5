"""Where the headings of a Markdown text stand, in one pass over its lines."""

import re
from collections.abc import Iterator

from app.common.readers.raw import Heading

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_ATX = re.compile(r" {0,3}(#{1,6})(?![^ \t])(.*)")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*")
_NOT_A_PARAGRAPH = re.compile(r" {4}|\t| {0,3}(?:[>|]|(?:[-*+]|\d{1,9}[.)])(?:\s|$))")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(?=[\w\"'-]+[ \t]*[:=])(?:.*\n)*?\1[ \t]*(?:\n|\Z)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_LONGEST = 1000
_MARKUP = re.compile(r"[*`]+|(?<!\w)_+|(?<!_)_+(?!\w)")


def markdown_headings(text: str) -> tuple[Heading, ...]:
    """Return the headings of cleaned Markdown, `#` style and underlined, in order; titles come without markup.

    What stands in a code fence, or in front matter at the very beginning, is none. Only a paragraph of one line
    becomes a heading by its underline: longer ones are paragraphs before a rule, whatever CommonMark says.
    """
    scan = _Scan()
    for start, line in markdown_lines(text):
        scan.take(start, line)
    return tuple(scan.headings)


class Fence:
    """Knows whether the lines of a text, asked for one after the other, belong to a fence of code."""

    def __init__(self) -> None:
        self._mark = ""

    def holds(self, line: str) -> bool:
        """Whether a line opens or closes a fence or stands in one."""
        found = _FENCE.match(line)
        if self._mark:
            if found and found[1].startswith(self._mark) and not found[2].strip():
                self._mark = ""
            return True
        if found is None:
            return False
        # A backtick fence has no backtick after it: that would be a span of code.
        self._mark = "" if found[1][0] == "`" and "`" in found[2] else found[1]
        return True


class _Scan:
    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._fence = Fence()
        self._paragraph: list[tuple[int, str]] = []

    def take(self, start: int, line: str) -> None:
        if self._fence.holds(line):
            self._paragraph = []
        elif atx := _ATX.fullmatch(line):
            self._add(start, len(atx[1]), _without_closing(atx[2]))
        else:
            self._take_plain(start, line)

    def _take_plain(self, start: int, line: str) -> None:
        underline = _SETEXT.fullmatch(line)
        if underline and len(self._paragraph) == 1:
            self._add(self._paragraph[0][0], 1 if underline[1][0] == "=" else 2, self._paragraph[0][1])
        elif underline or not line.strip() or _NOT_A_PARAGRAPH.match(line):
            self._paragraph = []
        else:
            self._paragraph.append((start, line))

    def _add(self, start: int, level: int, title: str) -> None:
        self._paragraph = []
        if plain := _MARKUP.sub("", _LINK.sub(r"\1", title[:_LONGEST])).strip():
            self.headings.append(Heading(start, level, plain))


def markdown_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines after the front matter, each with the offset at which it begins."""
    front = _FRONT_MATTER.match(text)
    start = front.end() if front else 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, text[start:end]
        start = end + 1


def _without_closing(title: str) -> str:
    title = title.strip()
    bare = title.rstrip("#")
    return bare if not bare or bare[-1] in " \t" else title
