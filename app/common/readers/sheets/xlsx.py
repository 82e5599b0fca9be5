"""XLSX: sheets as tables, with values as a person sees them: dates as dates, percentages as percentages."""

import re
from collections.abc import Iterator

from lxml import etree

from app.common.errors import UnreadableFile
from app.common.readers.archive import DAMAGED, Archive, stream_xml
from app.common.readers.drawings import drawn_text
from app.common.readers.raw import Block, Budget, Data, RawDocument, ReadLimits
from app.common.readers.scripts import lowered, raised
from app.common.readers.sheets.merges import MergedCells, column_number
from app.common.readers.sheets.xlsx_numbers import NumberFormats, read_formats
from app.common.readers.tables import Row, TableBuilder
from app.common.readers.xml import child, children, local_name, number, value

_COLUMN = re.compile(r"([A-Z]{1,3})\d")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONGEST_FORMULA = 500


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
        self._read: set[str] = set()  # parts: each belongs to one sheet
        self.without_value = 0

    def read(self) -> tuple[list[Block], list[str]]:
        """Return all visible sheets and what there is to say about them."""
        blocks: list[Block] = []
        hidden, warnings = 0, list[str]()
        sheets = [element for element in self._root.iter() if local_name(element) == "sheet"]
        for place, sheet in enumerate(sheets, start=1):
            part = self._part(sheet)
            if sheet.get("state", "visible") != "visible":
                hidden += 1
            elif part and part not in self._read:
                self._read.add(part)
                blocks += self._sheet(sheet.get("name") or "", part, place, warnings)
        if warnings and not blocks:
            raise UnreadableFile(DAMAGED)
        if hidden:
            warnings.append(f"{hidden} hidden {'sheet was' if hidden == 1 else 'sheets were'} left out.")
        if self.without_value:
            warnings.append(_without_value(self.without_value))
        return blocks, warnings

    def _part(self, sheet: etree._Element) -> str:
        identifier = next((str(v) for k, v in sheet.attrib.items() if str(k).endswith("}id")), "")
        relation = self._relations.get(identifier)
        return relation.target if relation and relation.kind == "worksheet" and relation.target in self._archive else ""

    def _sheet(self, name: str, part: str, number: int, damaged: list[str]) -> list[Block]:
        table = TableBuilder(self._budget, name)
        try:
            content = self._archive.read(part)
            merged = MergedCells(content)
            for place, row in self._rows(content):
                table.add(merged.fill(place, row), place)
        except UnreadableFile as exc:
            if exc.code != "corrupt":
                raise
            damaged.append(f"Sheet {number} is damaged; rows of it may be missing.")
        rows = table.block()
        found = [*([rows] if rows else []), *self._beside(part)]
        return [Block(self._budget.spend(name), 1), *found] if found else []

    def _beside(self, part: str) -> list[Block]:
        """Return the comments of a sheet's cells, and what stands in its text boxes."""
        blocks: list[Block] = []
        for relation in self._archive.relations(part).values():
            if relation.kind not in ("comments", "drawing") or relation.target not in self._archive:
                continue
            if relation.target in self._read:
                continue
            self._read.add(relation.target)
            root = self._archive.xml(relation.target, lenient=True)
            blocks += drawn_text(root, self._budget) if relation.kind == "drawing" else self._comments(root)
        return blocks

    def _comments(self, root: etree._Element) -> list[Block]:
        found = (element for element in root.iter() if local_name(element) == "comment")
        texts = ((comment.get("ref") or "", _rich_text(child(comment, "text"))) for comment in found)
        return [Block(self._budget.spend(f"{place}: {text}"), None, "item") for place, text in texts if text.strip()]

    def _rows(self, content: bytes) -> Iterator[tuple[int, Row]]:
        """Yield the rows with their numbers, from 1."""
        place = 0
        for row in stream_xml(content, "row"):
            place = number(row.get("r") or "", place + 1)
            cells: list[str] = []
            columns: list[int] = []
            values: list[str] = []
            for cell in row:
                match = _COLUMN.match(cell.get("r") or "")
                here = column_number(match[1]) if match else columns[-1] + 1 if columns else 0
                columns.append(here if not columns or here > columns[-1] else columns[-1] + 1)
                cells.append(self._value(cell))
                values.append(self._worth(cell))
            yield place, Row(cells, columns, values=values)

    def _value(self, cell: etree._Element) -> str:
        kind, style = cell.get("t", "n"), cell.get("s", "0")
        if kind == "inlineStr":
            return self._formats.words(_rich_text(cell), style)
        stored = next((found.text or "" for found in children(cell, "v")), "")
        if kind == "s":
            index = number(stored, -1)
            return self._formats.words(self._strings[index], style) if 0 <= index < len(self._strings) else ""
        if not stored and kind != "str":
            return self._formula(cell)
        if kind == "b":
            return "TRUE" if stored == "1" else "FALSE"
        return self._formats.show(stored, style) if kind == "n" else unescaped(stored)

    def _worth(self, cell: etree._Element) -> str:
        """Return the number or the date that is stored, whatever is shown of it (see `Table.values`)."""
        stored = next((found.text or "" for found in children(cell, "v")), "") if cell.get("t", "n") == "n" else ""
        return self._formats.worth(stored, cell.get("s", "0")) if stored else ""

    def _formula(self, cell: etree._Element) -> str:
        """Return a formula that has no stored value, as programs write it that do not calculate; it is counted."""
        formula = child(cell, "f")
        if formula is None:
            return ""
        self.without_value += 1
        return f"={formula.text}" if formula.text and len(formula.text) <= _LONGEST_FORMULA else ""

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


def _rich_text(element: etree._Element | None) -> str:
    """Return the text of its runs, without the phonetic readings of Japanese."""
    out: list[str] = []
    inline = child(element, "is")
    for found in inline if inline is not None else element if element is not None else ():
        name = local_name(found)
        if name == "t":
            out.append(found.text or "")
        elif name == "r":
            text = "".join(node.text or "" for node in children(found, "t"))
            align = value(child(child(found, "rPr"), "vertAlign"))
            before = "".join(out[-2:])[-2:]
            raise_or_lower = {"superscript": raised, "subscript": lowered}.get(align)
            out.append(raise_or_lower(text, before) if raise_or_lower else text)
    return unescaped("".join(out))


def unescaped(text: str) -> str:
    """Return text without the escapes of control characters, such as _x000D_ for the end of a line."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _without_value(count: int) -> str:
    formulas = (
        "1 formula has no stored value and is" if count == 1 else f"{count:,} formulas have no stored value and are"
    )
    return f"{formulas} shown as written; open the workbook in a spreadsheet program, save it and upload it again."
