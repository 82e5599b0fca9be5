"""Cutting text into sentences, and into the things that stand in for sentences: table rows, list items, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syntok import segmenter  # type: ignore[import-untyped]  # has no type information

MAX_SENTENCE = 400
"""Characters. Text without any punctuation is cut here, at a space."""
_MIN_SENTENCE = 15
"""Shorter ones ("Yes.") are kept with the sentence that follows."""

_HEADING = re.compile(r"#{1,6}\s")
_ITEM = re.compile(r"\s*(?:[-*•–▪]|\(?\d{1,2}[.)]|[a-z]\))\s+")
_ROW = re.compile(r"\||\t|\S {3,}\S")
_RULE = re.compile(r"[\s|:=+*_~-]*")
_OPEN_END = re.compile(r"[\w)%\"'”’]\s*$")
_ENDED = re.compile(r"[.!?:。！？؟]\s*$")
_WIDE_STOP = re.compile(r"(?<=[。！？｡؟۔।॥])(?![」』”’)）])\s*|(?<=[。！？｡؟۔।॥][」』”’)）])\s*")
"""Ends of sentences that need no space after them, or that belong to scripts without capitals."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verbatim piece of text (except that line breaks became spaces), and the heading or question above it.

    `is_title` marks what looks like a title and may nevertheless be the text itself.
    """

    text: str
    heading: str
    is_title: bool = False


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences, rows and items of `text` in their order.

    Marked headings and questions only serve as the heading of what follows. A short line that merely looks like a
    title is both: it may also be a row of a table that lost its borders.
    """
    found: list[Sentence] = []
    heading = ""
    for block in _blocks(text):
        if _HEADING.match(block) or block.endswith(("?", "？", "؟")):
            heading = block.lstrip("# ")
            continue
        if _looks_like_title(block) and not re.search(r"\d|\|", block):
            found.append(Sentence(block, "", is_title=True))
            heading = block
        else:
            found += [Sentence(sentence, heading) for sentence in _cut(block)]
    return found


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs with their wrapped lines joined; each row, item and heading by itself."""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if lines and _begins_block(line, lines[-1]):
            yield " ".join(" ".join(lines).split())
            lines = []
        if not _RULE.fullmatch(line):
            lines.append(line)


def _begins_block(line: str, previous: str) -> bool:
    if not line.strip() or _HEADING.match(line) or _HEADING.match(previous):
        return True
    if _ITEM.match(line) or _ROW.search(line.strip()) or _ROW.search(previous.strip()):
        return True
    if line[:1].islower():
        return False
    return _looks_like_title(previous) or (_looks_like_title(line) and bool(_ENDED.search(previous)))


def _looks_like_title(line: str) -> bool:
    """A short line without an end, as titles in plain text and PDF are; a wrapped line is longer."""
    return len(line.strip()) < 45 and bool(_OPEN_END.search(line))


def _cut(block: str) -> Iterator[str]:
    if "|" in block:  # a row of a table
        yield from _pieces(block)
        return
    kept = ""
    for sentence in _sentences(block):
        kept = f"{kept} {sentence}" if kept else sentence
        if len(kept) >= _MIN_SENTENCE or not kept.isascii():
            yield from _pieces(kept)
            kept = ""
    if kept:
        yield kept


def _sentences(block: str) -> Iterator[str]:
    for part in _WIDE_STOP.split(block):
        for paragraph in segmenter.analyze(part):
            for tokens in paragraph:
                yield part[tokens[0].offset : tokens[-1].offset + len(tokens[-1].value)]


def _pieces(sentence: str) -> Iterator[str]:
    while len(sentence) > MAX_SENTENCE:
        cut = sentence.rfind(" ", 1, MAX_SENTENCE)
        end = cut if cut > 0 else MAX_SENTENCE
        yield sentence[:end]
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence
