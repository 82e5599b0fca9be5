"""Files that grow by a number, each of which once kept a reader busy for longer than it grew, or could have."""

from collections.abc import Callable

from tests import containers, documents
from tests.documents import paragraph, word_xml
from tests.reading.pdf_pages import lines, pdf_of, placed

Growing = Callable[[int], bytes]
_PAGE = "<!DOCTYPE html><html><body>{}</body></html>"
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def _html(body: Callable[[int], str]) -> Growing:
    return lambda n: _PAGE.format(body(n)).encode()


def _docx(body: Callable[[int], str], **parts: Callable[[int], str]) -> Growing:
    return lambda n: documents.docx_of_body(body(n), **{name: make(n) for name, make in parts.items()})


def _rtf(body: Callable[[int], str]) -> Growing:
    return lambda n: containers.rtf(body(n))


def _xlsx(rows: Callable[[int], str], **parts: Callable[[int], str]) -> Growing:
    return lambda n: containers.xlsx_of_sheet(rows(n), **{name: make(n).encode() for name, make in parts.items()})


def _cell(reference: str, text: str = "x") -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def _merged_rows(n: int) -> bytes:
    """Labels that cover as many rows as there are."""
    columns = [containers.letters(column) for column in range(min(n, 700))]
    top = "".join(_cell(f"{column}1", "label") for column in columns)
    below = "".join(f'<row r="{row}">{_cell(f"A{row}") if row % 50 == 0 else ""}</row>' for row in range(2, 5 * n))
    merges = "".join(f'<mergeCell ref="{column}1:{column}1048576"/>' for column in columns)
    name = "xl/worksheets/sheet1.xml"
    parts = documents.zip_parts(containers.xlsx_of_sheet(f'<row r="1">{top}</row>{below}'))
    after = f"</sheetData><mergeCells>{merges}</mergeCells>".encode()
    return documents.zip_file(parts | {name: parts[name].replace(b"</sheetData>", after)})


def _same_slide(n: int) -> bytes:
    parts = documents.zip_parts(containers.slides("One"))
    slide = parts["ppt/presentation.xml"].decode()
    begin, end = slide.index("<p:sldId "), slide.index("</p:sldIdLst>")
    return documents.zip_file(
        parts | {"ppt/presentation.xml": (slide[:begin] + slide[begin:end] * n + slide[end:]).encode()}
    )


def _chart(n: int) -> bytes:
    """As many series as points, each of which has one."""
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    series = "".join(
        f'<ser><tx><v>s{k}</v></tx><val><numRef><numCache><pt idx="{k}"><v>{k}</v></pt></numCache></numRef></val></ser>'
        for k in range(n)
    )
    return documents.docx_of_body(
        paragraph("x"), **{"charts/chart1": f"<chartSpace xmlns='{space}'>{series}</chartSpace>"}
    )


def _same_chapter(n: int) -> bytes:
    parts = documents.zip_parts(containers.epub({"a.xhtml": "<p>Hello</p>" * n}))
    package = parts["OEBPS/book.opf"].replace(b"<itemref idref='c0'/>", b"<itemref idref='c0'/>" * n)
    return documents.zip_file(parts | {"OEBPS/book.opf": package})


def _nested_links(n: int) -> bytes:
    nav = "<nav>" + ("<a href='a.xhtml'>x" * 100 + "</a>" * 100) * (n // 20) + "</nav>"
    parts = documents.zip_parts(containers.epub({"a.xhtml": "<p>Hello</p>" * n, "nav.xhtml": nav}))
    package = parts["OEBPS/book.opf"].replace(b"id='c1' href", b"id='c1' properties='nav' href")
    return documents.zip_file(parts | {"OEBPS/book.opf": package})


def _notes(n: int) -> bytes:
    notes = {
        4 + k: f"<< /Type /Annot /Subtype /Text /Contents (note {k}) /Rect [1 1 9 9] >>".encode() for k in range(n)
    }
    listed = " ".join(f"{number} 0 R" for number in notes)
    return pdf_of(lines(*["some words"] * 8) * n, page=f"/Annots [{listed}]", objects=notes)


def _numbering(n: int) -> str:
    levels = "".join(
        f'<w:lvl w:ilvl="{k}"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>' for k in range(n)
    )
    lists = "".join(f'<w:num w:numId="{k}"><w:abstractNumId w:val="0"/></w:num>' for k in range(n))
    return word_xml("numbering", f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{lists}')


def _styles(n: int) -> str:
    heavy = '<w:style w:styleId="heavy">' + "<w:rsid/>" * n + "</w:style>"
    light = "".join(f'<w:style w:styleId="s{k}"><w:basedOn w:val="heavy"/></w:style>' for k in range(n))
    return word_xml("styles", heavy + light)


def _numbered(n: int) -> str:
    return "".join(paragraph("x", f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{k}"/></w:numPr>') for k in range(n))


def _tall_row(merge: str, label: str) -> str:
    properties = f'<w:tcPr><w:gridSpan w:val="99999"/><w:vMerge w:val="{merge}"/></w:tcPr>'
    return f"<w:tr><w:tc>{properties}{paragraph(label)}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr>"


def _formats(n: int) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    code = "[" * 50 * n + "0"
    styles = '<xf numFmtId="200"/>' * n
    return (
        f'<styleSheet xmlns="{space}"><numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts>'
        f"<cellXfs>{styles}</cellXfs></styleSheet>"
    )


def _with_styles(n: int) -> bytes:
    rows = "".join(f'<row><c s="{k}"><v>1.5</v></c></row>' for k in range(n))
    return containers.xlsx_with_styles(rows, _formats(n))


GROWING: dict[str, Growing] = {
    "separators.csv": lambda n: b"a,b\n" + b",".join([b"x"] * n) + b"\n" + b"1,2\n" * n,
    "quotes.csv": lambda n: b'a,"' + b'x""' * n,
    "wide-rows.csv": lambda n: b"\n".join(b"," * (k % 50) + b"x,y" for k in range(n)),
    "underscores.md": lambda n: b"# a" + b"_" * 900 + b"b\n" + (b"# " + b"_a" * 400 + b"\n\n") * (n // 20),
    "brackets.md": lambda n: (b"# " + b"![a](" * 150 + b"\n\n") * (n // 10),
    "fences.md": lambda n: b"```\n~~~\n" * n,
    "tables.md": lambda n: b"|a|b|\n|-|-|\n" + b"|1|2|\n" * n + b"\n" + b"|" * n + b"\n" + b"|-" * n,
    "front-matter.md": lambda n: b"---\na: 1\n" + b"b: 2\n" * n,
    "lists.html": _html(lambda n: "<ol reversed><li>a" * 200 + "<ol><li>x</ol>" * n),
    "spans.html": _html(
        lambda n: (
            "<table><tr>"
            + "<td rowspan=9999>a" * min(n, 2000)
            + "<tr><td>x<td>y" * n
            + "<tr><td colspan=1000>w<td>z" * n
            + "</table>"
        )
    ),
    "nested-tables.html": _html(lambda n: ("<table><tr><td>a" * 5 + "<td>b" * 5) * (n // 10)),
    "scripts.html": _html(lambda n: "x" * n + "<sup>1</sup>" * n + "<sup>" * 300 + "y" * n),
    "deep-text.html": _html(lambda n: "<b>" * 500 + "x<i>y</i>" * n),
    "math.html": _html(lambda n: "<math>" + "<mfrac><mi>a</mi>" * 50 + "<mi>x</mi>" * n + "</mfrac>" * 50 + "</math>"),
    "cells.rtf": _rtf(lambda n: r"\trowd" + r"\clvmrg\cellx1" * n + r"\intbl a\cell b\cell\row" * n),
    "groups.rtf": _rtf(lambda n: r"{\super 1}" * n + r"{\b" * min(n, 4000)),
    "words.rtf": _rtf(lambda n: r"\'e9\u8364?\b0 " * n),
    "numbering.docx": _docx(_numbered, numbering=_numbering),
    "styles.docx": _docx(lambda n: paragraph("x", '<w:pStyle w:val="s1"/>') * n, styles=_styles),
    "nested-tables.docx": _docx(
        lambda n: "<w:tbl><w:tr><w:tc>" * 20 + paragraph("x") * n + "</w:tc></w:tr></w:tbl>" * 20
    ),
    "merged.docx": _docx(lambda n: f"<w:tbl>{_tall_row('restart', 'a')}{_tall_row('continue', '') * n}</w:tbl>"),
    "math.docx": _docx(
        lambda n: (
            f'<w:p><m:oMath xmlns:m="{_MATH}">'
            + "<m:sSup><m:e>" * 40
            + "<m:r><m:t>x</m:t></m:r>" * n
            + "</m:e></m:sSup>" * 40
            + "</m:oMath></w:p>"
        )
    ),
    "charts.docx": _chart,
    "formats.xlsx": _with_styles,
    "far-columns.xlsx": _xlsx(lambda n: "".join(f'<row r="{k}">{_cell(f"XFD{k}")}</row>' for k in range(1, n))),
    "diagonal.xlsx": _xlsx(
        lambda n: "".join(f'<row r="{k}">{_cell(f"{containers.letters(k)}{k}")}</row>' for k in range(1, n))
    ),
    "merged.xlsx": _merged_rows,
    "escapes.xlsx": _xlsx(lambda n: f"<row>{_cell('A1', '_x' * n)}</row>" + f"<row>{_cell('A2', '_x000D_' * n)}</row>"),
    "same-slide.pptx": _same_slide,
    "same-chapter.epub": _same_chapter,
    "nested-links.epub": _nested_links,
    "fields.doc": lambda n: documents.doc_of_word_95("\x13\x14" * n + "x\x15" * n, "cp1252"),
    "notes.pdf": _notes,
    "letters.pdf": lambda n: pdf_of(placed([(72 + k % 40 * 10, 780 - k // 40 * 2, "x") for k in range(n)])),
    "columns.pdf": lambda n: pdf_of(placed([(72 + k % 2 * 99, 780 - k // 2 * 5, "7") for k in range(140)]) * (n // 20)),
    "hyphens.pdf": lambda n: pdf_of(lines(*["some self-", "made ABC-", "7250"] * n)),
    "marks.txt": lambda n: b"a" + "\u0301\u0316".encode() * 24 * n,
    "spaces.txt": lambda n: b" \t" * n + b"x\n" * n,
    "stray.txt": lambda n: "ä".encode() * 3 * n + b"\xff" * n,
}
"""By name, whose ending says the kind; each takes a number that says how large the file becomes."""
