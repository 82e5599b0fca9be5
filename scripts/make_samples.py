"""Write the PDF, DOCX and DOC documents of data/samples from the texts in scripts/sample_text.

The samples are the papers of a bicycle maker that does not exist: manual (PDF), service schedule (DOCX), warranty
(DOC), questions (MD) and prices (TXT). The last two are plain text, so they are their own source and stay as they are.

Usage: python scripts/make_samples.py [--skip-doc]

PDF and DOCX come out byte for byte the same each time. The DOC is written by LibreOffice (`soffice` on the PATH), which
stamps it with its own details; `--skip-doc` leaves the existing one alone. Neither the service nor the tests need this.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Pt
from fpdf import FPDF
from fpdf.fonts import FontFace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.document import Document as DocumentObject
    from docx.text.paragraph import Paragraph

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ROOT / "scripts" / "sample_text"
SAMPLES = ROOT / "data" / "samples"
PUBLISHED = datetime(2026, 2, 16, 9, 0, tzinfo=UTC)
A5 = (148, 210)  # millimetres
FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
FOOTNOTE_MARK = re.compile(r"\[\^(\d+)\]")

Kind = Literal["heading", "paragraph", "bullet", "step", "table", "page break", "footnote"]


@dataclass(frozen=True)
class Block:
    """One block of a source text: `rows` holds a table's cells, `level` a heading's depth from 1."""

    kind: Kind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def read_blocks(path: Path) -> list[Block]:
    """Return the blocks of a source text, which blank lines divide."""
    blocks: list[Block] = []
    for part in path.read_text(encoding="utf-8").strip().split("\n\n"):
        blocks.extend(_parse(part.strip().splitlines()))
    return blocks


def _parse(lines: list[str]) -> Iterator[Block]:
    first = lines[0]
    if first.startswith("#"):
        marks, _, title = first.partition(" ")
        yield Block("heading", title, level=len(marks))
    elif first.startswith("|"):
        yield Block("table", rows=tuple(_cells(line) for line in lines))
    elif first == "---":
        yield Block("page break")
    elif match := re.match(r"\[\^\d+\]: ", first):
        yield Block("footnote", first[match.end() :])
    else:
        yield from map(_line_block, lines)


def _line_block(line: str) -> Block:
    if line.startswith("- "):
        return Block("bullet", line[2:])
    return Block("step" if re.match(r"\d+\. ", line) else "paragraph", line)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


class Manual(FPDF):
    """The manual's pages: A5, with a running head and the page number."""

    def header(self) -> None:
        """Print the running head."""
        self.set_font("Helvetica", size=7.5)
        self.cell(0, 6, "Brackwater Cycles: Carter and Drover owner's manual, edition 4", align="L")
        self.ln(9)

    def footer(self) -> None:
        """Print the page number."""
        self.set_y(-12)
        self.set_font("Helvetica", size=7.5)
        self.cell(0, 6, f"Page {self.page_no()} of {{nb}}", align="C")

    def add_block(self, block: Block) -> None:
        """Print one block at the cursor."""
        if block.kind == "page break":
            self.add_page()
        elif block.kind == "table":
            self._add_table(block.rows)
        elif block.kind == "heading":
            self._add_heading(block)
        else:
            self._add_text(f"- {block.text}" if block.kind == "bullet" else block.text)

    def _add_heading(self, block: Block) -> None:
        self.ln(2)
        self.set_font("Helvetica", style="B", size=15 if block.level == 1 else 11)
        self.multi_cell(0, 6, block.text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1)

    def _add_text(self, text: str) -> None:
        self.set_font("Helvetica", size=9.2)
        self.multi_cell(0, 4.3, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.6)

    def _add_table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        longest = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        widths = tuple(min(max(length, 10), 48) for length in longest)
        self.set_font("Helvetica", size=8.5)
        self.ln(1)
        head = FontFace(emphasis="B")
        with self.table(rows, col_widths=widths, text_align="LEFT", line_height=4.6, headings_style=head):
            pass  # leaving the block draws the table
        self.ln(3)


def write_pdf(source: Path, target: Path) -> None:
    """Write the manual; each page break of the source starts a page.

    Raises:
        ValueError: a section runs over its page, so that the page numbers would no longer be the section numbers.
    """
    pdf = Manual(format=A5)
    pdf.set_margins(15, 10, 15)
    pdf.set_auto_page_break(auto=True, margin=13)
    pdf.set_title("Owner's manual: Carter and Drover")
    pdf.set_author("Brackwater Cycles")
    pdf.set_lang("en-GB")
    pdf.set_creation_date(PUBLISHED)
    pdf.add_page()
    blocks = read_blocks(source)
    for block in blocks:
        pdf.add_block(block)
    sections = 1 + sum(block.kind == "page break" for block in blocks)
    if pdf.page_no() != sections:
        raise ValueError(
            f"{source.name}: {sections} sections take {pdf.page_no()} pages; shorten the one that runs over"
        )
    pdf.output(str(target))


def write_docx(source: Path, target: Path, *, head: str, foot: str) -> None:
    """Write a Word document with a header, a footer and, where the source has them, footnotes."""
    document = Document()
    _set_up(document, head, foot)
    blocks = read_blocks(source)
    for block in blocks:
        _add_block(document, block)
    notes = [block.text for block in blocks if block.kind == "footnote"]
    if notes:
        _attach_footnotes(document, notes)
    document.save(str(target))
    _freeze(target)


def _set_up(document: DocumentObject, head: str, foot: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.header.paragraphs[0].text = head
    section.footer.paragraphs[0].text = foot
    section.footer.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.styles["Normal"].font.size = Pt(10.5)
    properties = document.core_properties
    properties.author, properties.last_modified_by = "Brackwater Cycles", "Brackwater Cycles"
    properties.created = properties.modified = PUBLISHED
    properties.title, properties.comments, properties.language = head, "", "en-GB"


def _add_block(document: DocumentObject, block: Block) -> None:
    if block.kind == "heading":
        document.add_heading(block.text, level=block.level)
    elif block.kind == "table":
        _add_table(document, block.rows)
    elif block.kind == "bullet":
        document.add_paragraph(block.text, style="List Bullet")
    elif block.kind == "paragraph":
        _add_marked_text(document.add_paragraph(), block.text)


def _add_table(document: DocumentObject, rows: tuple[tuple[str, ...], ...]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for cells, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, texts, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    document.add_paragraph()


def _add_marked_text(paragraph: Paragraph, text: str) -> None:
    for index, part in enumerate(FOOTNOTE_MARK.split(text)):
        run = paragraph.add_run()
        if index % 2 == 0:
            run.text = part
        else:
            run.font.superscript = True
            run._r.append(parse_xml(f'<w:footnoteReference {nsdecls("w")} w:id="{part}"/>'))  # noqa: SLF001  # python-docx has no footnotes


def _attach_footnotes(document: DocumentObject, notes: list[str]) -> None:
    """Add the part that holds the notes: python-docx can keep one, but cannot make it."""
    xml = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {note}</w:t></w:r></w:p></w:footnote>'
        for number, note in enumerate(notes, start=1)
    )
    separators = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
    )
    blob = f'<?xml version="1.0" encoding="UTF-8"?><w:footnotes {nsdecls("w")}>{separators}{xml}</w:footnotes>'
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES_TYPE, blob.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _freeze(target: Path) -> None:
    """Rewrite the archive with one fixed time stamp, so that the same text gives the same bytes."""
    with zipfile.ZipFile(target) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name, date_time=PUBLISHED.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def write_doc(source: Path, target: Path, *, head: str, foot: str) -> None:
    """Write a binary Word 97 document.

    Raises:
        FileNotFoundError: LibreOffice is not installed.
    """
    office = shutil.which("soffice")
    if office is None:
        raise FileNotFoundError("soffice: install LibreOffice Writer, or use --skip-doc")
    with tempfile.TemporaryDirectory() as folder:
        modern = Path(folder) / f"{target.stem}.docx"
        write_docx(source, modern, head=head, foot=foot)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        convert = [office, profile, "--headless", "--convert-to", "doc:MS Word 97", "--outdir", str(target.parent)]
        subprocess.run([*convert, str(modern)], check=True, timeout=120, stdout=subprocess.DEVNULL)  # fixed words


def main() -> int:
    """Write the samples; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the sample documents.")
    parser.add_argument("--skip-doc", action="store_true", help="leave the binary DOC as it is (needs no LibreOffice)")
    arguments = parser.parse_args()
    SAMPLES.mkdir(parents=True, exist_ok=True)
    write_pdf(TEXTS / "owners-manual.md", SAMPLES / "owners-manual.pdf")
    write_docx(
        TEXTS / "service-schedule.md",
        SAMPLES / "service-schedule.docx",
        head="Brackwater Cycles: service schedule, revision 6",
        foot="Workshop copy. Questions to workshop@brackwater.example",
    )
    if not arguments.skip_doc:
        write_doc(
            TEXTS / "warranty.md",
            SAMPLES / "warranty.doc",
            head="Brackwater Cycles: warranty terms 2025",
            foot="Form W-7, January 2025",
        )
    for path in sorted(SAMPLES.iterdir()):
        print(f"{path.stat().st_size:>8} bytes  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
