"""XLSX: sheets as tables, with values as a person sees them: dates as dates, percentages as percentages."""

import re
from collections.abc import Iterator

from lxml import etree

from app.common.errors import UnreadableFile
from app.common.readers.archive import DAMAGED, Archive, stream_xml
from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits
from app.common.readers.sheets.tables import table_blocks
from app.common.readers.sheets.xlsx_numbers import NumberFormats, read_formats
from app.common.readers.word.docx_styles import local_name

_COLUMN = re.compile(r"([A-Z]{1,3})\d*")
_LONGEST_GAP = 10


def read_xlsx(data: Data, limits: ReadLimits) -> RawDocument:
    """Return a heading and the rows for each sheet; formulas give the value that was last calculated.

    Hidden sheets are left out and counted in the warnings. Raises UnreadableFile (corrupt, encrypted, bomb) and
    TooLarge (too_large).
    """
    with Archive(data, limits) as archive:
        book = _Book(archive, Budget(limits))
        blocks, warnings = book.read()
    return RawDocument([blocks], warnings, empty_hint="This workbook holds no text; upload one that does.")


class _Book:
    def __init__(self, archive: Archive, budget: Budget) -> None:
        self._archive = archive
        self._budget = budget
        relations = archive.relations("")
        self._main = next((r.target for r in relations.values() if r.kind == "officeDocument"), "xl/workbook.xml")
        if self._main not in archive:
            raise UnreadableFile(DAMAGED)
        self._relations = archive.relations(self._main)
        self._root = archive.xml(self._main)
        self._strings = self._shared_strings()
        self._formats = self._number_formats()

    def read(self) -> tuple[list[Block], list[str]]:
        """Return all visible sheets and what there is to say about them."""
        blocks: list[Block] = []
        hidden, damaged = 0, list[str]()
        sheets = [element for element in self._root.iter() if local_name(element) == "sheet"]
        for number, sheet in enumerate(sheets, start=1):
            part = self._part(sheet)
            if sheet.get("state", "visible") != "visible":
                hidden += 1
            elif part:
                blocks += self._sheet(sheet.get("name") or "", part, number, damaged)
        if damaged and not blocks:
            raise UnreadableFile(DAMAGED)
        if hidden:
            damaged.append(f"{hidden} hidden {'sheet was' if hidden == 1 else 'sheets were'} left out.")
        return blocks, damaged

    def _part(self, sheet: etree._Element) -> str:
        identifier = next((str(v) for k, v in sheet.attrib.items() if str(k).endswith("}id")), "")
        relation = self._relations.get(identifier)
        return relation.target if relation and relation.kind == "worksheet" and relation.target in self._archive else ""

    def _sheet(self, name: str, part: str, number: int, damaged: list[str]) -> list[Block]:
        rows: list[Block] = []
        try:
            for block in table_blocks(self._rows(part), self._budget):
                rows.append(block)  # noqa: PERF402 - what was read before the damage is kept
        except UnreadableFile as exc:
            if exc.code != "corrupt":
                raise
            damaged.append(f"Sheet {number} is damaged; rows of it may be missing.")
        return [Block(self._budget.spend(name), 1), *rows] if rows else []

    def _rows(self, part: str) -> Iterator[list[str]]:
        for row in stream_xml(self._archive.read(part), "row"):
            cells: list[str] = []
            column = 0
            for cell in row:
                match = _COLUMN.match(cell.get("r") or "")
                here = _column_number(match[1]) if match else column + 1
                cells += [""] * min(max(here - column - 1, 0), _LONGEST_GAP)
                cells.append(self._value(cell))
                column = here
            yield cells

    def _value(self, cell: etree._Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich_text(cell)
        value = next((child.text or "" for child in cell if local_name(child) == "v"), "")
        if kind == "s":
            index = int(value) if value.isdecimal() else -1
            return self._strings[index] if 0 <= index < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return self._formats.show(value, cell.get("s", "0")) if kind == "n" else value

    def _shared_strings(self) -> list[str]:
        part = self._related("sharedStrings")
        return [_rich_text(entry) for entry in stream_xml(self._archive.read(part), "si")] if part else []

    def _number_formats(self) -> NumberFormats:
        part = self._related("styles")
        since_1904 = any(
            local_name(element) == "workbookPr" and element.get("date1904") in ("1", "true") for element in self._root
        )
        return read_formats(self._archive.xml(part) if part else None, since_1904=since_1904)

    def _related(self, kind: str) -> str:
        targets = (r.target for r in self._relations.values() if r.kind == kind)
        return next((target for target in targets if target in self._archive), "")


def _rich_text(element: etree._Element) -> str:
    """Return the text of its runs, without the phonetic readings of Japanese."""
    texts = (node for node in element.iter() if local_name(node) == "t")
    return "".join(node.text or "" for node in texts if not _phonetic(node))


def _phonetic(node: etree._Element) -> bool:
    parent = node.getparent()
    return parent is not None and local_name(parent) == "rPh"


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
