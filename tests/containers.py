"""Small real workbooks, presentations and e-books, and scans; by other programs where there is one."""

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests import documents

Cell = str | float | bool | datetime.date | datetime.time | None


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]], finish: Callable[[Any], None] | None = None) -> bytes:
    """Return a workbook as openpyxl writes it; `finish` may change it before it is written."""
    import openpyxl  # type: ignore[import-untyped]  # it brings no types

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if finish:
        finish(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_with_shared_strings(*rows: Sequence[str | Sequence[str]]) -> bytes:
    """Return a workbook as XlsxWriter writes it, as Excel does: strings in a part of their own, each once.

    A cell of several texts becomes one of as many runs, the second of them bold.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # it brings no types

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, bold = book.add_worksheet("Data"), book.add_format({"bold": True})
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell)
            else:
                sheet.write_rich_string(line, column, cell[0], bold, *cell[1:])
    book.close()
    return out.getvalue()


def xlsx_of_sheet(data: str, **parts: bytes) -> bytes:
    """Return a workbook with one sheet of this XML inside `sheetData`; `parts` are put under `xl/`."""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    target = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    whole = {
        "[Content_Types].xml": b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        "_rels/.rels": f"<Relationships xmlns='{package}'><Relationship Id='r1' Type='{target}/officeDocument' "
        f"Target='xl/workbook.xml'/></Relationships>".encode(),
        "xl/workbook.xml": f"<workbook xmlns='{namespace}' xmlns:r='{target}'><sheets><sheet name='Data' sheetId='1' "
        f"r:id='r1'/></sheets></workbook>".encode(),
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{package}'><Relationship Id='r1' "
        f"Type='{target}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>".encode(),
        "xl/worksheets/sheet1.xml": f"<worksheet xmlns='{namespace}'><sheetData>{data}</sheetData>"
        "</worksheet>".encode(),
    }
    return documents.zip_file(whole | {f"xl/{name}.xml": content for name, content in parts.items()})


def pptx(build: Callable[[Any], None]) -> bytes:
    """Return a presentation that `build` filled through python-pptx."""
    from pptx import Presentation

    presentation = Presentation()
    build(presentation)
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def slides(*titles: str) -> bytes:
    """Return a presentation with a slide for each title."""

    def build(presentation: Any) -> None:
        for title in titles:
            slide = presentation.slides.add_slide(presentation.slide_layouts[5])
            slide.shapes.title.text = title

    return pptx(build)


def epub(chapters: Mapping[str, str], toc: Mapping[str, str] | None = None, **parts: bytes) -> bytes:
    """Return an e-book of these chapters (file name and XHTML body); `toc` gives titles by file name (EPUB 2).

    `parts` replace or add files under `META-INF/`, such as `encryption`.
    """
    items = "".join(
        f"<item id='c{n}' href='text/{name}' media-type='application/xhtml+xml'/>" for n, name in enumerate(chapters)
    )
    order = "".join(f"<itemref idref='c{n}'/>" for n in range(len(chapters)))
    points = "".join(
        f"<navPoint id='n{n}'><navLabel><text>{title}</text></navLabel><content src='text/{name}#top'/></navPoint>"
        for n, (name, title) in enumerate((toc or {}).items())
    )
    page = (
        "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.1//EN' "
        "'http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd'><html xmlns='http://www.w3.org/1999/xhtml'><head>"
        "<title>The whole book</title></head><body>{}</body></html>"
    )
    files = {
        "META-INF/container.xml": "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
        "<rootfile full-path='OEBPS/book.opf'/></rootfiles></container>",
        "OEBPS/book.opf": "<package xmlns='http://www.idpf.org/2007/opf' version='2.0'><manifest>"
        f"<item id='ncx' href='toc.ncx' media-type='application/x-dtbncx+xml'/>{items}</manifest><spine toc='ncx'>"
        f"{order}</spine></package>",
        "OEBPS/toc.ncx": "<?xml version='1.0'?><!DOCTYPE ncx PUBLIC '-//NISO//DTD ncx 2005-1//EN' "
        "'http://www.daisy.org/z3986/2005/ncx-2005-1.dtd'><ncx xmlns='http://www.daisy.org/z3986/2005/ncx/'><navMap>"
        f"{points}</navMap></ncx>",
        **{f"OEBPS/text/{name}": page.format(body) for name, body in chapters.items()},
    }
    extra = {f"META-INF/{name}.xml": content for name, content in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in ({name: text.encode() for name, text in files.items()} | extra).items():
            archive.writestr(name, content)
    return out.getvalue()


def rtf(body: str) -> bytes:
    """Return an RTF document of this body, with a Western, a Cyrillic and a Japanese font and two heading styles."""
    head = (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset204 Arial;}"
        r"{\f2\fcharset128 Mincho;}}"
        r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2\outlinelevel1 heading 2;}}"
    )
    return (head + body + "}").encode("ascii")


def scan(*texts: str, dpi: int = 150, turned: int = 0) -> bytes:
    """Return a PDF of images of these pages, as a scanner makes it; `turned` by degrees."""
    import pypdfium2
    from fpdf import FPDF

    drawn = pypdfium2.PdfDocument(documents.pdf(*texts))
    out = FPDF(unit="pt", format="A4")
    for page in drawn:
        image = page.render(scale=dpi / 72, grayscale=True).to_pil().rotate(turned, expand=True)
        out.add_page()
        out.image(image, 0, 0, 595, 842)
    drawn.close()
    return bytes(out.output())
