"""Cutting text into sentences, and into the things that stand in for sentences: table rows, list items, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syntok import segmenter  # type: ignore[import-untyped]  # has no type information

from app.services.answering.quoting.tables import is_row, read_grid

MAX_SENTENCE = 400
"""Characters. Text without any punctuation is cut here, at a space."""
MAX_ROWS = 12
MAX_TABLE = 700
"""Rows and characters of a table that can be quoted as a whole."""
_MIN_SENTENCE = 15
"""Shorter ones ("Yes.") are kept with the sentence that follows."""

_HEADING = re.compile(r"#{1,6}\s")
_ITEM = re.compile(r"\s*(?:[-*•–▪]|\(?\d{1,2}[.)]|[a-z]\))\s+")
_CODE = re.compile(r"[A-Z]{1,4}-?\d{1,5}\b")
_VALUE = re.compile(r"[\d.,]+ ?[^\W\d]")
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
    table: int = 0
    is_table: bool = False


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences, rows and items of `text` in their order.

    Marked headings and questions only serve as the heading of what follows. A short line that merely looks like a
    title is both: it may also be a row of a table that lost its borders.
    """
    found: list[Sentence] = []
    heading = ""
    tables = 0
    for block in _blocks(text):
        if isinstance(block, list):
            tables += 1
            found += _of_table(block, heading, tables)
        elif _HEADING.match(block) or block.endswith(("?", "？", "؟")):
            heading = block.lstrip("# ")
        elif _looks_like_title(block) and not re.search(r"\d", block):
            found.append(Sentence(block, "", is_title=True))
            heading = block
        else:
            found += [Sentence(sentence, heading) for sentence in _cut(block)]
    return found


def _of_table(lines: list[str], heading: str, number: int) -> list[Sentence]:
    grid = read_grid(lines)
    rows = [Sentence(piece, heading, table=number) for text in grid.texts() for piece in _pieces(text)]
    whole = "\n".join(grid.texts())
    if grid.header and 2 <= len(grid.rows) <= MAX_ROWS and len(whole) <= MAX_TABLE:
        rows.append(Sentence(whole, heading, table=number, is_table=True))
    return rows


def _blocks(text: str) -> Iterator[str | list[str]]:
    """Yield paragraphs with their wrapped lines joined, each item and heading by itself, and tables as their lines."""
    lines: list[str] = []
    table: list[str] = []
    for line in [*text.splitlines(), ""]:
        row = is_row(line)
        if lines and (row or _begins_block(line, lines)):
            yield " ".join(" ".join(lines).split())
            lines = []
        if table and not row:
            yield table
            table = []
        if row:
            table.append(line)
        elif not _RULE.fullmatch(line):
            lines.append(line)


def _begins_block(line: str, lines: list[str]) -> bool:
    previous = lines[-1]
    if not line.strip() or _HEADING.match(line) or _HEADING.match(previous) or _ITEM.match(line):
        return True
    if _CODE.match(line) and _CODE.match(lines[0]):
        return True  # rows that lost their borders, each with a code of its own
    if line[:1].islower():
        return False
    if _looks_like_title(line) and _VALUE.match(line) and not re.search(r"\d", "".join(lines)):
        return False  # the values of a row whose label is wrapped
    return _looks_like_title(previous) or (_looks_like_title(line) and bool(_ENDED.search(previous)))


def _looks_like_title(line: str) -> bool:
    """A short line without an end, as titles in plain text and PDF are; a wrapped line is longer."""
    return len(line.strip()) < 45 and bool(_OPEN_END.search(line))


def _cut(block: str) -> Iterator[str]:
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
