"""Office files and e-books: bombs of ZIP and XML, entities, circles, passwords, and headers that lie."""

import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO

from tests import containers, documents
from tests.documents import docx_of_body, docx_parts, ole_file, paragraph, zip_file, zip_parts

_ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
XML_ATTACKS = {
    "laughs": f'<!DOCTYPE a [<!ENTITY l0 "lol">{_ENTITIES}]><a>&l11;</a>'.encode(),
    "quadratic": b'<!DOCTYPE a [<!ENTITY e "' + b"x" * 50_000 + b'">]><a>' + b"&e;" * 5000 + b"</a>",
    "external-file": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "external-address": b'<!DOCTYPE a [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]><a>&e;</a>',
    "external-dtd": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a>x</a>',
    "parameter": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a>x</a>',
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"),
}
BIG = b" " * (30 << 20)
_DAMAGED = "read corrupt no_text type_mismatch"
Made = tuple[str, bytes, str]


def files() -> Iterator[Made]:
    """Yield name, content and outcomes."""
    yield from _xml()
    yield from _zips()
    yield from _docx()
    yield from _workbooks()
    yield from _slides_and_books()
    yield from _ole()


def _xml() -> Iterator[Made]:
    for title, attack in XML_ATTACKS.items():
        yield f"{title}.docx", zip_file(docx_parts("") | {"word/document.xml": attack}), "bomb"
    attack = XML_ATTACKS["laughs"]
    book = zip_parts(containers.xlsx_with_shared_strings(["Hello"]))
    for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"):
        yield f"laughs-{part.rpartition('/')[2]}.xlsx", zip_file(book | {part: attack}), "bomb"
    slides = zip_parts(containers.slides("Hello"))
    for part in ("ppt/presentation.xml", "ppt/slides/slide1.xml", "ppt/slides/_rels/slide1.xml.rels"):
        yield f"laughs-{part.rpartition('/')[2]}.pptx", zip_file(slides | {part: attack}), "bomb"
    novel = zip_parts(containers.epub({"a.xhtml": "<p>Hello</p>"}))
    for part in ("META-INF/container.xml", "OEBPS/book.opf", "OEBPS/toc.ncx"):
        yield f"laughs-{part.rpartition('/')[2]}.epub", zip_file(novel | {part: attack}), "bomb"


def _zips() -> Iterator[Made]:
    wholes = {
        "docx": (docx_parts(paragraph("Hello")), "word/media/image1.png"),
        "xlsx": (zip_parts(containers.xlsx({"Data": [["Hello"]]})), "xl/media/image1.png"),
        "pptx": (zip_parts(containers.slides("Hello")), "ppt/media/image9.png"),
        "epub": (zip_parts(containers.epub({"a.xhtml": "<p>Hello</p>"})), "OEBPS/image.png"),
    }
    for kind, (parts, part) in wholes.items():
        yield f"flat-bomb.{kind}", zip_file(parts | {part: BIG}), "bomb"
        yield f"many-parts.{kind}", zip_file(parts | {f"{part}{n}": b"" for n in range(6000)}), "bomb"
        inner = zip_file({"a": zip_file({"b": BIG})})
        yield f"nested-bomb.{kind}", zip_file(parts | {part: inner}), "read"
        paths = {"../../../../tmp/escaped": b"x", "/etc/escaped": b"x", "C:\\escaped": b"x", "a\0b": b"x"}
        yield f"paths.{kind}", zip_file(parts | paths), "read"
        yield f"shared-content.{kind}", _overlapping(zip_file(parts), 4000), "bomb read"
        yield f"locked-entries.{kind}", _marked_as_locked(zip_file(parts)), "encrypted type_mismatch"
    parts = docx_parts(paragraph("Hello"))
    yield "main-part-bomb.docx", zip_file(parts | {"word/document.xml": b"<a>" + BIG + b"</a>"}), "bomb"
    lying = zip_file(parts | {"word/document.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})
    yield "lying-size.docx", lying.replace(struct.pack("<I", 5_000_007), struct.pack("<I", 50)), "corrupt"
    yield "wrong-sum.docx", _wrong_sum(zip_file(parts, zipfile.ZIP_STORED)), "corrupt"
    yield "archive-in-archive.docx", zip_file({"a.docx": zip_file(parts)}), "type_mismatch"
    yield "two-main-parts.docx", _appended(zip_file(parts), "word/document.xml", b"<a/>"), "read no_text corrupt"


def _docx() -> Iterator[Made]:
    yield "deep.docx", docx_of_body("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), "corrupt"
    yield (
        "deep-tables.docx",
        docx_of_body("<w:tbl><w:tr><w:tc>" * 80 + "x" + "</w:tc></w:tr></w:tbl>" * 80),
        "corrupt no_text",
    )
    cells = "<w:tr>" + "<w:tc><w:p><w:r><w:t>7</w:t></w:r></w:p></w:tc>" * 100 + "</w:tr>"
    yield "a-million-cells.docx", docx_of_body("<w:tbl>" + cells * 10_000 + "</w:tbl>"), "read bomb timeout"
    yield "no-main-part.docx", zip_file({"[Content_Types].xml": b"<Types/>", "word/other.xml": b"<a/>"}), "corrupt"
    yield (
        "main-part-upwards.docx",
        zip_file(docx_parts("") | {"_rels/.rels": b"<a><r Type='x/officeDocument' Target='../../etc/passwd'/></a>"}),
        "no_text corrupt",
    )
    yield "only-pictures.docx", docx_of_body("<w:p><w:r><w:drawing/></w:r></w:p>"), "no_text"
    styles = documents.word_xml("styles", '<w:style w:styleId="A"><w:basedOn w:val="A"/></w:style>')
    yield "style-circle.docx", docx_of_body(paragraph("Hello", '<w:pStyle w:val="A"/>'), styles=styles), "read"
    symbols = "\ue001\ue002\ue003" * 300
    yield "private-symbols.docx", docx_of_body(paragraph(symbols)), "corrupt"
    yield "locked.docx", ole_file({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "encrypted"


def _workbooks() -> Iterator[Made]:
    wide = '<row><c r="XFD1"><v>1</v></c></row>'
    yield "last-columns.xlsx", containers.xlsx_of_sheet(wide * 10_000), "read"
    cells = "<row>" + "<c><v>7</v></c>" * 100 + "</row>"
    yield "a-million-cells.xlsx", containers.xlsx_of_sheet(cells * 10_000), "read bomb timeout"
    shared = "<sst><si><t>" + "x" * 10_000 + "</t></si></sst>"
    book = zip_parts(containers.xlsx_with_shared_strings(["Hello"]))
    same = ("<row>" + '<c t="s"><v>0</v></c>' * 1000 + "</row>") * 300
    sheet = (
        book["xl/worksheets/sheet1.xml"].partition(b"<sheetData>")[0]
        + f"<sheetData>{same}</sheetData></worksheet>".encode()
    )
    amplified = book | {"xl/sharedStrings.xml": shared.encode(), "xl/worksheets/sheet1.xml": sheet}
    yield "one-string-300000-times.xlsx", zip_file(amplified), "too_large"
    yield (
        "odd-numbers.xlsx",
        containers.xlsx_of_sheet(
            "<row>"
            + "".join(
                f'<c s="{s}"><v>{v}</v></c>'
                for s in ("-1", "9" * 30, "x")
                for v in ("1e999", "nan", "-1e308", "9" * 400)
            )
            + "</row>"
        ),
        "read",
    )
    yield "deep.xlsx", containers.xlsx_of_sheet("<row>" * 5000), "corrupt"
    yield "no-sheets.xlsx", containers.xlsx_of_sheet("", workbook=b"<workbook/>"), "no_text"
    yield "locked.xlsx", ole_file({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "encrypted"


def _slides_and_books() -> Iterator[Made]:
    parts = zip_parts(containers.slides("Hello"))
    deck = parts["ppt/presentation.xml"]
    entry = deck[deck.index(b"<p:sldId ") : deck.index(b"/>", deck.index(b"<p:sldId ")) + 2]
    yield (
        "one-slide-6000-times.pptx",
        zip_file(parts | {"ppt/presentation.xml": deck.replace(entry, entry * 6000)}),
        "too_many_pages",
    )
    own = parts["ppt/slides/_rels/slide1.xml.rels"].replace(b"../slideLayouts/slideLayout6.xml", b"slide1.xml")
    yield (
        "slide-of-itself.pptx",
        zip_file(parts | {"ppt/slides/_rels/slide1.xml.rels": own.replace(b'/slideLayout"', b'/notesSlide"')}),
        "read",
    )
    slide = parts["ppt/slides/slide1.xml"].replace(b"<p:spTree>", b"<p:spTree>" + b"<p:grpSp>" * 5000)
    yield "deep-groups.pptx", zip_file(parts | {"ppt/slides/slide1.xml": slide}), "corrupt"
    yield "no-slides.pptx", zip_file(parts | {"ppt/presentation.xml": deck.replace(entry, b"")}), "no_text corrupt"
    novel = zip_parts(containers.epub({"a.xhtml": "<p>Hello there</p>"}))
    book = novel["OEBPS/book.opf"]
    again = b"<itemref idref='c0'/>"
    yield "one-chapter-1500-times.epub", zip_file(novel | {"OEBPS/book.opf": book.replace(again, again * 1500)}), "read"
    yield "one-chapter-9000-times.epub", zip_file(novel | {"OEBPS/book.opf": book.replace(again, again * 9000)}), "bomb"
    yield (
        "package-upwards.epub",
        zip_file(novel | {"META-INF/container.xml": b"<a><rootfile full-path='../../etc/passwd'/></a>"}),
        "corrupt",
    )
    yield (
        "chapter-upwards.epub",
        zip_file(novel | {"OEBPS/book.opf": book.replace(b"text/a.xhtml", b"../../../../../etc/passwd")}),
        "corrupt",
    )
    yield "deep-chapter.epub", containers.epub({"a.xhtml": "<div>" * 10_000}), "bomb"
    yield "no-container.epub", zip_file({"mimetype": b"application/epub+zip"}, zipfile.ZIP_STORED), "corrupt"


def _ole() -> Iterator[Made]:
    whole = documents.doc("Hello there, this is a document.\r" * 20)
    yield "locked.doc", documents.doc("Hello\r", encrypted=True), "encrypted"
    yield "locked-package.doc", ole_file({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "encrypted"
    yield "workbook.doc", ole_file({"Workbook": b"x"}), "type_mismatch"
    yield "nothing-in-it.doc", ole_file({"Something": b"x"}), "type_mismatch"
    yield "no-text.doc", documents.doc("\r"), "no_text"
    for title, position, value in (
        ("allocation-circle", 512, struct.pack("<4I", 0, 1, 2, 3)),
        ("allocation-of-nowhere", 512, struct.pack("<4I", *[0x7FFFFFFF] * 4)),
        ("first-sector", 48, struct.pack("<I", 0xFFFFFFF0)),
        ("sector-of-2-to-the-60", 30, struct.pack("<H", 60)),
        ("sectors", 44, struct.pack("<I", 0xFFFFFFFF)),
        ("more-sectors-circle", 68, struct.pack("<II", 0, 0xFFFFFFFF)),
    ):
        yield f"{title}.doc", whole[:position] + value + whole[position + len(value) :], _DAMAGED
    directory = whole.index("Root Entry".encode("utf-16-le"))
    for title, offset in (("left", 68), ("right", 72), ("child", 76)):
        broken = bytearray(whole)
        for entry in range(3):
            struct.pack_into("<I", broken, directory + entry * 128 + offset, entry)
        yield f"directory-circle-{title}.doc", bytes(broken), _DAMAGED
    begin = whole.index(struct.pack("<HH", 0xA5EC, 0xC1))
    for title, offset, number in (
        ("version-0", 2, b"\0\0"),
        ("version-65535", 2, b"\xff\xff"),
        ("text-before-its-begin", 0x18, struct.pack("<II", 0x7FFFFFFF, 0)),
        ("negative-count", 0x4C, struct.pack("<i", -1)),
        ("huge-count", 0x4C, struct.pack("<i", 0x7FFFFFFF)),
        ("pieces-nowhere", 0x1A2, struct.pack("<II", 0x7FFFFFF0, 0x7FFFFFFF)),
        ("pieces-of-nothing", 0x1A2, struct.pack("<II", 0, 0)),
    ):
        at = begin + offset
        yield f"fib-{title}.doc", whole[:at] + number + whole[at + len(number) :], _DAMAGED


def _overlapping(whole: bytes, times: int) -> bytes:
    """Return the archive with its biggest entry listed many times: one content, counted once on the disk."""
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        last = archive.infolist()[-1]
    at = whole.rindex(b"PK\x01\x02")
    end = whole.rindex(b"PK\x05\x06")
    entry, name = whole[at:end], last.filename.encode()
    copies = b"".join(entry.replace(name, name[:-4] + b"%04d" % n) for n in range(times))
    begin = whole.index(b"PK\x01\x02")
    listing = whole[begin:end] + copies
    count = whole.count(b"PK\x01\x02") + times
    return whole[:begin] + listing + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(listing), begin, 0)


def _marked_as_locked(whole: bytes) -> bytes:
    """Return the archive with the flag of encryption on each entry."""
    out = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(mark)
        while at >= 0:
            out[at + offset] |= 1
            at = out.find(mark, at + 4)
    return bytes(out)


def _wrong_sum(whole: bytes) -> bytes:
    return whole.replace(b"Hello", b"Jello")


def _appended(whole: bytes, name: str, content: bytes) -> bytes:
    out = BytesIO(whole)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("unused.xml", content)
    return out.getvalue().replace(b"unused.xml" + content, name.encode()[:10] + content)
