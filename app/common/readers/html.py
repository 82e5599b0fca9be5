"""HTML: what a browser shows, in blocks; headings, lists and tables stay what they are."""

import re
from collections import Counter

from lxml import etree

from app.common.readers.archive import bomb
from app.common.readers.html_lists import Lists
from app.common.readers.html_tables import HtmlTable, holds_data
from app.common.readers.math_text import math_text
from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits, read_bytes
from app.common.readers.scripts import lowered, raised
from app.common.readers.text import decode

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SKIPPED = frozenset(
    (
        "script", "style", "template", "noscript", "head", "iframe", "object", "svg", "nav", "rt", "rp",
        "datalist",
    )
)  # fmt: skip
_BLOCKS = frozenset(
    (
        *_HEADINGS, "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div",
        "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend", "li",
        "main", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
        "ul",
    )
)  # fmt: skip
_TABLE_PARTS = ("tr", "td", "th")
_LISTS = ("ol", "ul", "menu", "dir")
_SCRIPTS = ("sup", "sub")
_KEPT = frozenset((*_HEADINGS, *_LISTS, *_SCRIPTS, "li", "pre"))
_EQUATIONS = ("math", "m:math", "mml:math")
_INVISIBLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_TEXT_ENCODING = re.compile(
    r"(?:utf-?8|windows-?\d+|cp\d+|iso-8859-\d+|latin-?\d|koi8-?[ru]|s(?:hift)?[_-]?jis|euc-?(?:jp|kr)"
    r"|iso-2022-jp|gb-?(?:2312|k|18030)|big5(?:-hkscs)?|tis-620|macintosh|us-ascii)"
)
_LATIN_1 = ("iso-8859-1", "latin1", "latin-1", "us-ascii")


def read_html(data: Data, limits: ReadLimits) -> RawDocument:
    """Return the text of a web page; its title is the topmost heading when it has no h1.

    Scripts, navigation and what is hidden are left out. UnreadableFile (bomb) when it is nested too deeply,
    UnsupportedType (type_mismatch) for binary data, TooLarge (too_large).
    """
    content = read_bytes(data)
    decoded = decode(content, declared_encoding(content[:4096]))
    budget = Budget(limits)
    blocks = html_blocks(decoded.text, budget)
    return RawDocument([blocks], decoded.warnings, empty_hint="This web page holds no text; upload one that does.")


def declared_encoding(head: bytes) -> str:
    """Return the encoding that the beginning of a page names, if it is one that pages are written in, else ''."""
    found = _XML.search(head) or _META.search(head)
    name = found[1].decode().lower() if found else ""
    if name in _LATIN_1:
        return "cp1252"  # as all browsers read it
    return name if _TEXT_ENCODING.fullmatch(name) and _known(name) else ""


def _known(name: str) -> bool:
    try:
        return bool(b"".decode(name) == "")
    except LookupError:
        return False


def html_blocks(text: str, budget: Budget) -> list[Block]:
    """Return the blocks of a page; see `read_html`."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    root: etree._Element | None = etree.fromstring(text.encode("utf-8", "ignore") or b" ", parser)
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise bomb("its elements are nested too deeply")
    if root is None:
        return []
    walk = _Walk(budget)
    walk.take(root)
    title = root.findtext(".//head/title") or ""
    if title.strip() and all(block.level != 1 for block in walk.blocks):
        return [Block(budget.spend(_SPACE.sub(" ", title)), 0), *walk.blocks]
    return walk.blocks


class _Walk:
    """One pass over a page without recursion: pages of strangers may be nested as deeply as they like."""

    def __init__(self, budget: Budget) -> None:
        self.blocks: list[Block] = []
        self._budget = budget
        self._text: list[str] = []
        self._open: Counter[str] = Counter()
        self._levels: list[int] = []
        self._scripts: list[int] = []  # where in the text raised or lowered pieces begin
        self._lists = Lists()
        self._numbers: list[str] = []
        self._table: HtmlTable | None = None

    def take(self, root: etree._Element) -> None:
        """Walk over `root` and everything in it."""
        events = etree.iterwalk(root, events=("start", "end"))
        for event, element in events:
            if event == "end":
                self._end(element)
                self._add(element.tail)
            elif _skipped(element):
                events.skip_subtree()
            elif element.tag in _EQUATIONS:
                self._text.append(self._budget.spend(math_text(element)))
                events.skip_subtree()
            else:
                self._start(element)
                self._add(element.text)
        self._flush()

    def _start(self, element: etree._Element) -> None:
        tag = str(element.tag)
        if tag == "br":
            self._text.append("\n")
        elif tag == "table" and self._table is None and holds_data(element):
            self._flush()
            self._table = HtmlTable(element, self._budget)
        elif self._table is not None and tag in _TABLE_PARTS:
            self._table.start(element, self._taken())
        elif tag in _BLOCKS:
            self._break()
        if tag in _KEPT:
            self._enter(tag, element)

    def _enter(self, tag: str, element: etree._Element) -> None:
        self._open[tag] += 1
        if tag in _HEADINGS:
            self._levels.append(_HEADINGS[tag])
        elif tag in _LISTS:
            self._lists.start(element)
        elif tag in _SCRIPTS:
            self._scripts.append(len(self._text))
        elif tag == "li" and (shown := self._lists.item(element)):
            self._numbers.append(shown)

    def _end(self, element: etree._Element) -> None:
        if _skipped(element) or element.tag in _EQUATIONS:
            return
        tag = str(element.tag)
        if tag in _SCRIPTS:
            self._end_script(tag)
        if self._table is not None and element is self._table.element:
            self._end_table(self._table)
        elif self._table is not None and tag in _TABLE_PARTS:
            self._table.end_row(self._taken()) if tag == "tr" else self._table.end_cell(self._taken())
        elif tag in _BLOCKS:
            self._break()
        if tag in _KEPT:
            self._leave(tag)

    def _leave(self, tag: str) -> None:
        self._open[tag] -= 1
        if tag in _HEADINGS:
            self._levels.pop()
        elif tag in _LISTS:
            self._lists.end()
        elif tag == "li":
            self._numbers.clear()  # an item without text

    def _end_table(self, table: HtmlTable) -> None:
        block = table.block(self._taken())
        self._table = None
        if block is not None:
            self.blocks.append(block)

    def _end_script(self, tag: str) -> None:
        begin = self._scripts.pop()
        if begin < len(self._text):
            text = "".join(self._text[begin:])
            before = "".join(self._text[max(0, begin - 2) : begin])[-2:]
            self._text[begin:] = [raised(text, before) if tag == "sup" else lowered(text, before)]

    def _add(self, text: str | None) -> None:
        if not text:
            return
        self._budget.spend(text)
        if not self._open["pre"]:
            text = _SPACE.sub(" ", text)
        if self._numbers and text.strip():
            text = f"{' '.join(self._numbers)} {text.lstrip()}"
            self._numbers.clear()
        self._text.append(text)

    def _break(self) -> None:
        if self._table is not None:
            self._text.append(" ")  # a paragraph in a cell
        else:
            self._flush()

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        self._scripts = [0] * len(self._scripts)
        return text

    def _flush(self) -> None:
        text = self._taken()
        if not text.strip():
            return
        if not self._open["pre"]:
            text = "\n".join(line.strip() for line in text.strip().split("\n"))
        level = self._levels[-1] if self._levels else None
        item = level is None and self._open["li"] > 0
        self.blocks.append(Block(text.strip("\n"), level, "item" if item else "paragraph"))


def _skipped(element: etree._Element) -> bool:
    if element.tag in _SKIPPED or "hidden" in element.attrib:
        return True
    style = element.get("style")
    return style is not None and _INVISIBLE.search(style) is not None
