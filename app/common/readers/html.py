"""HTML: what a browser shows, in blocks; headings, lists and tables stay what they are."""

import re

from lxml import etree

from app.common.readers.archive import bomb
from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits, read_bytes
from app.common.readers.text import decode

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SKIPPED = frozenset(
    (
        "script", "style", "template", "noscript", "head", "iframe", "object", "svg", "math", "nav", "rt", "rp",
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
_INVISIBLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
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
    warnings = ["Some bytes fit no encoding and were left out."] if decoded.damaged else []
    budget = Budget(limits)
    blocks = html_blocks(decoded.text, budget)
    return RawDocument([blocks], warnings, empty_hint="This web page holds no text; upload one that does.")


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
        self._open: list[str] = []
        self._row: list[str] = []
        self._in_cell = False
        self._data_table: etree._Element | None = None

    def take(self, root: etree._Element) -> None:
        """Walk over `root` and everything in it."""
        events = etree.iterwalk(root, events=("start", "end"))
        for event, element in events:
            if event == "end":
                self._end(element)
                self._add(element.tail)
            elif _skipped(element):
                events.skip_subtree()
            else:
                self._start(element)
                self._add(element.text)
        self._flush()

    def _start(self, element: etree._Element) -> None:
        tag = str(element.tag)
        if tag == "br":
            self._text.append("\n")
        elif tag == "table" and self._data_table is None and _holds_data(element):
            self._flush()
            self._data_table = element
        elif self._data_table is not None and tag in ("tr", "td", "th"):
            self._start_in_table(tag)
        elif tag in _BLOCKS:
            self._break()
        if tag in _HEADINGS or tag in ("li", "pre", "sup"):
            self._open.append(tag)

    def _end(self, element: etree._Element) -> None:
        if _skipped(element):
            return
        tag = str(element.tag)
        if element is self._data_table:
            self._end_row()
            self._data_table = None
        elif self._data_table is not None and tag in ("tr", "td", "th"):
            self._end_cell() if tag != "tr" else self._end_row()
        elif tag in _BLOCKS:
            self._break()
        if tag in _HEADINGS or tag in ("li", "pre", "sup"):
            self._open.pop()

    def _add(self, text: str | None) -> None:
        if not text:
            return
        self._budget.spend(text)
        if "pre" not in self._open:
            text = _SPACE.sub(" ", text)
        self._text.append(_raise(text) if "sup" in self._open else text)

    def _break(self) -> None:
        if self._data_table is not None:
            self._text.append(" ")  # a paragraph in a cell
        else:
            self._flush()

    def _flush(self) -> None:
        text, self._text = "".join(self._text), []
        if not text.strip():
            return
        if "pre" not in self._open:
            text = "\n".join(line.strip() for line in text.strip().split("\n"))
        level = next((_HEADINGS[tag] for tag in reversed(self._open) if tag in _HEADINGS), None)
        item = level is None and "li" in self._open
        self.blocks.append(Block(text.strip("\n"), level, "item" if item else "paragraph"))

    def _start_in_table(self, tag: str) -> None:
        if tag == "tr":
            self._end_row()
        else:
            self._end_cell()
            self._in_cell = True

    def _end_cell(self) -> None:
        text, self._text = " ".join("".join(self._text).split()), []
        if self._in_cell or text:  # a caption stands outside of all cells
            self._row.append(text)
        self._in_cell = False

    def _end_row(self) -> None:
        self._end_cell()
        if any(self._row):
            self.blocks.append(Block(" | ".join(self._row), None, "row"))
        self._row = []


def _skipped(element: etree._Element) -> bool:
    if element.tag in _SKIPPED or "hidden" in element.attrib:
        return True
    style = element.get("style")
    return style is not None and _INVISIBLE.search(style) is not None


def _holds_data(table: etree._Element) -> bool:
    """Whether a table is one of rows and columns: tables that only place things on a page are read as blocks."""
    inner = (element for element in table.iter("table", *_HEADINGS) if element is not table)
    return next(inner, None) is None and any(len(row) > 1 for row in table.iter("tr"))


def _raise(text: str) -> str:
    """10<sup>2</sup> is not 102."""
    return text.translate(_RAISED) if all(ord(char) in _RAISED or char.isspace() for char in text) else text
